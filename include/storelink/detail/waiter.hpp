// Waiter: one coroutine's wait for what another thread does.
#pragma once

#include <atomic>
#include <coroutine>
#include <memory>
#include <optional>
#include <stop_token>

#include "storelink/task.hpp"

namespace storelink {

// Shared by the coroutine and whoever may end its wait, which can be before it has begun.
class Waiter {
 public:
  explicit Waiter(Context& context) : executor_(context.executor()), stop_token_(context.stop_token()) {}
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // Ends the wait, from any thread. False when it has been ended before, also by a stop; otherwise `prepare`
  // is called before the coroutine goes on.
  template <class Prepare>
  bool end(Prepare prepare) {
    if (ended_.exchange(true)) return false;
    prepare();
    // The second of the coroutine's suspension and this lets it go on.
    if (suspended_or_ended_.exchange(true)) executor_.post([caller = caller_] { caller.resume(); });
    return true;
  }
  bool end() {
    return end([] {});
  }

  // `co_await` it once. Throws Error(cancelled) when the operation was stopped.
  class Wait {
   public:
    explicit Wait(std::shared_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> caller) {
      const std::shared_ptr<Waiter> waiter = waiter_;  // another thread may end this object
      waiter->caller_ = caller;
      stop_.emplace(waiter->stop_token_, Stop{waiter});
      return !waiter->suspended_or_ended_.exchange(true);
    }
    void await_resume() {
      stop_.reset();
      if (waiter_->stopped_) detail::throw_cancelled();
    }

   private:
    struct Stop {
      std::shared_ptr<Waiter> waiter;
      void operator()() const {
        waiter->end([this] { waiter->stopped_ = true; });
      }
    };
    std::shared_ptr<Waiter> waiter_;
    std::optional<std::stop_callback<Stop>> stop_;
  };

 private:
  Executor& executor_;
  const std::stop_token stop_token_;
  std::coroutine_handle<> caller_;
  std::atomic<bool> ended_{false};
  std::atomic<bool> suspended_or_ended_{false};
  bool stopped_ = false;
};

}  // namespace storelink
