#include "http/retry.hpp"

#include <algorithm>
#include <cstdint>

#include "codec/text.hpp"
#include "codec/time.hpp"

namespace storelink::http {

std::optional<std::chrono::nanoseconds> Backoff::next(std::chrono::nanoseconds at_least) {
  if (retries_ >= config_.max_retries) return {};
  // Decorrelated jitter: between the first back-off and `base` times the one before.
  static thread_local std::minstd_rand random{std::random_device{}()};
  const double low = static_cast<double>(config_.init_backoff.count());
  const double high = std::max(low, static_cast<double>(previous_.count()) * config_.base);
  const double drawn = std::uniform_real_distribution<double>(low, high)(random);
  const double longest = static_cast<double>(config_.max_backoff.count());
  previous_ = std::chrono::nanoseconds(static_cast<std::int64_t>(std::min(drawn, longest)));
  const auto wait = std::max(previous_, at_least);
  if (Clock::now() + wait > deadline_) return {};
  ++retries_;
  return wait;
}

std::optional<std::chrono::nanoseconds> Backoff::next_connection() {
  if (connection_retries_++ >= connect_retries) return {};
  return next({});
}

void Backoff::reset() {
  retries_ = 0;
  connection_retries_ = 0;
  previous_ = {};
  deadline_ = Clock::now() + config_.retry_timeout;
}

bool retryable_status(int status, Repeat repeat) noexcept {
  // The server says that it did nothing.
  if (status == 429 || status == 503) return true;
  if (status == 501 || status == 505) return false;
  return repeat == Repeat::always && (status == 408 || status >= 500);
}

std::chrono::nanoseconds retry_after(const Headers& headers, Timestamp now) {
  const std::string* text = find_header(headers, "retry-after");
  if (text == nullptr) return {};
  const auto seconds = codec::parse_number(*text);
  if (seconds && *seconds <= UINT32_MAX) return std::chrono::seconds(*seconds);
  const auto date = codec::parse_rfc1123(*text);
  return date && *date > now ? *date - now : std::chrono::nanoseconds{};
}

}  // namespace storelink::http
