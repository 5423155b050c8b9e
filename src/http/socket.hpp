// Socket: the bytes of one connection, in the clear or through TLS. Never blocks.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "http/tls.hpp"

namespace storelink::http {

// What became of an attempt to move bytes.
enum class Io : std::uint8_t {
  done,    // at least one byte
  wait,    // nothing now; Socket::waits_for() says for what
  closed,  // the peer has ended its side
  failed,  // Socket::failure() says why
};

struct IoResult {
  Io state = Io::wait;
  std::size_t size = 0;
};

// Belongs to one thread at a time.
class Socket {
 public:
  Socket() noexcept = default;
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  // Takes a connected descriptor that does not block.
  void open(int fd);
  // From here on everything goes through `session`.
  void start_tls(TlsSession session) { tls_ = std::move(session); }
  void close() noexcept;

  int descriptor() const noexcept { return fd_; }

  // TLS only: done when both sides agree and the certificate was accepted.
  IoResult handshake();
  IoResult read(std::span<char> into);
  // Bytes of `head` and then of `body`.
  IoResult write(std::string_view head, std::string_view body);

  // False when the peer has closed an idle connection or has sent something that nobody asked for.
  bool is_idle();

  // POLLIN or POLLOUT, after Io::wait.
  short waits_for() const noexcept { return waits_for_; }
  // After Io::failed. No bytes of either side are in it.
  const std::string& failure() const noexcept { return failure_; }
  // The failure was the peer's certificate.
  bool certificate_refused() const noexcept { return tls_.certificate_refused(); }

 private:
  IoResult outcome(ssize_t moved, short wanted);

  int fd_ = -1;
  TlsSession tls_;
  short waits_for_ = 0;
  std::string failure_;
};

}  // namespace storelink::http
