// Exchange: one request and what becomes of its response. A Wire carries it.
//
// Everything here happens on the thread of the loop on which the exchange was started.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/event_loop.hpp"
#include "http/client_options.hpp"
#include "storelink/transport.hpp"

namespace storelink::http {

class Exchange;

// What carries an exchange over the network. It ends with one call of Exchange::end(), never from within
// Carrier::start(), abort() excepted.
class Wire {
 public:
  // Ends the exchange early, with Error(cancelled).
  virtual void abort() noexcept = 0;
  // Exchange::wants_more() holds again.
  virtual void resume() noexcept = 0;

 protected:
  ~Wire() = default;
};

// Makes wires, for all requests of one transport. Thread-safe.
class Carrier {
 public:
  virtual ~Carrier() = default;
  virtual const ClientOptions& options() const noexcept = 0;
  // The wire is valid until the exchange ends.
  virtual Wire* start(EventLoop& loop, Exchange& exchange) const = 0;
};

// Subclasses take a 2xx body; any other body is collected here.
class Exchange : public EventLoop::Operation {
 public:
  Exchange(std::shared_ptr<const Carrier> carrier, HttpRequest request);
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // --- for the wire ---

  const HttpRequest& request() const noexcept { return request_; }
  // How long it may take; nothing: as long as the reader takes.
  std::optional<std::chrono::nanoseconds> time_limit() const;
  // How long may pass without a byte.
  std::optional<std::chrono::nanoseconds> stall_limit() const;

  // A response begins; what was told of an earlier one, such as 100 Continue, is forgotten.
  void begin_response(int status);
  // The next header. Its name may have any case.
  void add_header(std::string_view name, std::string_view value);
  // The headers of the final response are complete. False: it is refused, and end() is to follow at once.
  bool headers_complete() noexcept;
  // Where the next bytes of the body may be put, to be told by filled(); empty: they go through take().
  std::span<char> room() noexcept;
  void filled(std::size_t size) noexcept { received_ += size; }
  // As headers_complete().
  bool take(std::string_view piece) noexcept;
  // False while no more of the body is to be taken.
  virtual bool wants_more() noexcept { return true; }

  // The end, early if there is a failure. May destroy the exchange.
  void end(std::optional<TransportError> failure) noexcept;

  // --- for whoever made it ---

  void abort() noexcept override { wire_->abort(); }

 protected:
  void start(EventLoop& loop);
  EventLoop::OperationId id() const noexcept { return id_; }
  Wire* wire() const noexcept { return wire_; }

  bool success() const noexcept { return response_.status >= 200 && response_.status < 300; }
  std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }
  bool refused() const noexcept { return !refusal_.empty(); }

  // Of a 2xx response. The first two throw Error to refuse it.
  virtual void on_headers() = 0;
  virtual void on_body(std::string_view piece) = 0;
  virtual std::span<char> on_room() noexcept { return {}; }
  virtual void on_end(std::optional<TransportError> failure) noexcept = 0;

  HttpRequest request_;
  HttpResponse response_;
  std::size_t received_ = 0;  // bytes of a 2xx body

 private:
  template <class Call>
  bool guarded(Call call) noexcept;

  std::shared_ptr<const Carrier> carrier_;
  EventLoop* loop_ = nullptr;
  Wire* wire_ = nullptr;
  EventLoop::OperationId id_ = 0;
  bool headers_complete_ = false;
  std::optional<std::uint64_t> content_length_;
  std::string other_body_;
  std::string refusal_;
};

// The awaitable of collect and into. Lives in the frame of the coroutine that awaits it.
class CollectExchange final : public Exchange {
 public:
  CollectExchange(std::shared_ptr<const Carrier> carrier, HttpRequest request, Context& context)
      : Exchange(std::move(carrier), std::move(request)), context_(context) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller);
  HttpResponse await_resume();

 private:
  void start_on(EventLoop& loop);
  void on_headers() override;
  void on_body(std::string_view piece) override;
  std::span<char> on_room() noexcept override;
  void on_end(std::optional<TransportError> failure) noexcept override;

  // Comes from any thread, maybe when this object is gone: it names the exchange by its id.
  struct Stop {
    EventLoop* loop;
    EventLoop::OperationId id;
    void operator()() const {
      loop->post([copy = *this] {
        if (auto* operation = copy.loop->find(copy.id)) operation->abort();
      });
    }
  };

  Context& context_;
  std::coroutine_handle<> caller_;
  std::optional<std::stop_callback<Stop>> stop_;
  Buffer buffer_;        // a body of known length
  std::string growing_;  // one of unknown length
  bool has_length_ = false;
  std::optional<TransportError> failure_;
};

// Runs on the background loop, since it outlives the call that made it. Resolves when the headers are there,
// or at the end for a response that is not a 2xx, or whose body is collected: HttpRequest::collect_up_to.
Task<HttpResponse> stream_exchange(std::shared_ptr<const Carrier> carrier, HttpRequest request);

}  // namespace storelink::http
