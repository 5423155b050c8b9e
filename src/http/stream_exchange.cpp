// A response whose body is read piece by piece while it arrives, unless it is small.
#include <cstring>
#include <deque>
#include <mutex>

#include "base/runtime.hpp"
#include "http/exchange.hpp"
#include "http/failures.hpp"

namespace storelink::http {

namespace {

// The exchange pauses when so much is waiting for its reader, and goes on when half of it has been read.
constexpr std::size_t high_water = 4u << 20;

// Shared by the loop, which fills it, and the reader, who may be on any thread. `self_` keeps it alive while
// the loop has it.
class StreamExchange final : public Exchange, public std::enable_shared_from_this<StreamExchange> {
 public:
  using Exchange::Exchange;

  void start(std::stop_token token) {
    background_.post([self = shared_from_this(), token = std::move(token)] {
      self->self_ = self;
      if (token.stop_requested()) return self->on_end(cancelled());
      try {
        self->Exchange::start(self->background_);
      } catch (const std::exception& error) {
        self->on_end(TransportError(ErrorKind::generic, error.what(), false));
      }
    });
  }

  // From any thread.
  void request_abort() {
    if (belongs_to_parent()) return;
    background_.post([self = shared_from_this()] {
      if (self->wire() != nullptr) self->abort();
    });
  }

  // The loop and the connection are those of the process that opened the stream.
  bool belongs_to_parent() const noexcept { return made_in_ != fork_generation(); }

  // Waits until `ready(state)` holds; woken by every change.
  struct Change {
    Change(StreamExchange& e, bool for_headers) noexcept : exchange(e), headers(for_headers) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> caller) {
      Context& context = *caller.promise().context;
      {
        const std::lock_guard lock(exchange.mutex_);
        if (exchange.ready(headers)) return false;
        exchange.waiter_ = caller;
        exchange.waiter_executor_ = &context.executor();
        exchange.waits_for_headers_ = headers;
      }
      return true;
    }
    void await_resume() const noexcept {}
    StreamExchange& exchange;
    const bool headers;
  };

  // Once, after the headers are there.
  HttpResponse take_response() {
    const std::lock_guard lock(mutex_);
    const bool broke_off = collects_ && failure_ && failure_->kind() != ErrorKind::cancelled && !refused();
    if (ended_ && failure_ && !broke_off && (!success() || !headers_ready_)) throw TransportError(*failure_);
    if (collects_) response_.body = std::move(buffer_).freeze(received_);
    if (broke_off) response_.broken = *failure_;
    return std::move(response_);
  }

  // Whether the body is in the response, when that is there: it had no more than collect_up_to bytes.
  bool collects() const noexcept { return collects_; }

  // Empty when there is nothing now: then the stream has ended or the reader has to wait.
  Bytes take_piece() {
    const std::lock_guard lock(mutex_);
    if (pieces_.empty()) {
      if (ended_ && failure_) throw TransportError(*failure_);
      return {};
    }
    Bytes piece = std::move(pieces_.front());
    pieces_.pop_front();
    waiting_ -= piece.size();
    if (paused_ && waiting_ <= high_water / 2) {
      paused_ = false;
      background_.post([self = shared_from_this()] {
        if (self->wire() != nullptr) self->wire()->resume();
      });
    }
    return piece;
  }

  bool ended() {
    const std::lock_guard lock(mutex_);
    return ended_ && pieces_.empty();
  }

 private:
  bool ready(bool for_headers) const {
    return for_headers ? headers_ready_ || ended_ : !pieces_.empty() || ended_;
  }

  // With the lock held.
  void wake() {
    if (!waiter_ || !ready(waits_for_headers_)) return;
    waiter_executor_->post([waiter = std::exchange(waiter_, nullptr)] { waiter.resume(); });
  }

  void on_headers() override {
    const auto length = content_length();
    const std::lock_guard lock(mutex_);
    if (length && request_.collect_up_to != 0 && *length <= request_.collect_up_to) {
      buffer_ = Buffer(*length);
      collects_ = true;
      return;
    }
    headers_ready_ = true;
    wake();
  }

  std::span<char> on_room() noexcept override {
    if (!collects_) return {};
    return {buffer_.data() + received_, buffer_.capacity() - received_};
  }

  bool wants_more() noexcept override {
    if (!success()) return true;
    const std::lock_guard lock(mutex_);
    paused_ = waiting_ >= high_water;
    return !paused_;
  }

  void on_body(std::string_view piece) override {
    if (collects_) {
      const std::span<char> room = on_room();
      if (piece.size() > room.size()) throw Error(ErrorKind::generic, "the body is longer than announced");
      std::memcpy(room.data(), piece.data(), piece.size());
      return;
    }
    Buffer buffer(piece.size());
    std::memcpy(buffer.data(), piece.data(), piece.size());
    const std::lock_guard lock(mutex_);
    pieces_.push_back(std::move(buffer).freeze(piece.size()));
    waiting_ += piece.size();
    wake();
  }

  void on_end(std::optional<TransportError> failure) noexcept override {
    const auto self = std::move(self_);
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    ended_ = true;
    wake();
  }

  const std::uint64_t made_in_ = fork_generation();
  EventLoop& background_ = background_loop();
  std::shared_ptr<StreamExchange> self_;
  std::mutex mutex_;
  std::deque<Bytes> pieces_;
  std::size_t waiting_ = 0;  // bytes in pieces_
  bool paused_ = false;
  Buffer buffer_;  // of a body that is collected
  bool collects_ = false;
  bool headers_ready_ = false;
  bool ended_ = false;
  std::optional<TransportError> failure_;
  std::coroutine_handle<> waiter_;
  Executor* waiter_executor_ = nullptr;
  bool waits_for_headers_ = false;
};

class AbortOnStop {
 public:
  explicit AbortOnStop(std::weak_ptr<StreamExchange> exchange) : exchange_(std::move(exchange)) {}
  void operator()() const {
    if (const auto exchange = exchange_.lock()) exchange->request_abort();
  }

 private:
  std::weak_ptr<StreamExchange> exchange_;
};

class NetworkStream final : public BodyStream {
 public:
  explicit NetworkStream(std::shared_ptr<StreamExchange> exchange) : exchange_(std::move(exchange)) {}
  ~NetworkStream() override {
    if (!exchange_->belongs_to_parent() && !exchange_->ended()) exchange_->request_abort();
  }
  NetworkStream(const NetworkStream&) = delete;
  NetworkStream& operator=(const NetworkStream&) = delete;

  Task<Bytes> next_async() override {
    Context& context = *co_await current_context();
    if (exchange_->belongs_to_parent())
      throw Error(ErrorKind::generic, "this body was opened before fork() and cannot be read in the child");
    const std::stop_callback on_stop(context.stop_token(), AbortOnStop(exchange_));
    for (;;) {
      Bytes piece = exchange_->take_piece();
      if (!piece.empty()) co_return piece;
      if (exchange_->ended()) co_return Bytes();
      StreamExchange::Change change(*exchange_, false);
      co_await change;
    }
  }

 private:
  std::shared_ptr<StreamExchange> exchange_;
};

}  // namespace

Task<HttpResponse> stream_exchange(std::shared_ptr<const Carrier> carrier, HttpRequest request) {
  Context& context = *co_await current_context();
  const auto exchange = std::make_shared<StreamExchange>(std::move(carrier), std::move(request));
  exchange->start(context.stop_token());
  const std::stop_callback on_stop(context.stop_token(), AbortOnStop(exchange));
  StreamExchange::Change change(*exchange, true);
  co_await change;
  HttpResponse response = exchange->take_response();
  const bool success = response.status >= 200 && response.status < 300;
  if (success && !exchange->collects()) response.stream = std::make_unique<NetworkStream>(exchange);
  co_return response;
}

}  // namespace storelink::http
