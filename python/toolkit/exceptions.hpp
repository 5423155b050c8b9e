// The Python exception classes of this extension, and which C++ error becomes which.
#pragma once

#include "support.hpp"

namespace storelink::python {

// The class (borrowed) that errors of this kind are raised as. The classes are made at first use; before an
// exceptions module is registered they belong to "storelink.exceptions".
PyObject* exception_class(ErrorKind kind);

// BaseError, and the class raised for an object that is no store: both TypeError and ValueError.
PyObject* base_error_class();
PyObject* not_a_store_class();

}  // namespace storelink::python
