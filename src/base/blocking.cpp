#include "base/blocking.hpp"

namespace storelink {

namespace {

// Lives in the waiting coroutine's frame. All of it happens on the loop's thread, but for the stop callback,
// which may come from any thread and therefore only posts.
class SleepAwaiter {
 public:
  SleepAwaiter(Context& context, std::chrono::nanoseconds duration) noexcept
      : context_(context), duration_(duration) {}

  bool await_ready() const noexcept { return false; }

  void await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    if (EventLoop* own = context_.event_loop()) {
      begin(*own);
    } else {
      EventLoop& loop = background_loop();
      loop.post([this, &loop] { begin(loop); });
    }
  }

  void await_resume() { context_.check(); }

 private:
  struct Stop {
    EventLoop* loop;
    EventLoop::TimerId timer;
    SleepAwaiter* sleeper;
    void operator()() const {
      // The sleeper is gone when its timer is.
      loop->post([copy = *this] {
        if (copy.loop->cancel_timer(copy.timer)) copy.sleeper->wake();
      });
    }
  };

  void begin(EventLoop& loop) {
    const auto timer = loop.add_timer(EventLoop::Clock::now() + duration_, [this] { wake(); });
    stop_.emplace(context_.stop_token(), Stop{&loop, timer, this});
  }

  void wake() {
    if (context_.event_loop() != nullptr)
      caller_.resume();
    else
      context_.executor().post([caller = caller_] { caller.resume(); });
  }

  Context& context_;
  const std::chrono::nanoseconds duration_;
  std::coroutine_handle<> caller_;
  std::optional<std::stop_callback<Stop>> stop_;
};

}  // namespace

Task<void> sleep_for(std::chrono::nanoseconds duration) {
  Context& context = *co_await current_context();
  SleepAwaiter sleeper(context, duration);
  co_await sleeper;
}

}  // namespace storelink
