// The toolkit for pybind11 extensions.
//
//   #include <storelink/python/pybind11.hpp>
//
//   PYBIND11_MODULE(_my_ext, m) {
//     storelink::register_store_module(m, "my_ext", "store");
//     storelink::register_exceptions_module(m, "my_ext", "exceptions");
//     m.def("size", [](const storelink::AnyObjectStore& store, std::string path) {
//       auto dyn = store.into_dyn();
//       py::gil_scoped_release release;
//       return dyn->head(std::move(path)).size;
//     });
//   }
//
// The rules are those of storelink/python/nanobind.hpp: call into_dyn() in every function, and release the
// GIL before blocking verbs. Functions for asyncio are written as there, too.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "storelink/python/awaitable.hpp"
#include "storelink/python/toolkit.hpp"

#ifndef STORELINK_STORE_MODULE
#define STORELINK_STORE_MODULE "storelink.store"
#endif

namespace storelink {
namespace detail {

inline void translate_exceptions() {
  static const bool once = [] {
    // Of this module only: another extension's Error is of the same type, and has its own exceptions.
    pybind11::register_local_exception_translator([](std::exception_ptr failure) {
      if (failure && !python::set_python_exception(failure)) std::rethrow_exception(failure);
    });
    return true;
  }();
  (void)once;
}

template <class Parameter>
bool convert_store(pybind11::handle source, bool convert, python::Accept accept, Parameter& value) noexcept {
  return python::convert_store(source.ptr(), accept, !convert, value,
                               [] { return std::make_exception_ptr(pybind11::error_already_set()); });
}

struct Cast {
  PyObject* operator()() const { return pybind11::none().release().ptr(); }
  template <class T>
  PyObject* operator()(T&& value) const {
    return pybind11::cast(std::forward<T>(value)).release().ptr();
  }
};

inline bool translate_python_error(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (pybind11::error_already_set& error) {
    error.restore();
    return true;
  } catch (...) {
    return false;
  }
}

// What Python raised, as pybind11 passes it on from PYBIND11_MODULE: the text of an ImportError (a runtime
// that is missing or too old) would otherwise be hidden behind one of its own.
[[noreturn]] inline void throw_registration_error() {
  const bool import_error = PyErr_ExceptionMatches(PyExc_ImportError) != 0;
  const pybind11::error_already_set error;
  if (!import_error) throw error;
  throw pybind11::import_error(std::string(pybind11::str(error.value())));
}

}  // namespace detail

// What into_awaitable() returns, "collections.abc.Awaitable[int]" in signatures. It is a py::object.
template <class T>
class Awaitable : public pybind11::object {
  PYBIND11_OBJECT_DEFAULT(Awaitable, pybind11::object, PyObject_Type)
  using pybind11::object::object;
};

// Starts the task, on the thread pool unless `start` says otherwise, and returns an awaitable for its result,
// which is cast as that of a function returning T. See python::into_awaitable(). Throws what Python raised.
template <class T>
Awaitable<T> into_awaitable(Task<T> task, python::Start start = python::Start::on_executor) {
  PyObject* made =
      python::into_awaitable(std::move(task), detail::Cast(), start, &detail::translate_python_error);
  if (made == nullptr) throw pybind11::error_already_set();
  return pybind11::reinterpret_steal<Awaitable<T>>(made);
}

// See python::register_store_module(). Throws what Python raised.
inline pybind11::module_ register_store_module(pybind11::module_& module, const char* package,
                                               const char* name,
                                               const RegisterOptions& options = RegisterOptions{}) {
  detail::translate_exceptions();
  PyObject* made = python::register_store_module(module.ptr(), package, name, options);
  if (made == nullptr) detail::throw_registration_error();
  return pybind11::reinterpret_steal<pybind11::module_>(made);
}

// See python::register_exceptions_module(). Throws what Python raised.
inline pybind11::module_ register_exceptions_module(pybind11::module_& module, const char* package,
                                                    const char* name) {
  detail::translate_exceptions();
  PyObject* made = python::register_exceptions_module(module.ptr(), package, name);
  if (made == nullptr) detail::throw_registration_error();
  return pybind11::reinterpret_steal<pybind11::module_>(made);
}

}  // namespace storelink

namespace pybind11::detail {

template <>
struct type_caster<storelink::PyObjectStore> {
  PYBIND11_TYPE_CASTER(storelink::PyObjectStore, const_name(STORELINK_STORE_MODULE ".PyObjectStore"));
  bool load(handle source, bool convert) noexcept {
    return storelink::detail::convert_store(source, convert, storelink::python::Accept::shared, value);
  }
};

template <>
struct type_caster<storelink::PyExternalObjectStore> {
  PYBIND11_TYPE_CASTER(storelink::PyExternalObjectStore,
                       const_name(STORELINK_STORE_MODULE ".PyExternalObjectStore"));
  bool load(handle source, bool convert) noexcept {
    return storelink::detail::convert_store(source, convert, storelink::python::Accept::external, value);
  }
};

template <>
struct type_caster<storelink::AnyObjectStore> {
  PYBIND11_TYPE_CASTER(storelink::AnyObjectStore, const_name(STORELINK_STORE_MODULE ".AnyObjectStore"));
  bool load(handle source, bool convert) noexcept {
    return storelink::detail::convert_store(source, convert, storelink::python::Accept::any, value);
  }
};

template <class T>
struct handle_type_name<storelink::Awaitable<T>> {
  static constexpr auto name =
      const_name("collections.abc.Awaitable[") + return_descr(make_caster<T>::name) + const_name("]");
};

// A store that a function returns: an object of the class SharedStore, None for null.
template <>
struct type_caster<std::shared_ptr<storelink::ObjectStore>> {
  static constexpr auto name = const_name(STORELINK_STORE_MODULE ".SharedStore");
  static handle cast(std::shared_ptr<storelink::ObjectStore> store, return_value_policy, handle) {
    PyObject* object = storelink::python::store_to_python(std::move(store));
    if (object == nullptr) throw error_already_set();
    return object;
  }
};

}  // namespace pybind11::detail
