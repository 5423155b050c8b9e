#include "call_arguments.hpp"

namespace storelink::python {

namespace {

std::string shown(PyObject* value) {
  const Ref text = checked(PyObject_Repr(value));
  return to_utf8(text.get());
}

PyObject* timedelta_class() {
  static PyObject* const found = import_attribute("datetime", "timedelta").release();
  return found;
}

long long integer_attribute(PyObject* object, const char* name) {
  const Ref value = checked(PyObject_GetAttrString(object, name));
  const long long number = PyLong_AsLongLong(value.get());
  if (number == -1 && PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
  return number;
}

}  // namespace

void raise_wrong_type(const std::string& what, PyObject* given, const char* accepted, bool show) {
  const std::string type = type_name(given);
  const std::string value = show && given != Py_None ? shown(given) + " (" + type + ")" : "of type " + type;
  raise(PyExc_TypeError, what + " is " + (given == Py_None ? "None" : value) + "; accepted is " + accepted);
}

CallArguments::CallArguments(std::string function, PyObject* args, PyObject* kwargs,
                             std::initializer_list<const char*> positional)
    : function_(std::move(function)),
      named_(checked(kwargs != nullptr ? PyDict_Copy(kwargs) : PyDict_New())) {
  const auto given = static_cast<std::size_t>(PyTuple_Size(args));
  if (given > positional.size())
    raise(PyExc_TypeError, function_ + " takes at most " + std::to_string(positional.size()) +
                               " positional argument(s) but " + std::to_string(given) + " were given");
  for (std::size_t i = 0; i < given; ++i) {
    const char* name = positional.begin()[i];
    const Ref key = from_utf8(name);
    const int named = PyDict_Contains(named_.get(), key.get());
    check(named);
    if (named != 0) raise(PyExc_TypeError, function_ + " got multiple values for argument '" + name + "'");
    check(PyDict_SetItem(named_.get(), key.get(), PyTuple_GetItem(args, static_cast<Py_ssize_t>(i))));
  }
}

Ref CallArguments::take(const char* name) {
  const Ref key = from_utf8(name);
  Ref value = Ref::borrow(PyDict_GetItemWithError(named_.get(), key.get()));
  if (!value) {
    if (PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
    return value;
  }
  check(PyDict_DelItem(named_.get(), key.get()));
  return value.is_none() ? Ref() : value;
}

Ref CallArguments::take_required(const char* name) {
  Ref value = take(name);
  if (!value) raise(PyExc_TypeError, function_ + " is missing the argument '" + name + "'");
  return value;
}

bool CallArguments::take_flag(const char* name) {
  const Ref value = take(name);
  if (!value) return false;
  if (PyBool_Check(value.get()) == 0) raise_wrong_type(function_ + ": " + name, value.get(), "bool", true);
  return value.get() == Py_True;
}

void CallArguments::finish() const {
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t position = 0;
  if (PyDict_Next(named_.get(), &position, &name, &value) != 0)
    raise(PyExc_TypeError, function_ + " got an unexpected keyword argument '" + to_utf8(name) + "'");
}

std::string expect_text(const std::string& what, PyObject* value) {
  if (PyUnicode_Check(value) == 0) raise_wrong_type(what, value, "str");
  return to_utf8(value);
}

bool is_timedelta(PyObject* value) {
  const int is = PyObject_IsInstance(value, timedelta_class());
  check(is);
  return is != 0;
}

std::chrono::nanoseconds from_timedelta(const std::string& what, PyObject* value) {
  using std::chrono::days;
  using std::chrono::microseconds;
  using std::chrono::seconds;
  const long long day_count = integer_attribute(value, "days");
  if (day_count < 0) raise(PyExc_ValueError, what + " is " + shown(value) + "; it must not be negative");
  constexpr auto limit = std::chrono::floor<days>(std::chrono::nanoseconds::max()).count();
  if (day_count >= limit)
    raise(PyExc_ValueError, what + " is too long a time; at most " + std::to_string(limit) + " days");
  return days(day_count) + seconds(integer_attribute(value, "seconds")) +
         microseconds(integer_attribute(value, "microseconds"));
}

Ref to_timedelta(std::chrono::nanoseconds duration) {
  const auto total = std::chrono::floor<std::chrono::microseconds>(duration).count();
  constexpr long long per_second = 1'000'000;
  return checked(PyObject_CallFunction(timedelta_class(), "iLL", 0,
                                       static_cast<long long>(total / per_second),
                                       static_cast<long long>(total % per_second)));
}

}  // namespace storelink::python
