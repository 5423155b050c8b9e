// A stop source that is only made when somebody needs it: most operations are never stopped.
#pragma once

#include <atomic>
#include <memory>
#include <stop_token>

namespace storelink::detail {

// Thread-safe.
class LazyStopSource {
 public:
  LazyStopSource() noexcept {}
  ~LazyStopSource() { delete source_.load(std::memory_order_acquire); }
  LazyStopSource(const LazyStopSource&) = delete;
  LazyStopSource& operator=(const LazyStopSource&) = delete;

  std::stop_token get_token() { return source().get_token(); }

  // This object may go while the callbacks run that this calls.
  void request_stop() {
    std::stop_source shared = source();
    shared.request_stop();
  }

  bool stop_requested() const noexcept {
    const std::stop_source* made = source_.load(std::memory_order_acquire);
    return made != nullptr && made->stop_requested();
  }

 private:
  std::stop_source& source() {
    std::stop_source* made = source_.load(std::memory_order_acquire);
    if (made != nullptr) return *made;
    auto mine = std::make_unique<std::stop_source>();
    // Another thread may have been faster; then `made` is its.
    if (source_.compare_exchange_strong(made, mine.get(), std::memory_order_acq_rel)) made = mine.release();
    return *made;
  }

  std::atomic<std::stop_source*> source_{nullptr};
};

}  // namespace storelink::detail
