// The toolkit for authors of Python extensions, without any binding library: store classes, exceptions, and
// stores from Python objects. Written against CPython's limited API, so it works in nanobind, pybind11 and
// plain C++ modules alike; nanobind users include storelink/python/nanobind.hpp instead.
//
// Every function here needs the GIL. Functions that return PyObject* return a new reference, or null with a
// Python exception set.
//
// In the runtime way (STORELINK_RUNTIME) the functions are those of the installed package `storelink`; the
// classes that an extension registers derive from the package's own, and its exceptions are the package's. In
// the embedded way state belongs to the extension that links the toolkit: two extensions in one process have
// classes of their own. (Both need hidden visibility, which storelink_add_module() sets.)
#pragma once

#include <Python.h>

#include <cstdint>
#include <exception>
#include <memory>
#include <utility>

#include "storelink/object_store.hpp"

namespace storelink {

// How an extension registers its store classes.
struct RegisterOptions {
  // Whether a RuntimeWarning is given each time a store of another library is built anew for a parameter of
  // type AnyObjectStore or PyExternalObjectStore. The compile definition STORELINK_NO_RECREATE_WARNING
  // changes what is meant when nothing is said here.
#ifdef STORELINK_NO_RECREATE_WARNING
  bool warn_on_recreate = false;
#else
  bool warn_on_recreate = true;
#endif
  // Whether a parameter of type AnyObjectStore also takes Python objects that are stores by their methods:
  // those of obspec's protocols (get, get_range, list …, each perhaps …_async), and fsspec filesystems. Their
  // methods then run with the GIL inside of C++ calls. The compile definition STORELINK_ACCEPT_PYTHON_STORES
  // changes what is meant when nothing is said here.
#ifdef STORELINK_ACCEPT_PYTHON_STORES
  bool accept_python_stores = true;
#else
  bool accept_python_stores = false;
#endif
};

namespace python {

// Makes the module `package`.`name`, with the classes ObjectStore, S3Store, GCSStore, AzureStore, HTTPStore,
// LocalStore and MemoryStore and the function from_url, adds it to `parent` (the extension module) and to
// sys.modules, so that it can be imported by its dotted name, and lets Ctrl-C end blocking calls. An
// extension has one store module.
PyObject* register_store_module(PyObject* parent, const char* package, const char* name,
                                const RegisterOptions& options);

// Makes the module `package`.`name` with BaseError and the exceptions that derive from it. Without this call
// the same classes are raised, but cannot be imported.
PyObject* register_exceptions_module(PyObject* parent, const char* package, const char* name);

// Which objects are taken as a store.
enum class Accept : std::uint8_t {
  shared,  // stores that can be shared as they are: this extension's own, and any with __storelink_store__()
  external,  // stores of other libraries, built anew from __getnewargs_ex__()
  // Both, in this order, and then, if RegisterOptions::accept_python_stores says so, objects with obspec's
  // methods and fsspec filesystems.
  any,
};

// The store that a Python object stands for. Null with a Python exception set when there is none: one that is
// both TypeError and ValueError when the object is no such store, otherwise what went wrong on the way.
// Costs no more than a type check for this extension's own stores.
std::shared_ptr<ObjectStore> store_from_python(PyObject* object, Accept accept) noexcept;

// An object of the class SharedStore for a store that C++ made; None for null. Needs a registered store
// module.
PyObject* store_to_python(std::shared_ptr<ObjectStore> store) noexcept;

// True if the Python exception that is set says that an object is no store (and not that converting failed).
bool is_not_a_store_error() noexcept;

// Sets the Python exception that stands for a C++ one: for Error the class its kind names, with one message
// argument, and its cause as __cause__ where that is a Python exception or an Error; MemoryError for
// std::bad_alloc. A Python exception that is already set, such as the
// KeyboardInterrupt which ended a blocking call, is left alone. False for any other C++ exception.
bool set_python_exception(const std::exception_ptr& failure) noexcept;

// What a caster for a parameter type does; it must not throw. In the first of two passes over several
// overloads
// (`first_pass`) an object that is no store is left to the other overloads: false. Otherwise what went wrong
// waits in `value` for into_dyn(): `take_error()` gives the binding library's exception for the Python
// exception that is set.
template <class Parameter, class TakeError>
bool convert_store(PyObject* object, Accept accept, bool first_pass, Parameter& value,
                   TakeError take_error) noexcept {
  value = Parameter();
  if (auto store = store_from_python(object, accept)) {
    value.set(std::move(store));
    return true;
  }
  if (first_pass && is_not_a_store_error()) {
    PyErr_Clear();
    return false;
  }
  value.fail(take_error());
  return true;
}

}  // namespace python

// What the parameter types have in common: a store, or the reason why there is none.
class StoreParameter {
 public:
  // The store; throws what went wrong when the argument was converted. Needs no GIL.
  std::shared_ptr<ObjectStore> into_dyn() const {
    if (failure_) std::rethrow_exception(failure_);
    if (!store_) detail::throw_error(ErrorKind::generic, {"this parameter was never given a store"});
    return store_;
  }

  // For casters.
  void set(std::shared_ptr<ObjectStore> store) noexcept { store_ = std::move(store); }
  void fail(std::exception_ptr failure) noexcept { failure_ = std::move(failure); }

 private:
  std::shared_ptr<ObjectStore> store_;
  std::exception_ptr failure_;
};

// Parameter types for the functions of an extension: see Accept. A wrong argument is reported by into_dyn().
class PyObjectStore : public StoreParameter {};
class PyExternalObjectStore : public StoreParameter {};
class AnyObjectStore : public StoreParameter {};

}  // namespace storelink

#ifdef STORELINK_RUNTIME
#include "storelink/python/runtime.hpp"
#endif
