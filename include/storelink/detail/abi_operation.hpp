// A task with its callback, as the operation of abi.h.
#pragma once

#include <atomic>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "storelink/abi.h"
#include "storelink/detail/abi_convert.hpp"
#include "storelink/task.hpp"

namespace storelink::abi {

// What does not depend on the result. Two parties hold an operation: the consumer until release(), and the
// run until the callback has returned.
class RunnableOperation : public sl_operation {
 public:
  RunnableOperation(const RunnableOperation&) = delete;
  RunnableOperation& operator=(const RunnableOperation&) = delete;

 protected:
  // It fails with `failure`, where there is one, instead of running.
  explicit RunnableOperation(std::exception_ptr failure) noexcept
      : sl_operation(), failure_(std::move(failure)) {
    struct_size = sizeof(sl_operation);
    start = [](sl_operation* self) { of(self).run_in_background(); };
    drive = [](sl_operation* self, sl_interrupt interrupt, void* user) {
      of(self).run_here(interrupt, user);
    };
    cancel = [](sl_operation* self) { of(self).stop_.request_stop(); };
    release = [](sl_operation* self) { of(self).drop(); };
  }
  virtual ~RunnableOperation() = default;

  virtual void start_task(Context& context, void (*done)(void*) noexcept, void* argument) = 0;
  // Tells the consumer `failure`, or else how the task ended, and lets go of the task.
  virtual void deliver(std::exception_ptr failure) noexcept = 0;

 private:
  static RunnableOperation& of(sl_operation* operation) {
    return static_cast<RunnableOperation&>(*operation);
  }

  // Where the library's own work goes on.
  class BackgroundContext final : public Context {
   public:
    explicit BackgroundContext(storelink::detail::LazyStopSource& stop)
        : executor_(storelink::detail::background_executor()), stop_(stop) {}
    Executor& executor() override { return executor_; }
    std::stop_token stop_token() const noexcept override { return stop_.get_token(); }
    void check() override {
      if (stop_.stop_requested()) storelink::detail::throw_cancelled();
    }

   private:
    Executor& executor_;
    storelink::detail::LazyStopSource& stop_;
  };

  // Nobody else holds it yet: the consumer releases it after this has begun.
  void retain_for_run() noexcept { references_.store(2, std::memory_order_relaxed); }

  void drop() noexcept {
    // When this is the only holder nobody else can change the count.
    if (references_.load(std::memory_order_acquire) == 1 ||
        references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
      delete this;
  }

  void end(std::exception_ptr failure) noexcept {
    deliver(std::move(failure));
    drop();
  }

  // Throws what hinders it from running.
  void check() const {
    if (failure_) std::rethrow_exception(failure_);
    if (stop_.stop_requested()) storelink::detail::throw_cancelled();
  }

  // Here until the first wait, then in the background.
  void run_in_background() noexcept {
    retain_for_run();
    try {
      check();
      context_.emplace(stop_);
    } catch (...) {
      end(std::current_exception());
      return;
    }
    start_task(*context_, [](void* self) noexcept { static_cast<RunnableOperation*>(self)->end({}); }, this);
  }

  void run_here(sl_interrupt interrupt, void* user) noexcept {
    retain_for_run();
    std::exception_ptr failure;
    try {
      check();
      const Interrupt hook =
          interrupt == nullptr ? Interrupt() : Interrupt([interrupt, user] { return interrupt(user) != 0; });
      bool finished = false;
      storelink::detail::BlockingRun run(&hook, &stop_);
      start_task(run.context(), [](void* flag) noexcept { *static_cast<bool*>(flag) = true; }, &finished);
      if (!finished) run.wait(finished);
    } catch (...) {
      failure = std::current_exception();
    }
    end(std::move(failure));
  }

  std::atomic<int> references_{1};
  storelink::detail::LazyStopSource stop_;
  std::optional<BackgroundContext> context_;
  const std::exception_ptr failure_;
};

// `deliver(error, result)` is called once, with one of them; for void both are null when it went well.
template <class T, class Deliver>
class Operation final : public RunnableOperation {
 public:
  Operation(std::shared_ptr<void> keep, Task<T> task, std::exception_ptr failure, Deliver deliver)
      : RunnableOperation(std::move(failure)),
        keep_(std::move(keep)),
        task_(std::move(task)),
        deliver_(std::move(deliver)) {}

 private:
  void start_task(Context& context, void (*done)(void*) noexcept, void* argument) override {
    task_.start(context, done, argument);
  }

  void deliver(std::exception_ptr failure) noexcept override {
    if (!failure) failure = task_.failure();
    if (failure) {
      const Error error = to_error(failure);
      deliver_(&error, nullptr);
    } else if constexpr (std::is_void_v<T>) {
      deliver_(nullptr, nullptr);
    } else {
      deliver_(nullptr, &task_.value());
    }
    task_ = Task<T>();
  }

  std::shared_ptr<void> keep_;  // the store, stream or upload that the task uses
  Task<T> task_;
  Deliver deliver_;
};

// The operation of the task that `begin()` makes; what begin() throws is what it fails with. Null when memory
// is out. begin() takes what the call was given, so it comes first: given things are taken also when this
// fails.
template <class T, class Begin, class Deliver>
sl_operation* operate(std::shared_ptr<void> keep, Begin begin, Deliver deliver) noexcept {
  try {
    Task<T> task;
    std::exception_ptr failure;
    try {
      task = begin();
    } catch (const std::bad_alloc&) {
      throw;
    } catch (...) {
      failure = std::current_exception();
    }
    return new Operation<T, Deliver>(std::move(keep), std::move(task), std::move(failure),
                                     std::move(deliver));
  } catch (...) {
    return nullptr;
  }
}

}  // namespace storelink::abi
