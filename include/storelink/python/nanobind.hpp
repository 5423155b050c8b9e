// The toolkit for nanobind extensions.
//
//   #define STORELINK_STORE_MODULE "my_ext.store"  // where stubs find the parameter types; optional
//   #include <storelink/python/nanobind.hpp>
//
//   NB_MODULE(_my_ext, m) {
//     storelink::register_store_module(m, "my_ext", "store");
//     storelink::register_exceptions_module(m, "my_ext", "exceptions");
//     m.def("size", [](const storelink::AnyObjectStore& store, std::string path) {
//       auto dyn = store.into_dyn();
//       nb::gil_scoped_release release;
//       return dyn->head(std::move(path)).size;
//     });
//   }
//
// Parameters may be AnyObjectStore, PyObjectStore or PyExternalObjectStore, also in std::optional and
// std::vector. None is not a store. Call into_dyn() in every function: it is what reports a wrong argument.
// Release the GIL before blocking verbs: other Python threads go on, and Python credential providers need it.
#pragma once

#include <nanobind/nanobind.h>

#include <stdexcept>

#include "storelink/python/toolkit.hpp"

#ifndef STORELINK_STORE_MODULE
#define STORELINK_STORE_MODULE "storelink.store"
#endif

namespace storelink {
namespace detail {

inline void translate_exceptions() {
  static const bool once = [] {
    nanobind::register_exception_translator([](const std::exception_ptr& failure, void*) {
      if (!python::set_python_exception(failure)) std::rethrow_exception(failure);
    });
    return true;
  }();
  (void)once;
}

// Converts inside from_python: a cast operator that throws inside std::optional or std::vector would end the
// process.
template <class Parameter>
bool convert_store(nanobind::handle source, std::uint32_t flags, python::Accept accept,
                   Parameter& value) noexcept {
  const bool first_pass = (flags & nanobind::detail::cast_flags::convert) == 0;
  return python::convert_store(source.ptr(), accept, first_pass, value,
                               [] { return std::make_exception_ptr(nanobind::python_error()); });
}

}  // namespace detail

namespace detail {

// What Python raised, as nanobind passes it on from NB_MODULE: the text of an ImportError (a runtime that is
// missing or too old) would otherwise be hidden behind one of its own.
[[noreturn]] inline void throw_registration_error() {
  if (PyErr_ExceptionMatches(PyExc_ImportError) == 0) throw nanobind::python_error();
  const nanobind::python_error error;
  throw std::runtime_error(nanobind::str(error.value()).c_str());
}

}  // namespace detail

// See python::register_store_module(). Throws what Python raised.
inline nanobind::module_ register_store_module(nanobind::module_& module, const char* package,
                                               const char* name,
                                               const RegisterOptions& options = RegisterOptions{}) {
  detail::translate_exceptions();
  PyObject* made = python::register_store_module(module.ptr(), package, name, options);
  if (made == nullptr) detail::throw_registration_error();
  return nanobind::steal<nanobind::module_>(made);
}

// See python::register_exceptions_module(). Throws what Python raised.
inline nanobind::module_ register_exceptions_module(nanobind::module_& module, const char* package,
                                                    const char* name) {
  detail::translate_exceptions();
  PyObject* made = python::register_exceptions_module(module.ptr(), package, name);
  if (made == nullptr) detail::throw_registration_error();
  return nanobind::steal<nanobind::module_>(made);
}

}  // namespace storelink

NAMESPACE_BEGIN(NB_NAMESPACE)
NAMESPACE_BEGIN(detail)

template <>
struct type_caster<storelink::PyObjectStore> {
  NB_TYPE_CASTER(storelink::PyObjectStore, const_name(STORELINK_STORE_MODULE ".PyObjectStore"))
  bool from_python(handle source, std::uint32_t flags, cleanup_list*) noexcept {
    return storelink::detail::convert_store(source, flags, storelink::python::Accept::shared, value);
  }
};

template <>
struct type_caster<storelink::PyExternalObjectStore> {
  NB_TYPE_CASTER(storelink::PyExternalObjectStore,
                 const_name(STORELINK_STORE_MODULE ".PyExternalObjectStore"))
  bool from_python(handle source, std::uint32_t flags, cleanup_list*) noexcept {
    return storelink::detail::convert_store(source, flags, storelink::python::Accept::external, value);
  }
};

template <>
struct type_caster<storelink::AnyObjectStore> {
  NB_TYPE_CASTER(storelink::AnyObjectStore, const_name(STORELINK_STORE_MODULE ".AnyObjectStore"))
  bool from_python(handle source, std::uint32_t flags, cleanup_list*) noexcept {
    return storelink::detail::convert_store(source, flags, storelink::python::Accept::any, value);
  }
};

// A store that a function returns: an object of the class SharedStore, None for null.
template <>
struct type_caster<std::shared_ptr<storelink::ObjectStore>> {
  using Value = std::shared_ptr<storelink::ObjectStore>;
  static constexpr auto Name = const_name(STORELINK_STORE_MODULE ".SharedStore");
  static handle from_cpp(Value store, rv_policy, cleanup_list*) noexcept {
    return storelink::python::store_to_python(std::move(store));
  }
};

NAMESPACE_END(detail)
NAMESPACE_END(NB_NAMESPACE)
