// The class Bytes: a read-only, bytes-like view of memory that C++ or another Python object owns.
#pragma once

#include "storelink/bytes.hpp"
#include "support.hpp"

namespace storelink::python {

// Adds the class to the module; before anything else here.
void add_bytes_class(PyObject* module);

// A Bytes object, without a copy.
Ref bytes_to_python(Bytes bytes);

// What any object with the buffer protocol holds, C-contiguous and of single bytes, without a copy; see
// bytes_of() for how long. TypeError for an object without it, BufferError for one that is not of bytes,
// ValueError for one that is not contiguous.
Bytes buffer_argument(const char* what, PyObject* object);

}  // namespace storelink::python
