// ListStream: a listing as Python gets it, in chunks.
#pragma once

#include "support.hpp"

namespace storelink::python {

// Adds the class ListStream.
void add_list_stream_class(PyObject* module);

// Chunks of `chunk_size` objects, at least one: lists of dicts, or Arrow record batches.
Ref make_list_stream(std::shared_ptr<ObjectStore> store, ListRequest request, std::size_t chunk_size,
                     bool arrow);

}  // namespace storelink::python
