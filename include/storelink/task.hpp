// Task<T>: a lazy coroutine, and Context: where and how an operation runs.
//
// A Task does nothing until it is awaited, started or driven. It runs on the thread that starts it and,
// after every wait, on its context's executor; so a task is never on two threads at once, and code after a
// `co_await` may use what code before it used. Exceptions pass through awaits unchanged.
//
// The context is inherited: whoever starts the outermost task chooses it, and every task awaited below
// sees the same one. It carries the executor, the stop token and whether blocking system calls may be
// made in place. It must outlive the task.
//
// Rules for authors of coroutines: take parameters by value (or pointers to what outlives the task), give
// every option struct a constructor, hold no lock across `co_await`, capture nothing in coroutine lambdas,
// and put no "&&" or "||" into the condition of a while loop that awaits (GCC 12 loses the task's result).
//
// GCC makes no tail call for coroutine resumption at low optimisation levels, so nothing here relies on
// symmetric transfer: an await whose task has finished already continues without any nested call, which
// keeps the stack constant in a loop over ready tasks.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <vector>

#include "storelink/detail/stop.hpp"
#include "storelink/error.hpp"

namespace storelink {

class EventLoop;

namespace detail {
[[noreturn]] inline void throw_cancelled() {
  throw_error(ErrorKind::cancelled, {"the operation was cancelled"});
}
}  // namespace detail

// Runs work later, on threads of its own. Thread-safe. Work must not throw.
class Executor {
 public:
  virtual ~Executor() = default;
  virtual void post(std::function<void()> work) = 0;  // never runs `work` inside this call
};

// For application code and blocking system calls: at most 32 threads, made when needed, that block every
// signal. An author's coroutine starts and continues here.
Executor& thread_pool();

class Context {
 public:
  virtual ~Context() = default;
  // Where continuations resume.
  virtual Executor& executor() = 0;
  // The I/O loop that belongs to the running thread, or null: I/O then goes to a background loop.
  virtual EventLoop* event_loop() noexcept { return nullptr; }
  // True where blocking system calls may be made in place because the thread is the caller's own.
  virtual bool may_block() const noexcept { return false; }
  // True unless other tasks of this context run beside this one, which a wait on this thread would hold up.
  virtual bool is_alone() const noexcept { return true; }
  virtual std::stop_token stop_token() const noexcept { return {}; }
  // Throws Error(cancelled) once the operation has been stopped. Long synchronous work calls it at
  // least every 100 ms; a blocking call polls its caller's interrupt hook here.
  virtual void check() {
    if (stop_token().stop_requested()) detail::throw_cancelled();
  }
  // An HTTP request is sent again. For whoever counts.
  virtual void note_retry() noexcept {}
};

// The context of work on an executor that can be stopped.
class ExecutorContext : public Context {
 public:
  ExecutorContext(Executor& executor, EventLoop* loop, bool may_block, std::stop_token token) noexcept
      : executor_(executor), loop_(loop), may_block_(may_block), token_(std::move(token)) {}
  Executor& executor() override { return executor_; }
  EventLoop* event_loop() noexcept override { return loop_; }
  bool may_block() const noexcept override { return may_block_; }
  std::stop_token stop_token() const noexcept override { return token_; }

 private:
  Executor& executor_;
  EventLoop* loop_;
  bool may_block_;
  std::stop_token token_;
};

template <class T = void>
class Task;

namespace detail {

// Where the library's own asynchronous work continues: the background loop, or the runtime's executor.
Executor& background_executor();

struct PromiseBase {
  Context* context = nullptr;
  std::coroutine_handle<> continuation;
  void (*done)(void*) noexcept = nullptr;  // a started (outermost) task calls this instead of a continuation
  void* done_argument = nullptr;
  // Set once by the awaiting side when it has suspended and once by this task when it has finished:
  // whoever comes second continues the awaiting coroutine.
  std::atomic<bool> handed_over{false};

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
      handle.promise().hand_over();
    }
    void await_resume() const noexcept {}
  };

  void hand_over() noexcept {
    if (done != nullptr) {
      done(done_argument);  // may destroy this frame
    } else if (handed_over.exchange(true, std::memory_order_acq_rel)) {
      continuation.resume();  // may destroy this frame
    }
  }

  std::exception_ptr failure;

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() noexcept { failure = std::current_exception(); }
  void rethrow() const {
    if (failure) std::rethrow_exception(failure);
  }
};

template <class T>
struct Promise : PromiseBase {
  std::optional<T> value;
  Task<T> get_return_object() noexcept;
  template <class U = T>
  void return_value(U&& result) {
    value.emplace(std::forward<U>(result));
  }
  T take() {
    rethrow();
    return std::move(*value);
  }
};

template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const { rethrow(); }
};

}  // namespace detail

template <class T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;
  using value_type = T;

  Task() noexcept = default;
  explicit Task(std::coroutine_handle<promise_type> handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      reset();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { reset(); }

  explicit operator bool() const noexcept { return handle_ != nullptr; }

  // Starts the task as an outermost one. `done(argument)` is called exactly once, when result() may be
  // taken, perhaps before start() returns, on the thread where the task ended; it may destroy the Task.
  void start(Context& context, void (*done)(void*) noexcept, void* argument) {
    handle_.promise().context = &context;
    handle_.promise().done = done;
    handle_.promise().done_argument = argument;
    handle_.resume();
  }

  // The value, or throws the task's exception. Once, after the task has finished.
  T result() { return handle_.promise().take(); }
  // The same without moving or throwing: the exception, or null, and then the value where it lies.
  const std::exception_ptr& failure() const noexcept { return handle_.promise().failure; }
  std::add_lvalue_reference_t<T> value() noexcept { return *handle_.promise().value; }

  struct Awaiter {
    explicit Awaiter(std::coroutine_handle<promise_type> task) noexcept : task_(task) {}
    bool await_ready() const noexcept { return false; }
    template <class Caller>
    bool await_suspend(std::coroutine_handle<Caller> caller) {
      promise_type& promise = task_.promise();
      promise.context = caller.promise().context;
      promise.continuation = caller;
      task_.resume();
      // False (go on at once) when the task has finished inside resume().
      return !promise.handed_over.exchange(true, std::memory_order_acq_rel);
    }
    T await_resume() { return task_.promise().take(); }

   private:
    std::coroutine_handle<promise_type> task_;
  };
  Awaiter operator co_await() const noexcept { return Awaiter(handle_); }

 private:
  void reset() noexcept {
    if (handle_) std::exchange(handle_, nullptr).destroy();
  }
  std::coroutine_handle<promise_type> handle_;
};

template <class T>
Task<T> detail::Promise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// `Context& context = *co_await current_context();`
struct CurrentContext {
  Context* context = nullptr;
  CurrentContext() noexcept {}
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> caller) noexcept {
    context = caller.promise().context;
    return false;
  }
  Context* await_resume() const noexcept { return context; }
};
inline CurrentContext current_context() noexcept {
  return {};
}

// Asked by a blocking call at least every 100 ms, on the calling thread, with no lock held; true cancels
// the call, which then throws Error(cancelled).
using Interrupt = std::function<bool()>;

// The hook that blocking calls use which were given none. Empty by default. Call it once at start-up.
void set_default_interrupt(Interrupt interrupt);

namespace detail {

// This module's own; null when there is none. A pointer, which needs no code when the module is loaded.
[[gnu::visibility("hidden")]] inline const Interrupt* default_interrupt = nullptr;

// The context of one blocking call: borrows an event loop from a process-wide free list when the first
// wait needs one, and gives it back, empty, at the end.
class BlockingRun {
 public:
  // `stop` is a way to cancel the call from any thread.
  explicit BlockingRun(const Interrupt* interrupt, LazyStopSource* stop = nullptr);
  ~BlockingRun();
  BlockingRun(const BlockingRun&) = delete;
  BlockingRun& operator=(const BlockingRun&) = delete;
  Context& context() noexcept;
  void wait(const bool& finished);

 private:
  class Impl;
  // In place: a call on a MemoryStore allocates nothing for its context.
  alignas(std::max_align_t) unsigned char storage_[256];
  Impl* impl_;
};

}  // namespace detail

// Runs a task to its end on the calling thread and returns its result or throws its exception. When the
// interrupt hook fires, the task is cancelled, its end is awaited and Error(cancelled) is thrown.
template <class T>
T drive(Task<T> task, const Interrupt* interrupt = nullptr) {
  bool finished = false;
  detail::BlockingRun run(interrupt != nullptr ? interrupt : detail::default_interrupt);
  task.start(run.context(), [](void* flag) noexcept { *static_cast<bool*>(flag) = true; }, &finished);
  if (!finished) run.wait(finished);
  return task.result();
}

// Runs body(0) … body(count - 1), at most `limit` at a time (0 = all), and ends when all have ended. The
// first failure stops the others through their stop token, starts no further ones, and is thrown.
Task<void> for_each_concurrent(std::size_t count, std::size_t limit,
                               std::function<Task<void>(std::size_t)> body);

}  // namespace storelink

#include "storelink/detail/blocking_context.hpp"  // IWYU pragma: export
#include "storelink/detail/concurrent.hpp"        // IWYU pragma: export
