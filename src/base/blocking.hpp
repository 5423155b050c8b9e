// Waiting, and blocking system calls, from a Task.
#pragma once

#include <chrono>
#include <coroutine>
#include <exception>
#include <optional>
#include <stop_token>
#include <type_traits>

#include "base/runtime.hpp"

namespace storelink {

// Continues the awaiting coroutine on another executor.
class HopTo {
 public:
  explicit HopTo(Executor& executor) noexcept : executor_(executor) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) const {
    executor_.post([caller] { caller.resume(); });
  }
  void await_resume() const noexcept {}

 private:
  Executor& executor_;
};

// Runs `work`, which may make blocking system calls: in place where the thread is the caller's own, else on
// the thread pool. The task goes on where it was.
template <class F>
Task<std::invoke_result_t<F>> run_blocking(F work) {
  Context& context = *co_await current_context();
  if (context.may_block()) co_return work();
  co_await HopTo(thread_pool());
  std::exception_ptr failure;
  using Result = std::invoke_result_t<F>;
  if constexpr (std::is_void_v<Result>) {
    try {
      work();
    } catch (...) {
      failure = std::current_exception();
    }
    co_await HopTo(context.executor());
    if (failure) std::rethrow_exception(failure);
  } else {
    std::optional<Result> result;
    try {
      result.emplace(work());
    } catch (...) {
      failure = std::current_exception();
    }
    co_await HopTo(context.executor());
    if (failure) std::rethrow_exception(failure);
    co_return std::move(*result);
  }
}

// Waits for at least `duration`; throws Error(cancelled) as soon as the operation is stopped.
Task<void> sleep_for(std::chrono::nanoseconds duration);

}  // namespace storelink
