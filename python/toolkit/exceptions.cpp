#include "exceptions.hpp"

#include <array>
#include <new>

#include "modules.hpp"

namespace storelink::python {

namespace {

enum Class : std::size_t {
  base_error,
  generic_error,
  not_found_error,
  invalid_path_error,
  join_error,
  not_supported_error,
  already_exists_error,
  precondition_error,
  not_modified_error,
  permission_denied_error,
  unauthenticated_error,
  unknown_configuration_key_error,
  input_output_error,
  operation_timeout_error,
  class_count,
};

struct ClassInfo {
  const char* name;
  PyObject* const* builtin;  // the second base, or null
  const char* doc;
  Class parent = base_error;
};

// In the order of Class.
const std::array<ClassInfo, class_count>& class_infos() {
  static const std::array<ClassInfo, class_count> infos = {{
      {"BaseError", nullptr, "The base class of the exceptions of this module."},
      {"GenericError", nullptr, "What has no class of its own: bad configuration, a server's errors."},
      {"NotFoundError", &PyExc_FileNotFoundError, "No such object, bucket or directory."},
      {"InvalidPathError", &PyExc_ValueError, "The path cannot be used with this store."},
      {"JoinError", nullptr, "A worker ended abnormally."},
      {"NotSupportedError", nullptr, "The store cannot do this."},
      {"AlreadyExistsError", &PyExc_FileExistsError, "There is an object at that path already."},
      {"PreconditionError", nullptr, "A condition that was asked for did not hold."},
      {"NotModifiedError", nullptr, "The object is the one that the caller already has."},
      {"PermissionDeniedError", &PyExc_PermissionError, "These credentials may not do this."},
      {"UnauthenticatedError", &PyExc_PermissionError, "Credentials are missing or wrong."},
      {"UnknownConfigurationKeyError", &PyExc_ValueError,
       "A configuration key that the store does not know."},
      {"InputOutputError", &PyExc_OSError, "The network or the file system failed.", generic_error},
      {"OperationTimeoutError", &PyExc_TimeoutError, "It took longer than it may.", generic_error},
  }};
  return infos;
}

struct ExceptionClasses {
  std::array<PyObject*, class_count> classes{};  // all null, or none
  PyObject* not_a_store = nullptr;
};

ExceptionClasses& made_classes() {
  static ExceptionClasses classes;
  return classes;
}

Ref make_class(const std::string& module, const char* name, const char* doc, PyObject* first,
               PyObject* second) {
  const Ref bases = checked(second != nullptr ? PyTuple_Pack(2, first, second) : PyTuple_Pack(1, first));
  return checked(PyErr_NewExceptionWithDoc((module + "." + name).c_str(), doc, bases.get(), nullptr));
}

const ExceptionClasses& exception_classes() {
  ExceptionClasses& made = made_classes();
  if (made.classes[base_error] != nullptr) return made;
  const std::string module = "storelink.exceptions";
  std::array<Ref, class_count> fresh;
  for (std::size_t i = 0; i < class_count; ++i) {
    const ClassInfo& info = class_infos()[i];
    PyObject* parent = i == base_error ? PyExc_Exception : fresh[info.parent].get();
    fresh[i] =
        make_class(module, info.name, info.doc, parent, info.builtin != nullptr ? *info.builtin : nullptr);
  }
  Ref not_a_store = make_class(module, "NotAStoreError", "The object is no object store.", PyExc_TypeError,
                               PyExc_ValueError);
  for (std::size_t i = 0; i < class_count; ++i) made.classes[i] = fresh[i].release();
  made.not_a_store = not_a_store.release();
  return made;
}

// Where a kind has no class of ours: a builtin.
PyObject* cancelled_class() {
  static PyObject* const cancelled = import_attribute("concurrent.futures", "CancelledError").release();
  return cancelled;
}

}  // namespace

PyObject* exception_class(ErrorKind kind) {
  const auto& classes = exception_classes().classes;
  switch (kind) {
    case ErrorKind::generic: return classes[generic_error];
    case ErrorKind::not_found: return classes[not_found_error];
    case ErrorKind::already_exists: return classes[already_exists_error];
    case ErrorKind::precondition: return classes[precondition_error];
    case ErrorKind::not_modified: return classes[not_modified_error];
    case ErrorKind::permission_denied: return classes[permission_denied_error];
    case ErrorKind::unauthenticated: return classes[unauthenticated_error];
    case ErrorKind::invalid_path: return classes[invalid_path_error];
    case ErrorKind::unknown_config_key: return classes[unknown_configuration_key_error];
    case ErrorKind::not_supported: return classes[not_supported_error];
    case ErrorKind::not_implemented: return PyExc_NotImplementedError;
    case ErrorKind::join: return classes[join_error];
    case ErrorKind::io: return classes[input_output_error];
    case ErrorKind::timeout: return classes[operation_timeout_error];
    case ErrorKind::cancelled: return cancelled_class();
  }
  return classes[generic_error];
}

PyObject* base_error_class() {
  return exception_classes().classes[base_error];
}
PyObject* not_a_store_class() {
  return exception_classes().not_a_store;
}

bool is_not_a_store_error() noexcept {
  PyObject* type = made_classes().not_a_store;
  return type != nullptr && PyErr_ExceptionMatches(type) != 0;
}

namespace {

Ref exception_of(const Error& error);

// What becomes the __cause__, or empty.
Ref cause_of(const Error& error) {
  if (!error.cause()) return {};
  try {
    std::rethrow_exception(error.cause());
  } catch (const ForeignException& exception) {
    return Ref::borrow(static_cast<PyObject*>(exception.object().get()));
  } catch (const Error& cause) {
    return exception_of(cause);
  } catch (...) {
    return {};
  }
}

Ref exception_of(const Error& error) {
  return make_exception(exception_class(error.kind()), error.what(), cause_of(error).get());
}

// False for a C++ exception that has no Python counterpart. Throws if making the counterpart fails.
bool set_known_exception(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    const Ref exception = exception_of(error);
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception.get())), exception.get());
  } catch (const std::bad_alloc&) {
    PyErr_NoMemory();
  } catch (...) {
    return false;
  }
  return true;
}

}  // namespace

bool set_python_exception(const std::exception_ptr& failure) noexcept {
  if (PyErr_Occurred() != nullptr) return true;
  try {
    return set_known_exception(failure);
  } catch (...) {
    return PyErr_Occurred() != nullptr;
  }
}

PyObject* register_exceptions_module(PyObject* parent, const char* package, const char* name) {
  return guarded<>(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    Ref module = make_submodule(parent, package, name, "What storelink raises, besides NotImplementedError.");
    const std::string full_name = std::string(package) + "." + name;
    const Ref module_name = from_utf8(full_name);
    const ExceptionClasses& made = exception_classes();
    // In the runtime many extensions have this module: the classes are the same and belong to the first one.
    static std::string home;
    const bool first = home.empty() || home == full_name;
    for (std::size_t i = 0; i < class_count; ++i) {
      if (first) check(PyObject_SetAttrString(made.classes[i], "__module__", module_name.get()));
      check(PyModule_AddObjectRef(module.get(), class_infos()[i].name, made.classes[i]));
    }
    if (first) check(PyObject_SetAttrString(made.not_a_store, "__module__", module_name.get()));
    if (first) home = full_name;
    return module.release();
  });
}

}  // namespace storelink::python
