// ConnectionPool: the HTTP/1.1 connections of one event loop, in use and idle.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "http/request_head.hpp"
#include "http/tls.hpp"

namespace storelink::http {

class Http1Connection;

// One server, as seen with one set of trusted certificates.
struct Server {
  Server(std::string k, const Origin& o);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const std::string key;
  const bool tls;
  const HostPort address;
  TlsTicket ticket;                                    // of the last session, if there was one
  std::vector<std::unique_ptr<Http1Connection>> idle;  // the one used last is the last
};

// Used on the loop's thread only, and destroyed with the loop.
class ConnectionPool final : public EventLoop::Local {
 public:
  // The loop's own.
  static ConnectionPool& of(EventLoop& loop);

  explicit ConnectionPool(EventLoop& loop);
  ~ConnectionPool() override;
  ConnectionPool(const ConnectionPool&) = delete;
  ConnectionPool& operator=(const ConnectionPool&) = delete;

  EventLoop& loop() const noexcept { return loop_; }

  // `trust` stands for the trusted certificates: servers are told apart by it, too.
  Server& server(const Origin& origin, const std::string& trust);

  // An idle connection that its server has not closed and through which nothing came that nobody asked for,
  // or a new one that is not connected. It is in use until release().
  Http1Connection& acquire(Server& server, const ClientOptions& options);
  // `reusable`: it can carry another exchange. Otherwise it is destroyed.
  void release(Http1Connection& connection, bool reusable) noexcept;

  // Where a piece of a response may be put while it is looked at.
  std::span<char> scratch() noexcept { return {scratch_.get(), scratch_size}; }

 private:
  static constexpr std::size_t scratch_size = 256u << 10;

  void sweep();
  void make_room() noexcept;

  EventLoop& loop_;
  EventLoop::Clock::time_point swept_{};
  std::unique_ptr<char[]> scratch_;
  std::vector<std::unique_ptr<Server>> servers_;
  std::vector<std::unique_ptr<Http1Connection>> in_use_;
};

}  // namespace storelink::http
