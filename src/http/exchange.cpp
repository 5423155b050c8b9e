#include "http/exchange.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/runtime.hpp"
#include "codec/text.hpp"
#include "http/client_options.hpp"

namespace storelink::http {

namespace {

constexpr std::size_t other_body_limit = 1 << 20;
constexpr std::size_t usual_headers = 16;

}  // namespace

Exchange::Exchange(std::shared_ptr<const Carrier> carrier, HttpRequest request)
    : request_(std::move(request)), carrier_(std::move(carrier)) {}

void Exchange::start(EventLoop& loop) {
  loop_ = &loop;
  id_ = loop.begin(*this);
  try {
    wire_ = carrier_->start(loop, *this);
  } catch (...) {
    loop.end(id_);
    throw;
  }
}

// A stream takes as long as its reader; it only must not stall.
std::optional<std::chrono::nanoseconds> Exchange::time_limit() const {
  if (request_.sink == Sink::stream) return {};
  return carrier_->options().timeout;
}

std::optional<std::chrono::nanoseconds> Exchange::stall_limit() const {
  const ClientOptions& options = carrier_->options();
  if (options.read_timeout || request_.sink != Sink::stream) return options.read_timeout;
  return options.timeout;
}

template <class Call>
bool Exchange::guarded(Call call) noexcept {
  try {
    call();
    return true;
  } catch (const std::exception& error) {
    refusal_ = error.what();
    return false;
  }
}

void Exchange::begin_response(int status) {
  response_.status = status;
  response_.headers.clear();
  response_.headers.reserve(usual_headers);
  content_length_.reset();
}

void Exchange::add_header(std::string_view name, std::string_view value) {
  auto& header = response_.headers.emplace_back(name, codec::trim(value));
  for (char& c : header.first)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  if (header.first == "content-length") content_length_ = codec::parse_number(header.second);
}

bool Exchange::headers_complete() noexcept {
  headers_complete_ = true;
  if (!success()) return true;
  return guarded([this] { on_headers(); });
}

std::span<char> Exchange::room() noexcept {
  if (!success()) return {};
  return on_room();
}

bool Exchange::take(std::string_view piece) noexcept {
  return guarded([&] {
    if (success()) {
      on_body(piece);
      received_ += piece.size();
    } else {
      other_body_.append(piece.substr(0, other_body_limit - other_body_.size()));
    }
  });
}

void Exchange::end(std::optional<TransportError> failure) noexcept {
  loop_->end(id_);
  wire_ = nullptr;
  if (refused()) failure.emplace(ErrorKind::generic, refusal_, true);
  if (!headers_complete_) response_.status = 0;
  if (!other_body_.empty()) response_.body = Bytes::adopt(std::move(other_body_));
  on_end(std::move(failure));
}

void CollectExchange::await_suspend(std::coroutine_handle<> caller) {
  caller_ = caller;
  if (EventLoop* own = context_.event_loop()) {
    start_on(*own);
  } else {
    EventLoop& background = background_loop();
    background.post([this, &background] {
      try {
        start_on(background);
      } catch (const std::exception& error) {
        on_end(TransportError(ErrorKind::generic, error.what(), false));
      }
    });
  }
}

void CollectExchange::start_on(EventLoop& loop) {
  start(loop);
  stop_.emplace(context_.stop_token(), Stop{&loop, id()});
}

void CollectExchange::on_headers() {
  const auto length = content_length();
  if (request_.sink == Sink::into) {
    if (length && *length > request_.buffer.size())
      throw Error(ErrorKind::generic, fmt::format("the buffer holds {} bytes, the response has {}",
                                                  request_.buffer.size(), *length));
  } else if (length && request_.method != "HEAD") {
    buffer_ = Buffer(*length);
    has_length_ = true;
  }
}

std::span<char> CollectExchange::on_room() noexcept {
  if (request_.sink == Sink::into) {
    const auto rest = request_.buffer.subspan(received_);
    return {reinterpret_cast<char*>(rest.data()), rest.size()};
  }
  if (!has_length_) return {};
  return {buffer_.data() + received_, buffer_.capacity() - received_};
}

void CollectExchange::on_body(std::string_view piece) {
  if (request_.sink != Sink::into && !has_length_) {
    growing_.append(piece);
    return;
  }
  const std::span<char> into = on_room();
  if (piece.size() > into.size())
    throw Error(ErrorKind::generic,
                fmt::format("the buffer holds {} bytes, the response has more", received_ + into.size()));
  if (!piece.empty()) std::memcpy(into.data(), piece.data(), piece.size());
}

void CollectExchange::on_end(std::optional<TransportError> failure) noexcept {
  failure_ = std::move(failure);
  if (context_.event_loop() != nullptr)
    caller_.resume();
  else
    context_.executor().post([caller = caller_] { caller.resume(); });
}

HttpResponse CollectExchange::await_resume() {
  stop_.reset();
  const bool usable = failure_ && success() && failure_->kind() != ErrorKind::cancelled && !refused();
  if (failure_ && !usable) throw TransportError(*failure_);
  if (success()) {
    if (request_.sink == Sink::into)
      response_.written = received_;
    else
      response_.body = has_length_ ? std::move(buffer_).freeze(received_) : Bytes::adopt(std::move(growing_));
  }
  if (failure_) response_.broken = std::move(*failure_);
  return std::move(response_);
}

}  // namespace storelink::http
