// The class storelink.Awaitable: what Python sees of an awaitable.
#include <Python.h>
#include <structmember.h>

#include <cstddef>

#include "awaitable.hpp"

namespace storelink::python {

namespace {

using State = AwaitableObject::State;

// A CancelledError, with the message if there is one.
Ref cancelled_error(AwaitableObject* self) {
  PyObject* type = asyncio_names().cancelled_error.get();
  return checked(PyObject_CallFunctionObjArgs(type, self->outcome, nullptr));
}

[[noreturn]] void raise_cancelled(AwaitableObject* self) {
  const Ref error = cancelled_error(self);
  PyErr_SetObject(asyncio_names().cancelled_error.get(), error.get());
  throw ErrorAlreadySet{};
}

// The exception, with the traceback that it came with: those of earlier raises do not pile up.
PyObject* retrieve_exception(AwaitableObject* self) {
  self->unretrieved = false;
  check(PyException_SetTraceback(self->outcome, self->traceback != nullptr ? self->traceback : Py_None));
  return self->outcome;
}

// A new reference to the result; throws the exception. Not for a pending one.
PyObject* outcome_of(AwaitableObject* self) {
  if (self->state == State::cancelled) raise_cancelled(self);
  if (self->state == State::finished) return Py_NewRef(self->outcome);
  PyObject* exception = retrieve_exception(self);
  PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
  throw ErrorAlreadySet{};
}

// The awaitable, after taking a completion that has arrived.
AwaitableObject* polled(PyObject* self) {
  poll(as_awaitable(self));
  return as_awaitable(self);
}

[[noreturn]] void raise_pending() {
  raise(asyncio_names().invalid_state_error.get(), "the operation has not finished yet");
}

void require_loop(AwaitableObject* self) {
  if (!bind_to_running_loop(self))
    raise(PyExc_RuntimeError,
          "no event loop is running in this thread, and this awaitable was made without one; await it in a "
          "coroutine");
}

// --- await

PyObject* await_self(PyObject* self) noexcept {
  return Py_NewRef(self);
}

PySendResult send(PyObject* object, PyObject*, PyObject** result) noexcept {
  *result = nullptr;
  return guarded(PYGEN_ERROR, [&] {
    AwaitableObject* self = polled(object);
    if (self->state == State::pending) require_loop(self);
    if (self->state != State::pending) {
      *result = outcome_of(self);
      return PYGEN_RETURN;
    }
    self->blocking = true;
    *result = Py_NewRef(object);
    return PYGEN_NEXT;
  });
}

PyObject* next(PyObject* self) noexcept {
  PyObject* result = nullptr;
  if (send(self, nullptr, &result) != PYGEN_RETURN) return result;
  const Ref value = Ref::steal(result);
  // Made here: a result that is a tuple would be taken for the exception's arguments.
  const Ref stop = Ref::steal(PyObject_CallFunctionObjArgs(PyExc_StopIteration, value.get(), nullptr));
  if (stop) PyErr_SetObject(PyExc_StopIteration, stop.get());
  return nullptr;
}

// --- what a Future has

PyObject* done(PyObject* object, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr),
                 [&] { return PyBool_FromLong(polled(object)->state != State::pending ? 1 : 0); });
}

PyObject* cancelled(PyObject* object, PyObject*) noexcept {
  return PyBool_FromLong(as_awaitable(object)->state == State::cancelled ? 1 : 0);
}

PyObject* result(PyObject* object, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    AwaitableObject* self = polled(object);
    if (self->state == State::pending) raise_pending();
    return outcome_of(self);
  });
}

PyObject* exception(PyObject* object, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    AwaitableObject* self = polled(object);
    switch (self->state) {
      case State::pending: raise_pending();
      case State::cancelled: raise_cancelled(self);
      case State::finished: return Py_NewRef(Py_None);
      case State::failed: return Py_NewRef(retrieve_exception(self));
    }
    return nullptr;
  });
}

PyObject* cancel(PyObject* object, PyObject* args, PyObject* kwargs) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    static const char* names[] = {"msg", nullptr};
    PyObject* message = Py_None;
    if (PyArg_ParseTupleAndKeywords(args, kwargs, "|O:cancel", const_cast<char**>(names), &message) == 0)
      throw ErrorAlreadySet{};
    AwaitableObject* self = polled(object);
    if (self->state != State::pending) return Py_NewRef(Py_False);
    if (std::exchange(self->cancelling, true)) return Py_NewRef(Py_True);
    if (message != Py_None) self->outcome = Py_NewRef(message);
    if (!self->ends_first) self->state = State::cancelled;
    // Null while the outcome is just being made.
    if (self->completion != nullptr && self->completion->cancel != nullptr)
      self->completion->cancel(self->completion->cancel_user);
    if (!self->ends_first) schedule_callbacks(self);
    return Py_NewRef(Py_True);
  });
}

PyObject* get_loop(PyObject* object, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    AwaitableObject* self = as_awaitable(object);
    require_loop(self);
    return Py_NewRef(self->loop);
  });
}

// add_done_callback(callback, *, context=None)
PyObject* add_done_callback(PyObject* object, PyObject* const* args, Py_ssize_t count,
                            PyObject* keywords) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    const Py_ssize_t named = keywords != nullptr ? PyTuple_Size(keywords) : 0;
    const bool has_context =
        named == 1 && PyUnicode_CompareWithASCIIString(PyTuple_GetItem(keywords, 0), "context") == 0;
    if (count != 1 || (named != 0 && !has_context))
      raise(PyExc_TypeError, "add_done_callback() takes a callback and the keyword argument 'context'");
    AwaitableObject* self = polled(object);
    require_loop(self);
    const Ref given = has_context ? Ref::borrow(args[1]) : Ref();
    AwaitableObject::Callback callback{Ref::borrow(args[0]), given};
    if (!given || given.is_none())
      callback.context = checked(PyObject_CallNoArgs(asyncio_names().copy_context.get()));
    self->callbacks.push_back(std::move(callback));
    if (self->state != State::pending) schedule_callbacks(self);
    return Py_NewRef(Py_None);
  });
}

// How many there were.
PyObject* remove_done_callback(PyObject* object, PyObject* function) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    AwaitableObject* self = as_awaitable(object);
    // Comparing may run Python code, which may add and remove callbacks.
    const auto before = std::exchange(self->callbacks, {});
    std::vector<AwaitableObject::Callback> kept;
    for (const AwaitableObject::Callback& callback : before) {
      const int same = PyObject_RichCompareBool(callback.function.get(), function, Py_EQ);
      check(same);
      if (same == 0) kept.push_back(callback);
    }
    const auto removed = static_cast<Py_ssize_t>(before.size() - kept.size());
    kept.insert(kept.end(), self->callbacks.begin(), self->callbacks.end());
    self->callbacks = std::move(kept);
    return PyLong_FromSsize_t(removed);
  });
}

// Not a Future's while it is unbound: ensure_future() then wraps it into a task, which binds it.
PyObject* get_blocking(PyObject* object, void*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    AwaitableObject* self = as_awaitable(object);
    if (!bind_to_running_loop(self)) return Py_NewRef(Py_None);
    return PyBool_FromLong(self->blocking ? 1 : 0);
  });
}

int set_blocking(PyObject* object, PyObject* value, void*) noexcept {
  const int truth = value != nullptr ? PyObject_IsTrue(value) : 0;
  if (truth >= 0) as_awaitable(object)->blocking = truth != 0;
  return truth < 0 ? -1 : 0;
}

// gather() asks for these two.
PyObject* make_cancelled_error(PyObject* self, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr),
                 [&] { return cancelled_error(as_awaitable(self)).release(); });
}

PyObject* get_cancel_message(PyObject* object, void*) noexcept {
  const AwaitableObject* self = as_awaitable(object);
  return Py_NewRef(self->state == State::cancelled && self->outcome != nullptr ? self->outcome : Py_None);
}

// Not the result: that may be a presigned URL, or an object's bytes.
PyObject* represent(PyObject* object) noexcept {
  const AwaitableObject* self = as_awaitable(object);
  switch (self->state) {
    case State::pending: return PyUnicode_FromString("<storelink.Awaitable pending>");
    case State::cancelled: return PyUnicode_FromString("<storelink.Awaitable cancelled>");
    case State::finished: return PyUnicode_FromString("<storelink.Awaitable finished>");
    case State::failed: return PyUnicode_FromFormat("<storelink.Awaitable exception=%R>", self->outcome);
  }
  return nullptr;
}

// --- the garbage collector

int traverse(PyObject* object, visitproc visit, void* arg) {
  const AwaitableObject* self = as_awaitable(object);
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(self->loop);
  Py_VISIT(self->outcome);
  Py_VISIT(self->traceback);
  for (const AwaitableObject::Callback& callback : self->callbacks) {
    Py_VISIT(callback.function.get());
    Py_VISIT(callback.context.get());
  }
  return 0;
}

int clear(PyObject* object) {
  AwaitableObject* self = as_awaitable(object);
  Py_CLEAR(self->loop);
  Py_CLEAR(self->outcome);
  Py_CLEAR(self->traceback);
  (void)std::exchange(self->callbacks, {});
  return 0;
}

// Called for garbage before clear(); otherwise by dealloc().
void finalize(PyObject* object) {
  report_unretrieved(as_awaitable(object));
}

// A pending completion holds a reference, so there is none here.
void dealloc(PyObject* object) {
  AwaitableObject* self = as_awaitable(object);
  PyObject_GC_UnTrack(object);
  if (self->weak_references != nullptr) PyObject_ClearWeakRefs(object);
  report_unretrieved(self);
  clear(object);
  std::destroy_at(&self->callbacks);
  PyTypeObject* type = Py_TYPE(object);
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

}  // namespace

namespace {

PyTypeObject* make_awaitable_type() {
  static PyMethodDef methods[] = {
      {"add_done_callback", method(add_done_callback), METH_FASTCALL | METH_KEYWORDS,
       "add_done_callback($self, callback, /, *, context=None)\n--\n\n"
       "Have the loop call callback(self) when this is done."},
      {"remove_done_callback", remove_done_callback, METH_O,
       "remove_done_callback($self, callback, /)\n--\n\nRemove a callback; return how often it was there."},
      {"cancel", method(cancel), METH_VARARGS | METH_KEYWORDS,
       "cancel($self, msg=None)\n--\n\nCancel the operation. False if it is done."},
      {"done", done, METH_NOARGS, "done($self)\n--\n\nWhether there is an outcome."},
      {"cancelled", cancelled, METH_NOARGS, "cancelled($self)\n--\n\nWhether this was cancelled."},
      {"result", result, METH_NOARGS, "result($self)\n--\n\nThe result, or raises the exception."},
      {"exception", exception, METH_NOARGS, "exception($self)\n--\n\nThe exception, or None."},
      {"get_loop", get_loop, METH_NOARGS, "get_loop($self)\n--\n\nThe event loop this belongs to."},
      {"_make_cancelled_error", make_cancelled_error, METH_NOARGS, nullptr},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef properties[] = {
      {"_asyncio_future_blocking", get_blocking, set_blocking, nullptr, nullptr},
      {"_cancel_message", get_cancel_message, nullptr, nullptr, nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  static PyMemberDef members[] = {
      {"__weaklistoffset__", T_PYSSIZET, offsetof(AwaitableObject, weak_references), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr}};
  static PyType_Slot slots[] = {
      {Py_tp_doc, const_cast<char*>("The outcome of an operation that runs in C++; behaves like an "
                                    "asyncio.Future.")},
      {Py_tp_dealloc, slot(dealloc)},
      {Py_tp_finalize, slot(finalize)},
      {Py_tp_traverse, slot(traverse)},
      {Py_tp_clear, slot(clear)},
      {Py_tp_repr, slot(represent)},
      {Py_am_await, slot(await_self)},
      {Py_am_send, slot(send)},
      {Py_tp_iter, slot(await_self)},  // for `yield from`, which ensure_future() uses
      {Py_tp_iternext, slot(next)},
      {Py_tp_methods, methods},
      {Py_tp_getset, properties},
      {Py_tp_members, members},
      {0, nullptr}};
  static PyType_Spec spec = {
      "storelink.Awaitable", sizeof(AwaitableObject), 0,
      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_DISALLOW_INSTANTIATION,
      slots};
  return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
}

}  // namespace

void cancel_at_the_end(PyObject* object) {
  if (PyObject_TypeCheck(object, awaitable_type()) != 0) as_awaitable(object)->ends_first = true;
}

PyTypeObject* awaitable_type() {
  static PyTypeObject* const type = make_awaitable_type();
  return type;
}

}  // namespace storelink::python
