// What the context of every blocking call has in common: its interrupt hook and its ways to be stopped.
#pragma once

#include <time.h>

#include <chrono>
#include <optional>
#include <utility>

#include "storelink/task.hpp"

namespace storelink {

namespace detail {

inline constexpr auto interrupt_interval = std::chrono::milliseconds(50);

// Good to a few milliseconds. Every call would pay for steady_clock, which takes seven times as long.
inline std::chrono::nanoseconds coarse_now() noexcept {
#ifdef CLOCK_MONOTONIC_COARSE
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
#else
  return std::chrono::steady_clock::now().time_since_epoch();
#endif
}

// Used on the calling thread alone, but for its stop source.
class BlockingContext : public Context {
 public:
  // `stop`, where not null, is another's, which can stop the call too; it outlives this object.
  BlockingContext(const Interrupt* interrupt, LazyStopSource* stop)
      : interrupt_(interrupt), stop_(stop != nullptr ? stop : &own_stop_) {}

  bool may_block() const noexcept override { return true; }
  std::stop_token stop_token() const noexcept override { return stop_->get_token(); }

  void check() override {
    ask_if_due();
    if (interrupted_) throw_interrupted();
    if (stop_->stop_requested()) throw_cancelled();
  }

 protected:
  bool interruptible() const { return interrupt_ != nullptr && *interrupt_; }
  bool interrupted() const noexcept { return interrupted_; }

  // The first time only looks at the clock, which most calls need not do even once. A wait that ended a
  // little early is due as well.
  void ask_if_due() {
    if (interrupted_ || !interruptible()) return;
    const auto now = coarse_now();
    if (!asked_) asked_ = now;
    if (now - *asked_ < interrupt_interval / 2) return;
    asked_ = now;
    if (!(*interrupt_)()) return;
    interrupted_ = true;
    stop_->request_stop();
  }

  [[noreturn]] static void throw_interrupted() {
    throw_error(ErrorKind::cancelled, {"the call was interrupted"});
  }

 private:
  const Interrupt* interrupt_;
  std::optional<std::chrono::nanoseconds> asked_;
  bool interrupted_ = false;
  LazyStopSource own_stop_;
  LazyStopSource* stop_;
};

}  // namespace detail

inline void set_default_interrupt(Interrupt interrupt) {
  delete std::exchange(detail::default_interrupt, new Interrupt(std::move(interrupt)));
}

}  // namespace storelink
