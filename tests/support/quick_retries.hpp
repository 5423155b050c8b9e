// Retry settings for scripted transports: a few tries at once.
#pragma once

#include <chrono>

#include "storelink/stores.hpp"

namespace storelink::testing {

inline RetryConfig quick_retries() {
  RetryConfig retry;
  retry.init_backoff = std::chrono::microseconds(10);
  retry.max_backoff = std::chrono::microseconds(100);
  retry.max_retries = 3;
  return retry;
}

}  // namespace storelink::testing
