// The classes GetResult and BytesStream: an object on its way to Python.
#pragma once

#include "storelink/object_store.hpp"
#include "support.hpp"

namespace storelink::python {

void add_get_result_classes(PyObject* module);

// A GetResult; its body is in `body` or in `stream`.
Ref get_result_to_python(GetResult result);

}  // namespace storelink::python
