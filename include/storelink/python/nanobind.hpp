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
// std::vector. Call into_dyn() in every function: it is what reports a wrong argument. None is not a store:
// nanobind itself refuses it, with its list of signatures and a TypeError, for a parameter that can be given
// None is `... | None` in its type hints. Release the GIL before blocking verbs: other Python threads go on,
// and Python credential providers need it.
//
// An `async` function for asyncio or uvloop is a coroutine whose task is returned as an awaitable:
//
//   storelink::Awaitable<std::uint64_t> size_async(const storelink::AnyObjectStore& any, std::string path) {
//     return storelink::into_awaitable([](Store store, std::string key) -> storelink::Task<std::uint64_t> {
//       const auto meta = co_await store->head_async(std::move(key));
//       co_return meta.size;
//     }(any.into_dyn(), std::move(path)));
//   }
#pragma once

#include <nanobind/nanobind.h>

#include <new>
#include <stdexcept>
#include <type_traits>
#include <typeinfo>
#include <utility>

#include "storelink/python/awaitable.hpp"
#include "storelink/python/toolkit.hpp"

#ifndef STORELINK_STORE_MODULE
#define STORELINK_STORE_MODULE "storelink.store"
#endif

namespace storelink {
namespace detail {

inline void translate_exceptions() {
  static bool done = false;  // guarded by the GIL
  if (std::exchange(done, true)) return;
  nanobind::register_exception_translator([](const std::exception_ptr& failure, void*) {
    if (!python::set_python_exception(failure)) std::rethrow_exception(failure);
  });
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

// What Python raised, as nanobind passes it on from NB_MODULE: the text of an ImportError (a runtime that is
// missing or too old) would otherwise be hidden behind one of its own.
[[noreturn]] inline void throw_registration_error() {
  if (PyErr_ExceptionMatches(PyExc_ImportError) == 0) throw nanobind::python_error();
  const nanobind::python_error error;
  throw std::runtime_error(nanobind::str(error.value()).c_str());
}

// What an awaitable is called in signatures and stubs.
class AwaitableObject : public nanobind::object {
  NB_OBJECT(AwaitableObject, nanobind::object, "collections.abc.Awaitable", PyObject_Type)
};

// The Python object that nanobind makes of a value; None of no value.
struct Cast {
  PyObject* operator()() const noexcept { return Py_NewRef(Py_None); }
  template <class T>
  PyObject* operator()(T&& value) const {
    try {
      return nanobind::cast(std::forward<T>(value)).release().ptr();
    } catch (const nanobind::cast_error&) {
      PyErr_SetString(PyExc_TypeError,
                      "the C++ result has no Python type: is an #include <nanobind/stl/...> missing?");
      return nullptr;
    }
  }
};

inline bool translate_python_error(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (nanobind::python_error& error) {
    error.restore();
    return true;
  } catch (...) {
    return false;
  }
}

}  // namespace detail

// What into_awaitable() returns, "collections.abc.Awaitable[int]" in signatures. It is an nb::object.
template <class T>
using Awaitable = nanobind::typed<detail::AwaitableObject,
                                  std::conditional_t<std::is_void_v<T>, nanobind::detail::void_type, T>>;

namespace detail {

template <class Result, class T, class Convert>
Awaitable<Result> make_awaitable(Task<T> task, Convert convert, python::Start start) {
  PyObject* made =
      python::into_awaitable(std::move(task), std::move(convert), start, &translate_python_error);
  if (made == nullptr) throw nanobind::python_error();
  return nanobind::steal<AwaitableObject>(made);
}

}  // namespace detail

// Starts the task, on the thread pool unless `start` says otherwise, and returns an awaitable for its result,
// which becomes the Python object that a function returning T would give. See python::into_awaitable() for
// where the task runs and what it may hold. Throws what Python raised.
template <class T>
Awaitable<T> into_awaitable(Task<T> task, python::Start start = python::Start::on_executor) {
  return detail::make_awaitable<T>(std::move(task), detail::Cast(), start);
}

// The same with a function that makes the result: convert(T&&), or convert() where T is void. What it returns
// is cast. It may own Python objects, which then live as long as the operation.
template <class T, class Convert>
  requires(!std::is_same_v<Convert, python::Start>)
auto into_awaitable(Task<T> task, Convert convert, python::Start start = python::Start::on_executor) {
  using Result =
      typename std::conditional_t<std::is_void_v<T>, std::invoke_result<Convert&>,
                                  std::invoke_result<Convert&, std::add_rvalue_reference_t<T>>>::type;
  auto cast_result = [function = std::move(convert)](auto&&... value) mutable {
    if constexpr (std::is_void_v<Result>) {
      function(std::forward<decltype(value)>(value)...);
      return detail::Cast()();
    } else {
      return detail::Cast()(function(std::forward<decltype(value)>(value)...));
    }
  };
  return detail::make_awaitable<Result>(std::move(task), std::move(cast_result), start);
}

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
