#include "event_loop_thread.hpp"

#include <mutex>
#include <optional>
#include <stop_token>

#include "base/blocking.hpp"
#include "embedded.hpp"
#include "errors_from_python.hpp"

namespace storelink::python {

namespace {

constinit EmbeddedModule event_loop("event_loop",
#include "event_loop.py.inc"
);

// One call on the loop. Shared by the awaiting coroutine, the callback and a stop request under way.
class LoopCall : public std::enable_shared_from_this<LoopCall> {
 public:
  LoopCall(Executor& executor, SharedRef function, CallValues values)
      : executor_(executor), function_(std::move(function)), values_(std::move(values)) {}

  // Where blocking is allowed. The waiter is resumed on the executor, perhaps before this returns.
  void start(std::coroutine_handle<> waiter) noexcept {
    waiter_ = waiter;
    try {
      submit();
    } catch (...) {
      failure_ = std::current_exception();
      resume();
    }
  }

  // On any thread, which must not wait for the GIL.
  void cancel() {
    thread_pool().post([self = shared_from_this()] { self->cancel_now(); });
  }

  // The result of what was awaited.
  SharedRef take() {
    if (failure_) std::rethrow_exception(failure_);
    return std::move(result_);
  }

 private:
  void submit() {
    const EnteredPython entered;
    if (!entered) throw Error(ErrorKind::cancelled, "the interpreter is ending");
    try {
      const Ref no_keywords = values_.kwargs ? Ref() : checked(PyDict_New());
      const Ref future =
          checked(PyObject_CallFunctionObjArgs(event_loop.get("start"), function_.get(), values_.args.get(),
                                               values_.kwargs ? values_.kwargs.get() : no_keywords.get(),
                                               values_.loop ? values_.loop.get() : Py_None, nullptr));
      const SharedRef shared = share(future.get());
      {
        const std::lock_guard lock(mutex_);
        future_ = shared;
      }
      const Ref callback = make_callback();
      (void)checked(PyObject_CallMethod(future.get(), "add_done_callback", "O", callback.get()));
    } catch (const ErrorAlreadySet&) {
      throw_python_error();
    }
    bool stopped = false;
    {
      const std::lock_guard lock(mutex_);
      stopped = stopped_;
    }
    if (stopped) cancel();
  }

  Ref make_callback() {
    static PyMethodDef definition = {"storelink_done", &LoopCall::done, METH_O, nullptr};
    auto* keep = new std::shared_ptr<LoopCall>(shared_from_this());
    const Ref capsule = Ref::steal(PyCapsule_New(keep, nullptr, [](PyObject* dropped) {
      delete static_cast<std::shared_ptr<LoopCall>*>(PyCapsule_GetPointer(dropped, nullptr));
    }));
    if (!capsule) {
      delete keep;
      throw ErrorAlreadySet{};
    }
    return checked(PyCFunction_NewEx(&definition, capsule.get(), nullptr));
  }

  // Called once, by the future, with the GIL.
  static PyObject* done(PyObject* capsule, PyObject* future) noexcept {
    const auto self = *static_cast<std::shared_ptr<LoopCall>*>(PyCapsule_GetPointer(capsule, nullptr));
    try {
      self->keep_outcome(future);
    } catch (...) {
      self->failure_ = std::current_exception();
    }
    self->resume();
    return Py_NewRef(Py_None);
  }

  void keep_outcome(PyObject* future) {
    try {
      // (result, exception), or CancelledError
      const Ref outcome = checked(PyObject_CallMethod(future, "result", nullptr));
      PyObject* raised = PyTuple_GetItem(outcome.get(), 1);
      if (raised == nullptr) throw ErrorAlreadySet{};
      if (raised != Py_None) throw error_from_python(raised);
      result_ = share(PyTuple_GetItem(outcome.get(), 0));
    } catch (const ErrorAlreadySet&) {
      const TakenError taken;
      throw error_from_python(taken.value());
    }
  }

  void resume() {
    {
      // The future keeps its callbacks, and they keep this.
      const std::lock_guard lock(mutex_);
      future_.reset();
    }
    executor_.post([waiter = waiter_] { waiter.resume(); });
  }

  void cancel_now() noexcept {
    SharedRef future;
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
      future = future_;
    }
    const EnteredPython entered;
    if (!entered || !future) return;
    const Ref cancelled = Ref::steal(PyObject_CallMethod(future.get(), "cancel", nullptr));
    if (!cancelled) PyErr_Clear();
  }

  Executor& executor_;
  const SharedRef function_;
  const CallValues values_;
  std::coroutine_handle<> waiter_;
  SharedRef result_;
  std::exception_ptr failure_;
  std::mutex mutex_;  // guards what follows
  SharedRef future_;
  bool stopped_ = false;
};

class LoopAwaiter {
 public:
  LoopAwaiter(Context& context, std::shared_ptr<LoopCall> call) : context_(context), call_(std::move(call)) {}
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller) {
    const auto call = call_;  // this object may be gone before start() has returned
    on_stop_.emplace(context_.stop_token(), Stop{call.get()});
    call->start(caller);
  }
  void await_resume() { on_stop_.reset(); }

 private:
  struct Stop {
    LoopCall* call;
    void operator()() const { call->cancel(); }
  };
  Context& context_;
  std::shared_ptr<LoopCall> call_;
  std::optional<std::stop_callback<Stop>> on_stop_;
};

bool holds_gil() noexcept {
  const EnteredPython entered;
  return entered.had_gil();
}

}  // namespace

Ref run_awaitable(PyObject* awaitable) {
  return checked(PyObject_CallFunctionObjArgs(event_loop.get("run"), awaitable, nullptr));
}

Task<SharedRef> await_on_loop(SharedRef function, CallValues values) {
  Context& context = *co_await current_context();
  context.check();
  if (context.may_block() && holds_gil()) {
    // The loop's thread needs it.
    const Interrupt ask = [&context] {
      try {
        context.check();
        return false;
      } catch (const Error&) {
        return true;
      }
    };
    Task<SharedRef> inner = await_on_loop(std::move(function), std::move(values));
    const GilReleased released;
    co_return drive(std::move(inner), &ask);
  }
  const auto call = std::make_shared<LoopCall>(context.executor(), std::move(function), std::move(values));
  LoopAwaiter awaiter(context, call);
  if (!context.may_block()) co_await HopTo(thread_pool());  // to where waiting for the GIL holds nobody up
  co_await awaiter;
  context.check();  // an interrupt of the caller's own comes first
  co_return call->take();
}

}  // namespace storelink::python
