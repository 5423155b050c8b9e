// A server on a loopback port that answers as the test says, byte by byte: for what real servers cannot show.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace storelink::testing {

// A key and a certificate that it has signed itself, made anew.
class TlsIdentity {
 public:
  // `names` as in a subjectAltName: "DNS:localhost,IP:127.0.0.1".
  explicit TlsIdentity(const std::string& names);
  ~TlsIdentity();
  TlsIdentity(const TlsIdentity&) = delete;
  TlsIdentity& operator=(const TlsIdentity&) = delete;

  const std::string& certificate() const noexcept { return certificate_; }  // PEM
  ssl_ctx_st* context() const noexcept { return context_; }

 private:
  std::string certificate_;
  ssl_ctx_st* context_;
};

class TinyServer {
 public:
  // One connection. `read()` gives the next request's head (empty: closed by the client); `write` sends
  // bytes.
  class Connection {
   public:
    // With an identity, TLS is spoken.
    Connection(int fd, const TlsIdentity* identity);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    std::string read();
    std::string read_body(std::size_t size);
    bool write(std::string_view text);
    // The client went on with a session that it had from an earlier connection.
    bool resumed() const;
    // Closes with a reset instead of an orderly end.
    void reset();
    void wait_until_closed();

   private:
    std::size_t read_some(char* into, std::size_t size);  // 0: the end
    int fd_;
    ssl_st* tls_ = nullptr;
  };
  using Handler = std::function<void(Connection&)>;

  // `handler` runs once for each connection, on a thread of its own.
  explicit TinyServer(Handler handler, const TlsIdentity* identity = nullptr);
  ~TinyServer();
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;

  std::string url(const std::string& path = "/") const;
  int connections() const noexcept { return connections_; }

 private:
  void serve();

  Handler handler_;
  const TlsIdentity* identity_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> handlers_;
  std::thread acceptor_;
};

}  // namespace storelink::testing
