#include "errors_from_python.hpp"

#include <array>
#include <new>

#include "interpreter.hpp"

namespace storelink::python {

namespace {

struct NamedKind {
  std::string_view name;
  ErrorKind kind;
};

constexpr std::array named_kinds = {
    NamedKind{"NotFoundError", ErrorKind::not_found},
    NamedKind{"FileNotFoundError", ErrorKind::not_found},
    NamedKind{"AlreadyExistsError", ErrorKind::already_exists},
    NamedKind{"FileExistsError", ErrorKind::already_exists},
    NamedKind{"PreconditionError", ErrorKind::precondition},
    NamedKind{"NotModifiedError", ErrorKind::not_modified},
    NamedKind{"UnauthenticatedError", ErrorKind::unauthenticated},
    NamedKind{"PermissionDeniedError", ErrorKind::permission_denied},
    NamedKind{"PermissionError", ErrorKind::permission_denied},
    NamedKind{"InvalidPathError", ErrorKind::invalid_path},
    NamedKind{"UnknownConfigurationKeyError", ErrorKind::unknown_config_key},
    NamedKind{"NotSupportedError", ErrorKind::not_supported},
    NamedKind{"NotImplementedError", ErrorKind::not_implemented},
    NamedKind{"JoinError", ErrorKind::join},
    NamedKind{"TimeoutError", ErrorKind::timeout},
    NamedKind{"CancelledError", ErrorKind::cancelled},
    NamedKind{"OSError", ErrorKind::io},
};

ErrorKind kind_of(PyObject* exception) {
  const Ref mro = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(exception)), "__mro__"));
  for (Py_ssize_t i = 0, size = PyTuple_Size(mro.get()); i < size; ++i) {
    const Ref name = checked(PyObject_GetAttrString(PyTuple_GetItem(mro.get(), i), "__name__"));
    const std::string text = to_utf8(name.get());
    for (const NamedKind& known : named_kinds)
      if (text == known.name) return known.kind;
  }
  return ErrorKind::generic;
}

}  // namespace

Error error_from_python(PyObject* exception) {
  ErrorKind kind = ErrorKind::generic;
  try {
    kind = kind_of(exception);
  } catch (const ErrorAlreadySet&) {
    PyErr_Clear();
  }
  ErrorDetails details;
  details.kind = kind;
  details.message = exception_message(exception);
  details.cause = python_cause(exception);
  return Error(std::move(details));
}

std::exception_ptr python_cause(PyObject* exception) {
  return std::make_exception_ptr(ForeignException(share_until_later(exception)));
}

void rethrow_interrupt(TakenError& taken, const char* what) {
  if (!taken.matches(PyExc_KeyboardInterrupt) && !taken.matches(PyExc_SystemExit)) return;
  const std::string message = std::string(what) + " was interrupted: " + taken.message();
  try {
    taken.restore_and_throw();
  } catch (const ErrorAlreadySet&) {
    throw Error(ErrorKind::cancelled, message);
  }
}

void throw_python_error() {
  TakenError taken;
  rethrow_interrupt(taken, "the call");
  if (taken.matches(PyExc_MemoryError)) throw std::bad_alloc();
  throw error_from_python(taken.value());
}

}  // namespace storelink::python
