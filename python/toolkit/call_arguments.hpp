// Taking a Python call's arguments apart, and single values with clear TypeErrors.
#pragma once

#include <chrono>
#include <initializer_list>
#include <string>

#include "support.hpp"

namespace storelink::python {

// The arguments of one call, taken out by name; what is left can be used as further keywords or refused.
class CallArguments {
 public:
  // `positional` names the parameters that may be given without a name. TypeError for too many and for an
  // argument given twice. `args` and `kwargs` (may be null) are borrowed for the constructor only.
  CallArguments(std::string function, PyObject* args, PyObject* kwargs,
                std::initializer_list<const char*> positional);

  const std::string& function() const noexcept { return function_; }

  // The argument, which is then no longer left; empty if it was not given or is None.
  Ref take(const char* name);
  // The same for an argument that has to be given.
  Ref take_required(const char* name);
  // bool; `false` if not given.
  bool take_flag(const char* name);

  // A dict of what is left.
  PyObject* rest() const noexcept { return named_.get(); }
  // TypeError unless nothing is left.
  void finish() const;

 private:
  std::string function_;
  Ref named_;
};

// TypeError `S3Store(): prefix is 3 (int); accepted is str`, without the value where `show` is false.
[[noreturn]] void raise_wrong_type(const std::string& what, PyObject* given, const char* accepted,
                                   bool show = false);

// The str as UTF-8; TypeError for anything else.
std::string expect_text(const std::string& what, PyObject* value);

// Each item of a dict; TypeError for anything but a dict with str keys.
template <class Visit>
void for_each_item(const std::string& what, PyObject* mapping, Visit visit) {
  if (PyDict_Check(mapping) == 0) raise_wrong_type(what, mapping, "dict");
  const Ref items = checked(PyDict_Items(mapping));
  for (Py_ssize_t i = 0, size = PyList_Size(items.get()); i < size; ++i) {
    PyObject* item = PyList_GetItem(items.get(), i);
    visit(expect_text("a key of " + what, PyTuple_GetItem(item, 0)), PyTuple_GetItem(item, 1));
  }
}

// datetime.timedelta, both ways. Going to Python, nanoseconds are rounded down to microseconds.
bool is_timedelta(PyObject* value);
std::chrono::nanoseconds from_timedelta(const std::string& what, PyObject* value);  // ValueError if negative
Ref to_timedelta(std::chrono::nanoseconds duration);

}  // namespace storelink::python
