#include "support.hpp"

namespace storelink::python {

void raise(PyObject* type, const std::string& message) {
  const Ref text =
      checked(PyUnicode_DecodeUTF8(message.data(), static_cast<Py_ssize_t>(message.size()), "replace"));
  PyErr_SetObject(type, text.get());
  throw ErrorAlreadySet{};
}

std::string to_utf8(PyObject* text) {
  Py_ssize_t size = 0;
  const char* data = PyUnicode_AsUTF8AndSize(text, &size);
  if (data == nullptr) throw ErrorAlreadySet{};
  return {data, static_cast<std::size_t>(size)};
}

Ref from_utf8(std::string_view text) {
  return checked(PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

Ref from_file_name(std::string_view name) {
  return checked(PyUnicode_DecodeFSDefaultAndSize(name.data(), static_cast<Py_ssize_t>(name.size())));
}

std::string type_name(PyObject* object) {
  auto* type = reinterpret_cast<PyObject*>(Py_TYPE(object));
  const Ref module = attribute_or_none(type, "__module__");
  const Ref name = checked(PyObject_GetAttrString(type, "__qualname__"));
  std::string text = to_utf8(name.get());
  if (!module || PyUnicode_Check(module.get()) == 0) return text;
  const std::string prefix = to_utf8(module.get());
  return prefix == "builtins" ? text : prefix + "." + text;
}

Ref attribute_or_none(PyObject* object, const char* name) {
  PyObject* found = PyObject_GetAttrString(object, name);
  if (found == nullptr) {
    if (PyErr_ExceptionMatches(PyExc_AttributeError) == 0) throw ErrorAlreadySet{};
    PyErr_Clear();
  }
  return Ref::steal(found);
}

Ref import_attribute(const char* module, const char* name) {
  const Ref imported = checked(PyImport_ImportModule(module));
  return checked(PyObject_GetAttrString(imported.get(), name));
}

TakenError::TakenError() noexcept {
  PyErr_Fetch(&type_, &value_, &traceback_);
  PyErr_NormalizeException(&type_, &value_, &traceback_);
  if (value_ != nullptr && traceback_ != nullptr) PyException_SetTraceback(value_, traceback_);
}

TakenError::~TakenError() {
  Py_XDECREF(type_);
  Py_XDECREF(value_);
  Py_XDECREF(traceback_);
}

bool TakenError::matches(PyObject* exception) const noexcept {
  return type_ != nullptr && PyErr_GivenExceptionMatches(type_, exception) != 0;
}

std::string exception_message(PyObject* exception) {
  if (exception == nullptr) return "no exception";
  try {
    const Ref text = checked(PyObject_Str(exception));
    return type_name(exception) + ": " + to_utf8(text.get());
  } catch (const ErrorAlreadySet&) {
    PyErr_Clear();
    return "an exception without a message";
  }
}

void TakenError::restore() noexcept {
  PyErr_Restore(std::exchange(type_, nullptr), std::exchange(value_, nullptr),
                std::exchange(traceback_, nullptr));
}

void TakenError::restore_and_throw() {
  restore();
  throw ErrorAlreadySet{};
}

Ref make_exception(PyObject* type, const std::string& message, PyObject* cause) {
  const Ref text =
      checked(PyUnicode_DecodeUTF8(message.data(), static_cast<Py_ssize_t>(message.size()), "replace"));
  Ref exception = checked(PyObject_CallFunctionObjArgs(type, text.get(), nullptr));
  if (cause != nullptr) PyException_SetCause(exception.get(), Py_NewRef(cause));
  return exception;
}

void set_with_cause(PyObject* type, const std::string& message, PyObject* cause) noexcept {
  try {
    const Ref exception = make_exception(type, message, cause);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
  } catch (const ErrorAlreadySet&) {
  }
}

}  // namespace storelink::python
