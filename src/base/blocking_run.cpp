// The context of a blocking call: the caller's thread turns a borrowed loop until its task has ended.
#include <mutex>
#include <new>
#include <optional>

#include "base/runtime.hpp"

namespace storelink {

namespace {

constexpr auto interrupt_interval = std::chrono::milliseconds(50);

Interrupt& default_interrupt() {
  static Interrupt hook;
  return hook;
}

}  // namespace

void set_default_interrupt(Interrupt interrupt) {
  default_interrupt() = std::move(interrupt);
}

class detail::BlockingRun::Impl final : public Context {
 public:
  Impl(const Interrupt* interrupt, std::stop_token stop)
      : interrupt_(interrupt != nullptr ? interrupt : &default_interrupt()) {
    if (!stop.stop_possible()) return;
    stop_.emplace();
    from_caller_.emplace(std::move(stop), StopBoth{&*stop_});
  }

  ~Impl() override {
    if (!loop_) return;
    // Work that was posted for this call, such as a cancellation that came too late, ends with it.
    if (loop_->settle()) give_back(std::move(loop_));
  }

  Executor& executor() override { return *event_loop(); }

  EventLoop* event_loop() noexcept override {
    if (!loop_) loop_ = borrow_loop();
    return loop_.get();
  }

  bool may_block() const noexcept override { return true; }

  std::stop_token stop_token() const noexcept override {
    if (!stop_) stop_.emplace();
    return stop_->get_token();
  }

  void check() override {
    if (*interrupt_ && EventLoop::Clock::now() - asked_ >= interrupt_interval) ask();
    if (interrupted_) throw_interrupted();
    if (from_caller_) Context::check();
  }

  void wait(const bool& finished) {
    const bool interruptible = static_cast<bool>(*interrupt_);
    while (!finished) {
      event_loop()->turn(interruptible ? interrupt_interval
                                       : std::chrono::milliseconds(std::chrono::hours(1)));
      if (interruptible && !interrupted_ && EventLoop::Clock::now() - asked_ >= interrupt_interval) ask();
    }
    if (interrupted_) throw_interrupted();
  }

 private:
  void ask() {
    asked_ = EventLoop::Clock::now();
    if (!(*interrupt_)()) return;
    interrupted_ = true;
    (void)stop_token();
    stop_->request_stop();
  }

  [[noreturn]] static void throw_interrupted() {
    throw Error(ErrorKind::cancelled, "the call was interrupted");
  }

  const Interrupt* interrupt_;
  EventLoop::Clock::time_point asked_ = EventLoop::Clock::now();
  bool interrupted_ = false;
  std::unique_ptr<EventLoop> loop_;
  mutable std::optional<std::stop_source> stop_;  // made when someone asks for its token
  struct StopBoth {
    std::stop_source* mine;
    void operator()() const { mine->request_stop(); }
  };
  std::optional<std::stop_callback<StopBoth>> from_caller_;
};

detail::BlockingRun::BlockingRun(const Interrupt* interrupt, std::stop_token stop) {
  static_assert(sizeof(Impl) <= sizeof(storage_) && alignof(Impl) <= alignof(std::max_align_t));
  impl_ = new (storage_) Impl(interrupt, std::move(stop));
}
detail::BlockingRun::~BlockingRun() {
  impl_->~Impl();
}
Context& detail::BlockingRun::context() noexcept {
  return *impl_;
}
void detail::BlockingRun::wait(const bool& finished) {
  impl_->wait(finished);
}

}  // namespace storelink
