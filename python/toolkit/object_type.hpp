// Classes whose objects hold one C++ value: what they all do alike.
#pragma once

#include <new>

#include "support.hpp"

namespace storelink::python {

// The layout of an object that holds a T.
template <class T>
struct Holder {
  PyObject ob_base;  // what PyObject_HEAD stands for
  T value;

  static T& of(PyObject* self) noexcept { return reinterpret_cast<Holder*>(self)->value; }

  static Ref make(PyTypeObject* type, T value) {
    const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
    Ref made = checked(alloc(type, 0));
    new (&of(made.get())) T(std::move(value));
    return made;
  }

  static void dealloc(PyObject* self) {
    PyTypeObject* type = Py_TYPE(self);
    std::destroy_at(&of(self));
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(reinterpret_cast<PyObject*>(type));
  }
};

// A class without a constructor. `slots` and what they point to live as long as the class.
template <class T>
PyTypeObject* make_holder_type(const char* full_name, PyType_Slot* slots) {
  PyType_Spec spec = {full_name, sizeof(Holder<T>), 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                      slots};
  return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
}

}  // namespace storelink::python
