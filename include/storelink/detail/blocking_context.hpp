// What the context of every blocking call has in common: its interrupt hook and its ways to be stopped.
#pragma once

#include <chrono>
#include <optional>

#include "storelink/task.hpp"

namespace storelink {

namespace detail {

inline constexpr auto interrupt_interval = std::chrono::milliseconds(50);

inline Interrupt default_interrupt;

// Used on the calling thread alone, but for the stop token.
class BlockingContext : public Context {
 public:
  BlockingContext(const Interrupt* interrupt, std::stop_token stop)
      : interrupt_(interrupt != nullptr ? interrupt : &default_interrupt) {
    if (!stop.stop_possible()) return;
    stop_.emplace();
    from_caller_.emplace(std::move(stop), StopBoth{&*stop_});
  }

  bool may_block() const noexcept override { return true; }

  std::stop_token stop_token() const noexcept override {
    if (!stop_) stop_.emplace();
    return stop_->get_token();
  }

  void check() override {
    ask_if_due();
    if (interrupted_) throw_interrupted();
    if (from_caller_) Context::check();
  }

 protected:
  bool interruptible() const { return static_cast<bool>(*interrupt_); }
  bool interrupted() const noexcept { return interrupted_; }

  void ask_if_due() {
    if (interrupted_ || !interruptible() || Clock::now() - asked_ < interrupt_interval) return;
    asked_ = Clock::now();
    if (!(*interrupt_)()) return;
    interrupted_ = true;
    (void)stop_token();
    stop_->request_stop();
  }

  [[noreturn]] static void throw_interrupted() {
    throw_error(ErrorKind::cancelled, {"the call was interrupted"});
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct StopBoth {
    std::stop_source* mine;
    void operator()() const { mine->request_stop(); }
  };

  const Interrupt* interrupt_;
  Clock::time_point asked_ = Clock::now();
  bool interrupted_ = false;
  mutable std::optional<std::stop_source> stop_;  // made when someone asks for its token
  std::optional<std::stop_callback<StopBoth>> from_caller_;
};

}  // namespace detail

inline void set_default_interrupt(Interrupt interrupt) {
  detail::default_interrupt = std::move(interrupt);
}

}  // namespace storelink
