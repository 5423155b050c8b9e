// The class Bytes: a read-only, bytes-like view of memory that C++ or another Python object owns.
#pragma once

#include "storelink/bytes.hpp"
#include "support.hpp"

namespace storelink::python {

// Adds the class to the module.
void add_bytes_class(PyObject* module);

// A Bytes object, without a copy.
Ref bytes_to_python(Bytes bytes);
Ref memoryview_of(Bytes bytes);

// As bytes_of(), which for a Bytes object needs no Python.
Bytes buffer_argument(const char* what, PyObject* object);

}  // namespace storelink::python
