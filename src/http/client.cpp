#include "http/client.hpp"

#include <fmt/format.h>

#include <cstring>

#include "base/blocking.hpp"
#include "http/headers.hpp"
#include "http/retry.hpp"

namespace storelink::http {

struct Client::Shared {
  std::shared_ptr<Transport> transport;
  RetryConfig retry;
};

namespace {

// What one try gave: a response, or the reason why there is none.
struct Outcome {
  Outcome() {}
  std::optional<HttpResponse> response;
  std::optional<Error> failure;
};

bool is_transport_failure(const Error& error) noexcept {
  return error.details().may_have_arrived.has_value();
}

bool is_error_document(const HttpResponse& response) {
  if (response.status < 200 || response.status >= 300) return false;
  // After an XML declaration and white space, which CompleteMultipartUpload sends to keep the connection
  // open.
  std::string_view text = response.body.view().substr(0, 512);
  if (const auto end = text.find("?>"); end != std::string_view::npos) text.remove_prefix(end + 2);
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n"), text.size()));
  return text.starts_with("<Error");
}

std::optional<std::chrono::nanoseconds> wait_before_retry(Backoff& backoff, const Outcome& outcome,
                                                          Repeat repeat) {
  if (outcome.failure) {
    const Error& failure = *outcome.failure;
    if (failure.kind() != ErrorKind::io && failure.kind() != ErrorKind::timeout) return {};
    if (!failure.details().may_have_arrived.value_or(true)) return backoff.next_connection();
    if (repeat == Repeat::if_not_arrived) return {};
    return backoff.next({});
  }
  const HttpResponse& response = *outcome.response;
  if (!retryable_status(response.status, repeat)) return {};
  return backoff.next(retry_after(response.headers, std::chrono::system_clock::now()));
}

Task<void> wait_for_retry(std::chrono::nanoseconds time) {
  co_await sleep_for(time);
  (*co_await current_context()).note_retry();
}

[[noreturn]] void give_up(const Error& failure, std::size_t retries) {
  if (retries == 0) throw Error(failure);
  ErrorDetails details = failure.details();
  details.message += fmt::format(" (given up after {} {})", retries, retries == 1 ? "retry" : "retries");
  throw Error(std::move(details));
}

// The bytes of the object that a response to a GET carries, if it says so.
std::optional<Extent> extent_of(const HttpResponse& response) {
  if (response.status == 206) {
    const std::string* text = find_header(response.headers, "content-range");
    return text == nullptr ? std::nullopt : content_range_bounds(*text);
  }
  const auto size = content_length(response.headers);
  if (!size) return {};
  Extent extent;
  extent.end = *size;
  return extent;
}

std::string strong_etag(const HttpResponse& response) {
  const std::string* etag = find_header(response.headers, "etag");
  return etag == nullptr || etag->starts_with("W/") ? std::string() : *etag;
}

// How much has to arrive after a break for the tries to count anew: with less, a server that closes every
// connection after a few bytes would be asked for hours.
constexpr std::size_t enough_progress = 1u << 20;

// Where a broken body is to be continued.
struct Position {
  Position() {}
  std::string etag;
  std::uint64_t next = 0;
  std::uint64_t end = 0;
};

Position position_after(const HttpResponse& response, const Error& broken) {
  const auto extent = extent_of(response);
  Position position;
  position.etag = strong_etag(response);
  if (!extent || position.etag.empty()) {
    ErrorDetails details = broken.details();
    details.message += "; without a strong etag and a length the body cannot be resumed";
    throw Error(std::move(details));
  }
  position.next = extent->start;
  position.end = extent->end;
  return position;
}

void check_continuation(const HttpResponse& response, const Position& position) {
  if (response.status == 412)
    throw Error(ErrorKind::generic, "the object was replaced while it was being read");
  const auto extent = extent_of(response);
  if (response.status != 206 || !extent || extent->start != position.next || extent->end != position.end)
    throw Error(ErrorKind::generic,
                fmt::format("the body broke and could not be resumed (HTTP status {})", response.status));
}

// A stream that opens the rest of the object again when it breaks.
class ResumingStream final : public BodyStream {
 public:
  ResumingStream(Client client, RetryConfig retry, MakeGet make, std::unique_ptr<BodyStream> inner,
                 const HttpResponse& response)
      : client_(std::move(client)), retry_(retry), make_(std::move(make)), inner_(std::move(inner)) {
    // What cannot be resumed is passed on as it is.
    const auto extent = extent_of(response);
    position_.etag = strong_etag(response);
    if (extent) {
      position_.next = extent->start;
      position_.end = extent->end;
    } else {
      position_.etag.clear();
    }
  }

  Task<Bytes> next_async() override {
    for (;;) {
      std::optional<Error> failure;
      try {
        Bytes piece = co_await inner_->next_async();
        position_.next += piece.size();
        progress_ += piece.size();
        co_return piece;
      } catch (const Error& error) {
        if (!is_transport_failure(error)) throw;
        failure = error;
      }
      const bool broken = failure->kind() == ErrorKind::io || failure->kind() == ErrorKind::timeout;
      if (!broken || position_.etag.empty()) throw Error(*failure);
      if (!backoff_ || progress_ >= enough_progress) backoff_.emplace(retry_);
      progress_ = 0;
      const auto wait = backoff_->next({});
      if (!wait) give_up(*failure, backoff_->retries());
      co_await wait_for_retry(*wait);
      const GetRange rest = GetRange::bounded(position_.next, position_.end);
      MakeRequest make_rest = [this, rest]() {
        return [](MakeGet* get, GetRange part, std::string if_match) -> Task<HttpRequest> {
          HttpRequest request = co_await (*get)(part, std::move(if_match));
          request.collect_up_to = 0;  // a stream goes on as one, however little is left
          co_return request;
        }(&make_, rest, position_.etag);
      };
      SendOptions options;
      HttpResponse response = co_await client_.send_async(std::move(make_rest), options);
      check_continuation(response, position_);
      inner_ = std::move(response.stream);
    }
  }

 private:
  Client client_;
  RetryConfig retry_;
  MakeGet make_;
  std::unique_ptr<BodyStream> inner_;
  Position position_;
  std::optional<Backoff> backoff_;  // from the first break on
  std::size_t progress_ = 0;        // bytes since the last one
};

}  // namespace

Client::Client(std::shared_ptr<Transport> transport, RetryConfig retry) {
  auto shared = std::make_shared<Shared>();
  shared->transport = std::move(transport);
  shared->retry = retry;
  shared_ = std::move(shared);
}

Task<HttpResponse> Client::send_async(MakeRequest make, SendOptions options) const {
  const std::shared_ptr<const Shared> shared = shared_;
  std::optional<Backoff> backoff;  // made only when there is something to wait for
  for (;;) {
    HttpRequest request = co_await make();
    Outcome outcome;
    try {
      outcome.response = co_await shared->transport->send_async(std::move(request));
    } catch (const Error& error) {
      if (!is_transport_failure(error)) throw;
      outcome.failure = error;
    }
    if (outcome.response) {
      HttpResponse& response = *outcome.response;
      if (options.error_in_success && is_error_document(response)) response.status = 500;
      // A document that broke off is worth as much as none.
      if (response.broken && !options.keep_broken) {
        outcome.failure = *response.broken;
      } else if (response.status < 400 && !options.error_in_success) {
        co_return std::move(response);
      }
    }
    if (!backoff) backoff.emplace(shared->retry);
    const auto wait = wait_before_retry(*backoff, outcome, options.repeat);
    if (!wait) {
      if (outcome.failure) give_up(*outcome.failure, backoff->retries());
      co_return std::move(*outcome.response);
    }
    co_await wait_for_retry(*wait);
  }
}

Task<HttpResponse> Client::get_async(MakeGet make, GetRange range) const {
  const std::shared_ptr<const Shared> shared = shared_;
  const Client self = *this;
  MakeRequest make_first = [&make, range]() { return make(range, std::string()); };
  SendOptions options;
  options.keep_broken = true;
  HttpResponse first = co_await self.send_async(std::move(make_first), options);
  if (first.stream) {
    auto inner = std::move(first.stream);
    first.stream =
        std::make_unique<ResumingStream>(self, shared->retry, std::move(make), std::move(inner), first);
    co_return first;
  }
  if (!first.broken) co_return first;

  Position position = position_after(first, *first.broken);
  Backoff backoff(shared->retry);
  std::vector<Bytes> pieces;
  Error last = *first.broken;
  auto keep = [&](HttpResponse& response) {
    const std::size_t arrived = response.written + response.body.size();
    if (arrived >= enough_progress) backoff.reset();
    position.next += arrived;
    if (&response != &first) first.written += response.written;
    if (!response.body.empty()) pieces.push_back(std::move(response.body));
  };
  keep(first);
  while (position.next < position.end) {
    const auto wait = backoff.next({});
    if (!wait) give_up(last, backoff.retries());
    co_await wait_for_retry(*wait);
    const GetRange rest = GetRange::bounded(position.next, position.end);
    const std::size_t written = first.written;
    // The rest goes behind what is there already.
    MakeRequest make_behind = [&make, rest, &position, written]() {
      return [](MakeGet* get, GetRange part, std::string if_match, std::size_t skip) -> Task<HttpRequest> {
        HttpRequest request = co_await (*get)(part, std::move(if_match));
        if (request.sink == Sink::into)
          request.buffer = request.buffer.subspan(skip);
        else
          request.sink = Sink::collect;
        co_return request;
      }(&make, rest, position.etag, written);
    };
    HttpResponse response = co_await self.send_async(std::move(make_behind), options);
    check_continuation(response, position);
    if (response.broken) last = *response.broken;
    keep(response);
  }
  first.broken.reset();
  if (!pieces.empty()) {
    std::size_t size = 0;
    for (const Bytes& piece : pieces) size += piece.size();
    Buffer whole(size);
    std::size_t offset = 0;
    for (const Bytes& piece : pieces) {
      std::memcpy(whole.data() + offset, piece.data(), piece.size());
      offset += piece.size();
    }
    first.body = std::move(whole).freeze(size);
  }
  co_return first;
}

}  // namespace storelink::http
