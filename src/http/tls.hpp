// TLS over a socket, with OpenSSL (RFC 8446, 5246; server identity by RFC 6125).
#pragma once

#include <openssl/ssl.h>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "http/client_options.hpp"

namespace storelink::http {

struct IoResult;

// Where the system's authorities are: SSL_CERT_FILE and SSL_CERT_DIR where either is set; else one of the
// files in which distributions keep them, or where there is none one of their directories. Empty where there
// is nothing that can be read.
struct Authorities {
  std::string file, directory;
  bool by_user = false;  // by the variables: nothing else is meant then
};
// `root` stands before every path that is not the user's.
Authorities system_authorities(const std::string& root = {});

struct FreeSsl {
  // Says goodbye to the peer; without that OpenSSL would not resume the session.
  void operator()(SSL* ssl) const noexcept;
  void operator()(SSL_SESSION* session) const noexcept { SSL_SESSION_free(session); }
};
using TlsTicket = std::unique_ptr<SSL_SESSION, FreeSsl>;

// One side of one connection. Belongs to one thread at a time. An empty one stands for none.
class TlsSession {
 public:
  TlsSession() noexcept = default;
  explicit TlsSession(std::unique_ptr<SSL, FreeSsl> ssl) noexcept : ssl_(std::move(ssl)) {}
  explicit operator bool() const noexcept { return ssl_ != nullptr; }

  // As Socket's. `waits_for` and `failure` are set where they say something.
  IoResult handshake(short& waits_for, std::string& failure);
  IoResult read(std::span<char> into, short& waits_for, std::string& failure);
  IoResult write(std::string_view text, short& waits_for, std::string& failure);

  bool certificate_refused() const noexcept;

 private:
  static void begin_call() noexcept;
  IoResult outcome(int result, short& waits_for, std::string& failure);

  std::unique_ptr<SSL, FreeSsl> ssl_;
};

// Which certificates are trusted, from a store's client options; read once, when the first session is made.
// Thread-safe.
class TlsTrust {
 public:
  TlsTrust() noexcept = default;
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  // The client's side for the server `host` (a name or an address) on the descriptor `fd`. `ticket` may be
  // null: an earlier session with this server that may be resumed; new ones are put there as long as the
  // session lives, so it must outlive it. Throws Error(generic) for a root certificate that cannot be read.
  TlsSession connect(const ClientOptions& options, int fd, const std::string& host, TlsTicket* ticket);

 private:
  struct Context;
  SSL_CTX* context(const ClientOptions& options);

  std::atomic<Context*> context_{nullptr};
};

}  // namespace storelink::http
