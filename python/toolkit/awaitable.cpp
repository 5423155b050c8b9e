// The life of an awaitable: made, bound to a loop, completed, its callbacks called.
#include "awaitable.hpp"

#include <new>

#include "interpreter.hpp"
#include "loop_queue.hpp"

namespace storelink::python {

namespace {

using State = AwaitableObject::State;
using Stage = sl_completion::Stage;

// Pending and unbound.
Ref make_awaitable() {
  static const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(awaitable_type(), Py_tp_alloc));
  Ref made = checked(alloc(awaitable_type(), 0));
  new (&as_awaitable(made.get())->callbacks) std::vector<AwaitableObject::Callback>();
  return made;
}

// Makes the Python exception that is set the outcome.
void fail(AwaitableObject* self) noexcept {
  if (PyErr_Occurred() == nullptr)
    PyErr_SetString(PyExc_SystemError, "storelink: an operation failed without an exception");
  if (PyErr_ExceptionMatches(PyExc_StopIteration) != 0) {
    // An await would take it for a result.
    const TakenError taken;
    set_with_cause(PyExc_RuntimeError, "the operation raised StopIteration", taken.value());
  }
  const TakenError taken;
  self->outcome = Py_XNewRef(taken.value());
  self->traceback = PyException_GetTraceback(self->outcome);
  self->state = State::failed;
  self->unretrieved = true;
}

// Calls `convert` and keeps the outcome, unless the awaitable is cancelled. Wakes nobody.
void take_outcome(AwaitableObject* self) noexcept {
  const sl_completion* completion = std::exchange(self->completion, nullptr);
  PyObject* result = completion->convert(completion->convert_user);
  if (self->cancelling) self->state = State::cancelled;
  if (self->state == State::cancelled) {
    PyErr_Clear();
    Py_XDECREF(result);
  } else if (result != nullptr) {
    self->outcome = result;
    self->state = State::finished;
  } else {
    fail(self);
  }
}

// loop.call_exception_handler() with the exception and the awaitable in its context.
void call_exception_handler(PyObject* loop, const char* message, PyObject* exception, PyObject* awaitable) {
  const Ref context = checked(PyDict_New());
  check(PyDict_SetItemString(context.get(), "message", from_utf8(message).get()));
  check(PyDict_SetItemString(context.get(), "exception", exception));
  check(PyDict_SetItemString(context.get(), "future", awaitable));
  (void)checked(PyObject_CallMethod(loop, "call_exception_handler", "O", context.get()));
}

void call_soon(AwaitableObject* self, const AwaitableObject::Callback& callback) {
  const AsyncioNames& names = asyncio_names();
  const Ref method = checked(PyObject_GetAttr(self->loop, names.call_soon.get()));
  const Ref arguments = checked(PyTuple_Pack(2, callback.function.get(), self->object()));
  const Ref keywords = checked(PyDict_New());
  check(PyDict_SetItem(keywords.get(), names.context.get(), callback.context.get()));
  (void)checked(PyObject_Call(method.get(), arguments.get(), keywords.get()));
}

// Calls the callbacks here and now, on top of the loop. An exception that has to end the loop is left set,
// and thrown; what remains is called soon.
void run_callbacks(AwaitableObject* self) {
  const AsyncioNames& names = asyncio_names();
  const auto callbacks = std::exchange(self->callbacks, {});
  for (std::size_t i = 0; i < callbacks.size(); ++i) {
    const Ref done = Ref::steal(PyObject_CallMethodObjArgs(
        callbacks[i].context.get(), names.run.get(), callbacks[i].function.get(), self->object(), nullptr));
    if (done) continue;
    TakenError taken;
    if (taken.matches(PyExc_KeyboardInterrupt) || taken.matches(PyExc_SystemExit)) {
      while (++i < callbacks.size()) call_soon(self, callbacks[i]);
      taken.restore_and_throw();
    }
    call_exception_handler(self->loop, "Exception in a callback of an awaitable", taken.value(),
                           self->object());
  }
}

// Frees the completion; gives what was its reference to the awaitable, which has its outcome now.
Ref take_awaitable(sl_completion* completion) noexcept {
  const std::unique_ptr<sl_completion> freed(completion);
  Ref awaitable = Ref::steal(completion->awaitable);
  if (as_awaitable(awaitable.get())->completion == completion) take_outcome(as_awaitable(awaitable.get()));
  return awaitable;
}

}  // namespace

const AsyncioNames& asyncio_names() {
  static const auto* const names = [] {
    const auto string = [](const char* text) { return checked(PyUnicode_InternFromString(text)); };
    return new AsyncioNames{import_attribute("asyncio", "_get_running_loop"),
                            import_attribute("contextvars", "copy_context"),
                            import_attribute("asyncio", "CancelledError"),
                            import_attribute("asyncio", "InvalidStateError"),
                            string("run"),
                            string("call_soon"),
                            string("context")};
  }();
  return *names;
}

bool bind_to_running_loop(AwaitableObject* self) {
  if (self->loop != nullptr) return true;
  const Ref loop = checked(PyObject_CallNoArgs(asyncio_names().get_running_loop.get()));
  if (loop.is_none()) return false;
  if (self->completion != nullptr) {
    auto queue = LoopQueue::of(loop.get());
    // Looked at only now: Python code has run, and another thread may have settled or bound it.
    sl_completion* completion = self->completion;
    if (completion != nullptr && completion->stage.load(std::memory_order_acquire) == Stage::unbound) {
      completion->queue = std::move(queue);
      Stage expected = Stage::unbound;  // or complete, since just now
      completion->stage.compare_exchange_strong(expected, Stage::bound, std::memory_order_acq_rel);
    }
  }
  if (self->loop == nullptr) self->loop = Py_NewRef(loop.get());
  poll(self);
  return true;
}

void poll(AwaitableObject* self) {
  const sl_completion* completion = self->completion;
  if (completion == nullptr || completion->stage.load(std::memory_order_acquire) != Stage::complete) return;
  take_outcome(self);
  schedule_callbacks(self);
}

void schedule_callbacks(AwaitableObject* self) {
  const auto callbacks = std::exchange(self->callbacks, {});
  for (const AwaitableObject::Callback& callback : callbacks) call_soon(self, callback);
}

void report_unretrieved(AwaitableObject* self) noexcept {
  if (!std::exchange(self->unretrieved, false)) return;
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  const int reported = guarded<>(-1, [self] {
    // The awaitable may be going away: the handler gets another one like it.
    const Ref shown = make_awaitable();
    AwaitableObject* copy = as_awaitable(shown.get());
    copy->state = self->state;
    copy->outcome = Py_XNewRef(self->outcome);
    copy->loop = Py_XNewRef(self->loop);
    if (bind_to_running_loop(copy)) {
      call_exception_handler(copy->loop, "Awaitable exception was never retrieved", self->outcome,
                             shown.get());
      return 0;
    }
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(self->outcome)), self->outcome);
    return -1;
  });
  if (reported < 0) PyErr_WriteUnraisable(reinterpret_cast<PyObject*>(Py_TYPE(self->object())));
  PyErr_Restore(type, value, traceback);
}

bool settle(sl_completion* completion) noexcept {
  const Ref awaitable = take_awaitable(completion);
  AwaitableObject* self = as_awaitable(awaitable.get());
  if (self->callbacks.empty()) return true;
  return guarded<>(false, [self] {
    run_callbacks(self);
    return true;
  });
}

void settle_orphan(sl_completion* completion) noexcept {
  const Ref awaitable = take_awaitable(completion);
  as_awaitable(awaitable.get())->callbacks.clear();
}

}  // namespace storelink::python

namespace python = storelink::python;

extern "C" PyObject* sl_awaitable_new(void (*cancel)(void* user), void* user, sl_completion** completion) {
  return python::guarded(static_cast<PyObject*>(nullptr), [&] {
    python::watch_interpreter_exit();
    python::settle_orphans();
    auto fresh = std::make_unique<sl_completion>();
    python::Ref awaitable = python::make_awaitable();
    python::AwaitableObject* self = python::as_awaitable(awaitable.get());
    fresh->cancel = cancel;
    fresh->cancel_user = user;
    self->completion = fresh.get();
    python::bind_to_running_loop(self);
    fresh->awaitable = Py_NewRef(awaitable.get());
    *completion = fresh.release();
    return awaitable.release();
  });
}

extern "C" PyObject* sl_awaitable_done(PyObject* result) {
  return python::guarded(static_cast<PyObject*>(nullptr), [result] {
    python::Ref taken = python::Ref::steal(result);
    python::TakenError failure;
    python::Ref awaitable = python::make_awaitable();
    python::AwaitableObject* self = python::as_awaitable(awaitable.get());
    if (taken) {
      self->outcome = taken.release();
      self->state = python::State::finished;
    } else {
      failure.restore();
      python::fail(self);
    }
    return awaitable.release();
  });
}
