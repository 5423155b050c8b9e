// The retry rules: how long to wait, and when to give up.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <random>

#include "http/client.hpp"

namespace storelink::http {

// One for each request and its repetitions.
class Backoff {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Backoff(const RetryConfig& config)
      : config_(config), deadline_(Clock::now() + config.retry_timeout) {}

  // The time to wait before the next try, at least `at_least`; nothing when the tries or the time are used
  // up.
  std::optional<std::chrono::nanoseconds> next(std::chrono::nanoseconds at_least);

  // As next() when no connection could be made at all: a wrong address is reported soon, so these are tried
  // no more than `connect_retries` times.
  std::optional<std::chrono::nanoseconds> next_connection();

  std::size_t retries() const noexcept { return retries_; }
  // Progress was made: the tries count anew.
  void reset();

 private:
  static constexpr std::size_t connect_retries = 3;
  const RetryConfig& config_;
  Clock::time_point deadline_;
  std::chrono::nanoseconds previous_{};
  std::size_t retries_ = 0;
  std::size_t connection_retries_ = 0;
};

bool retryable_status(int status, Repeat repeat) noexcept;

// Retry-After (RFC 9110, section 10.2.3) as a time from now; zero where there is none.
std::chrono::nanoseconds retry_after(const Headers& headers, Timestamp now);

}  // namespace storelink::http
