// The classes GetResult and BytesStream: an object on its way to Python.
#pragma once

#include <memory>

#include "put_source.hpp"
#include "storelink/object_store.hpp"
#include "support.hpp"

namespace storelink::python {

void add_get_result_classes(PyObject* module);

// A GetResult; its body is in `body` or in `stream`.
Ref get_result_to_python(GetResult result);

// The body of a GetResult or a BytesStream as what put() uploads, without going through Python; null for any
// other object.
std::unique_ptr<PutSource> body_source(PyObject* object);

}  // namespace storelink::python
