// A server on a loopback port that answers as the test says, byte by byte: for what real servers cannot show.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace storelink::testing {

class TinyServer {
 public:
  // One connection. `read()` gives the next request's head (empty: closed by the client); `write` sends
  // bytes.
  class Connection {
   public:
    explicit Connection(int fd) noexcept : fd_(fd) {}
    std::string read();
    bool write(std::string_view text);
    // Closes with a reset instead of an orderly end.
    void reset();
    void wait_until_closed();

   private:
    int fd_;
  };
  using Handler = std::function<void(Connection&)>;

  // `handler` runs once for each connection, on a thread of its own.
  explicit TinyServer(Handler handler);
  ~TinyServer();
  TinyServer(const TinyServer&) = delete;
  TinyServer& operator=(const TinyServer&) = delete;

  std::string url(const std::string& path = "/") const;
  int connections() const noexcept { return connections_; }

 private:
  void serve();

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::atomic<int> connections_{0};
  std::mutex mutex_;
  std::vector<int> open_;
  std::vector<std::thread> handlers_;
  std::thread acceptor_;
};

}  // namespace storelink::testing
