// For what other threads finish soon after the call that caused it.
#pragma once

#include <chrono>
#include <thread>

namespace storelink::testing {

// Whether `condition()` becomes true within ten seconds.
template <class Condition>
bool eventually(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace storelink::testing
