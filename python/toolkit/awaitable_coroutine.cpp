// Awaitables that are coroutines, too: what an asynchronous method of a store returns.
//
// asyncio.create_task() and TaskGroup.create_task() take coroutines only, asyncio.wait() takes anything but
// coroutines. Python's own `async def` methods give the former, so methods of stores do, and functions give
// plain awaitables.
#include <Python.h>

#include "awaitable.hpp"

namespace storelink::python {

namespace {

PyObject* send(PyObject* self, PyObject* value) noexcept {
  PyObject* result = nullptr;
  if (PyIter_Send(self, value, &result) != PYGEN_RETURN) return result;
  const Ref returned = Ref::steal(result);
  // Made here: a result that is a tuple would be taken for the exception's arguments.
  const Ref stop = Ref::steal(PyObject_CallFunctionObjArgs(PyExc_StopIteration, returned.get(), nullptr));
  if (stop) PyErr_SetObject(PyExc_StopIteration, stop.get());
  return nullptr;
}

// There is no frame that could catch it.
PyObject* raise_thrown(PyObject*, PyObject* args) noexcept {
  PyObject* type = nullptr;
  PyObject* value = nullptr;
  PyObject* traceback = nullptr;
  if (PyArg_UnpackTuple(args, "throw", 1, 3, &type, &value, &traceback) == 0) return nullptr;
  if (PyExceptionInstance_Check(type))
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(type)), type);
  else
    PyErr_SetObject(type, value);
  return nullptr;
}

PyObject* close(PyObject* self, PyObject*) noexcept {
  const Ref cancelled = Ref::steal(PyObject_CallMethod(self, "cancel", nullptr));
  return cancelled ? Py_NewRef(Py_None) : nullptr;
}

PyTypeObject* coroutine_type() {
  static PyTypeObject* const type = [] {
    static PyMethodDef methods[] = {
        {"send", send, METH_O, "send($self, value, /)\n--\n\nAs a coroutine's."},
        {"throw", raise_thrown, METH_VARARGS,
         "throw($self, type, value=None, traceback=None, /)\n--\n\nAs a coroutine's."},
        {"close", close, METH_NOARGS, "close($self)\n--\n\nCancel the operation if it is not done."},
        {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_doc,
         const_cast<char*>("An Awaitable that create_task() and TaskGroup take, as they take coroutines.")},
        {Py_tp_methods, methods},
        {0, nullptr}};
    static PyType_Spec spec = {"storelink.CoroutineAwaitable", sizeof(AwaitableObject), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    const Ref bases = checked(PyTuple_Pack(1, reinterpret_cast<PyObject*>(awaitable_type())));
    return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpecWithBases(&spec, bases.get())).release());
  }();
  return type;
}

}  // namespace

void make_coroutine(PyObject* object) {
  if (Py_TYPE(object) == awaitable_type())
    check(PyObject_SetAttrString(object, "__class__", reinterpret_cast<PyObject*>(coroutine_type())));
}

}  // namespace storelink::python
