// Http1Connection: one connection to one server, that carries one exchange after the other (RFC 9112).
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "http/connection_pool.hpp"
#include "http/curl_handles.hpp"
#include "http/exchange.hpp"
#include "http/response_parser.hpp"
#include "http/socket.hpp"

namespace storelink::http {

// What the connections of one transport have in common.
class Http1Carrier final : public Carrier, public std::enable_shared_from_this<Http1Carrier> {
 public:
  explicit Http1Carrier(std::shared_ptr<CurlHandles> handles);

  const ClientOptions& options() const noexcept override { return handles_->options(); }
  Wire* start(EventLoop& loop, Exchange& exchange) const override;

  CurlHandles& handles() const noexcept { return *handles_; }
  TlsTrust& trust() const noexcept { return handles_->trust(); }

 private:
  std::shared_ptr<CurlHandles> handles_;
  std::string trust_key_;  // equal for carriers that trust the same certificates
};

// libcurl finds the address and connects; from there on the socket is read and written here, which costs a
// third of what libcurl's exchanges cost.
class Http1Connection final : public Wire, private EventLoop::Watcher, private EventLoop::Transfer {
 public:
  Http1Connection(ConnectionPool& pool, Server& server);
  ~Http1Connection() override;
  Http1Connection(const Http1Connection&) = delete;
  Http1Connection& operator=(const Http1Connection&) = delete;

  // One at a time.
  void carry(Exchange& exchange, const Origin& origin, std::shared_ptr<const Http1Carrier> carrier);

  void abort() noexcept override;
  void resume() noexcept override;

  Server& server() const noexcept { return server_; }
  const ClientOptions& options() const noexcept { return carrier_->options(); }

  // Of a connection that carries nothing.
  EventLoop::Clock::time_point idle_since() const noexcept { return idle_since_; }
  bool is_idle() { return socket_.is_idle(); }

  std::size_t place = 0;  // the pool's

 private:
  using Clock = EventLoop::Clock;
  enum class Phase : std::uint8_t { connecting, securing, exchanging };

  void ready(short events) noexcept override;
  void expired() noexcept override;
  void finished(CURLcode code) noexcept override;

  void connect();
  void disconnect() noexcept;
  void secure();
  void begin_exchange();
  void send();
  void receive();
  // One read; false when there is nothing more to be had now, or the exchange has ended.
  bool receive_some(std::size_t& total);
  // Of a piece of the response; false when the exchange has ended.
  bool understand(std::string_view piece);
  bool take(std::string_view piece);
  void lost(const IoResult& result);
  void fail(TransportError failure);
  void finish(std::optional<TransportError> failure, bool reusable) noexcept;

  void wait_for(short events);
  // The same, and for room where not all of the request is sent.
  void wait_for_more(short events);
  void note_progress();
  std::string where() const;

  ConnectionPool& pool_;
  EventLoop& loop_;
  Server& server_;
  std::shared_ptr<const Http1Carrier> carrier_;
  Socket socket_;
  Exchange* exchange_ = nullptr;
  Phase phase_ = Phase::connecting;
  CURL* easy_ = nullptr;  // while connecting

  std::string head_;  // and, where joined_, the body
  bool joined_ = false;
  std::size_t sent_ = 0;  // of head and body together
  bool all_sent_ = false;
  ResponseParser parser_;
  std::uint64_t body_left_ = 0;  // of a body of known length, once the headers are complete
  bool repeatable_ = false;      // the server may have closed before it saw the request
  bool unfit_ = false;           // for another exchange
  bool paused_ = false;

  Clock::time_point idle_since_;
  Clock::time_point time_limit_ = EventLoop::never;
  Clock::time_point stall_limit_ = EventLoop::never;
  Clock::time_point connect_limit_ = EventLoop::never;
};

}  // namespace storelink::http
