// The toolkit's functions in the runtime way: those of the installed package, through its table.
#pragma once

#ifndef STORELINK_RUNTIME
#error "for code that is compiled with STORELINK_RUNTIME; storelink_add_module(<name> <source>...) defines it"
#endif

#include "storelink/python/capi.h"
#include "storelink/python/toolkit.hpp"
#include "storelink/runtime.hpp"

namespace storelink::python {

inline PyObject* register_store_module(PyObject* parent, const char* package, const char* name,
                                       const RegisterOptions& options) {
  const sl_python* python = sl_python_load();
  if (python == nullptr) return nullptr;
  use_runtime(python->runtime);
  set_default_interrupt([] { return sl_python_load()->interrupted() != 0; });
  const sl_register_options given{sizeof(sl_register_options), options.warn_on_recreate ? 1 : 0,
                                  options.accept_python_stores ? 1 : 0, 0};
  return python->register_store_module(parent, package, name, &given, &sl_registered);
}

inline PyObject* register_exceptions_module(PyObject* parent, const char* package, const char* name) {
  const sl_python* python = sl_python_load();
  return python != nullptr ? python->register_exceptions_module(parent, package, name) : nullptr;
}

// Sets the Python exception for `failure`, or a SystemError where it has none.
inline void set_any_exception(const std::exception_ptr& failure) noexcept {
  if (!set_python_exception(failure))
    PyErr_SetString(PyExc_SystemError, "storelink: an unknown C++ exception");
}

inline std::shared_ptr<ObjectStore> store_from_python(PyObject* object, Accept accept) noexcept {
  const sl_store* store = sl_store_from_python(object, static_cast<std::int32_t>(accept));
  if (store == nullptr) return nullptr;
  std::shared_ptr<ObjectStore> imported;
  try {
    imported = import_store(store);
  } catch (...) {
    set_any_exception(std::current_exception());
  }
  store->release(store);
  return imported;
}

inline PyObject* store_to_python(std::shared_ptr<ObjectStore> store) noexcept {
  const sl_python* python = sl_python_load();
  if (python == nullptr) return nullptr;
  if (store == nullptr) {
    Py_INCREF(Py_None);
    return Py_None;
  }
  try {
    const sl_store* exported = export_store(std::move(store));
    PyObject* object = python->store_to_python(exported, sl_registered);
    exported->release(exported);
    return object;
  } catch (...) {
    set_any_exception(std::current_exception());
    return nullptr;
  }
}

inline bool is_not_a_store_error() noexcept {
  const sl_python* python = sl_python_load();
  return python != nullptr && python->is_not_a_store_error() != 0;
}

inline bool set_python_exception(const std::exception_ptr& failure) noexcept {
  if (PyErr_Occurred() != nullptr) return true;
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    if (const sl_python* python = sl_python_load()) {
      const sl_error out = abi::borrow(error);
      python->raise(&out);
    }
    return true;
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace storelink::python
