// Small tools for writing CPython code in C++: owned references, errors as exceptions, the GIL.
//
// Inside the toolkit a function that fails throws: storelink::Error, std::bad_alloc, or ErrorAlreadySet when
// a Python exception is set. What CPython calls wraps its body in guarded(), which turns both into the
// latter.
#pragma once

#include <Python.h>

#include <exception>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "storelink/python/toolkit.hpp"

namespace storelink::python {

// An owned reference to a Python object, or none.
class Ref {
 public:
  Ref() noexcept = default;
  static Ref steal(PyObject* object) noexcept { return Ref(object); }
  static Ref borrow(PyObject* object) noexcept { return Ref(Py_XNewRef(object)); }
  Ref(Ref&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  Ref(const Ref& other) noexcept : object_(Py_XNewRef(other.object_)) {}
  Ref& operator=(Ref other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~Ref() { Py_XDECREF(object_); }

  PyObject* get() const noexcept { return object_; }
  PyObject* release() noexcept { return std::exchange(object_, nullptr); }
  explicit operator bool() const noexcept { return object_ != nullptr; }
  bool is_none() const noexcept { return object_ == Py_None; }

 private:
  explicit Ref(PyObject* object) noexcept : object_(object) {}
  PyObject* object_ = nullptr;
};

// Thrown when a Python exception is set.
struct ErrorAlreadySet : std::exception {
  const char* what() const noexcept override { return "a Python exception is set"; }
};

// The new reference that a CPython function returned; throws if it is null.
inline Ref checked(PyObject* fresh) {
  if (fresh == nullptr) throw ErrorAlreadySet{};
  return Ref::steal(fresh);
}
inline void check(int status) {
  if (status < 0) throw ErrorAlreadySet{};
}

// Sets a Python exception of `type` with one message argument, and throws ErrorAlreadySet.
[[noreturn]] void raise(PyObject* type, const std::string& message);

// Runs the body of a function that CPython calls; any exception becomes the Python exception that is set,
// and `failure` is returned.
template <class Body, class Result = std::invoke_result_t<Body>>
Result guarded(Result failure, Body body) noexcept {
  try {
    return body();
  } catch (const ErrorAlreadySet&) {
    return failure;
  } catch (...) {
    if (!set_python_exception(std::current_exception()))
      PyErr_SetString(PyExc_SystemError, "storelink: an unknown C++ exception");
    return failure;
  }
}

// The same for functions that return a new reference, or null.
template <class Body>
PyObject* guarded_object(Body body) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), std::move(body));
}

// Functions as tables of methods and slots want them.
template <class Function>
PyCFunction method(Function* function) noexcept {
  return reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(function));
}
template <class Function>
void* slot(Function* function) noexcept {
  return reinterpret_cast<void*>(function);
}

// Text to and from Python. `from_text` takes file names too: bytes that are no UTF-8 come and go as
// Python's own surrogates.
std::string to_utf8(PyObject* text);
Ref from_utf8(std::string_view text);
Ref from_file_name(std::string_view name);

// "my_ext.store.S3Store", "int": what an object is, for messages.
std::string type_name(PyObject* object);

// "ValueError: text" for an exception instance; never fails.
std::string exception_message(PyObject* exception);

// An attribute, or an empty Ref where there is none.
Ref attribute_or_none(PyObject* object, const char* name);

// A list of what `convert` (Ref) makes of each item.
template <class Items, class Convert>
Ref list_of(Items&& items, Convert convert) {
  Ref list = checked(PyList_New(static_cast<Py_ssize_t>(std::size(items))));
  Py_ssize_t index = 0;
  for (auto& item : items) check(PyList_SetItem(list.get(), index++, convert(item).release()));
  return list;
}

// module.name
Ref import_attribute(const char* module, const char* name);

// Takes the GIL back. When the interpreter has come to its end meanwhile, this never returns: CPython before
// 3.14 would end the thread by unwinding it, which the frames of C++ above could not stand.
void take_gil_back(PyThreadState* state) noexcept;

// Without the GIL for its lifetime.
class GilReleased {
 public:
  GilReleased() noexcept : state_(PyEval_SaveThread()) {}
  ~GilReleased() { take_gil_back(state_); }
  GilReleased(const GilReleased&) = delete;
  GilReleased& operator=(const GilReleased&) = delete;

 private:
  PyThreadState* state_;
};

// With the GIL for its lifetime, on any thread, whether or not the thread already has it.
class GilHeld {
 public:
  GilHeld() noexcept : state_(PyGILState_Ensure()) {}
  ~GilHeld() { PyGILState_Release(state_); }
  GilHeld(const GilHeld&) = delete;
  GilHeld& operator=(const GilHeld&) = delete;

 private:
  PyGILState_STATE state_;
};

// The Python exception that is set, taken away; put back by restore().
class TakenError {
 public:
  TakenError() noexcept;
  ~TakenError();
  TakenError(const TakenError&) = delete;
  TakenError& operator=(const TakenError&) = delete;
  PyObject* type() const noexcept { return type_; }
  PyObject* value() const noexcept { return value_; }  // an exception instance, with its traceback
  bool matches(PyObject* exception) const noexcept;
  std::string message() const { return exception_message(value_); }
  void restore() noexcept;
  [[noreturn]] void restore_and_throw();

 private:
  PyObject* type_ = nullptr;
  PyObject* value_ = nullptr;
  PyObject* traceback_ = nullptr;
};

// An exception of `type` with `message` whose __cause__ is `cause` (which may be null).
Ref make_exception(PyObject* type, const std::string& message, PyObject* cause);
// Sets it; if it cannot be made, the exception that says why.
void set_with_cause(PyObject* type, const std::string& message, PyObject* cause) noexcept;

}  // namespace storelink::python
