// The Python exception classes of this extension, and which C++ error becomes which.
#pragma once

#include <memory>
#include <string>

#include "support.hpp"

namespace storelink::python {

// The class (borrowed) that errors of this kind are raised as. The classes are made at first use; before an
// exceptions module is registered they belong to "storelink.exceptions".
PyObject* exception_class(ErrorKind kind);

// BaseError, and the class raised for an object that is no store: both TypeError and ValueError.
PyObject* base_error_class();
PyObject* not_a_store_class();

// An error whose reason is a Python exception, which becomes its __cause__. May be copied and destroyed
// without the GIL.
class CausedError : public Error {
 public:
  CausedError(ErrorKind kind, std::string message, PyObject* cause);  // needs the GIL
  PyObject* cause() const noexcept { return cause_.get(); }

 private:
  std::shared_ptr<PyObject> cause_;
};

// A reference that may be dropped on any thread.
std::shared_ptr<PyObject> shared_reference(PyObject* object);

}  // namespace storelink::python
