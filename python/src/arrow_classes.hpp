// Listings as Arrow record batches and tables in Python.
//
// Where arro3-core is installed they are its own, made without a copy; else RecordBatch and Table, which
// speak Arrow's PyCapsule interface, too, so that any Arrow library takes them.
#pragma once

#include <span>

#include "support.hpp"

namespace storelink::python {

// Adds the classes RecordBatch and Table.
void add_arrow_classes(PyObject* module);

Ref make_record_batch(std::span<const ObjectMeta> objects);
Ref make_table(std::span<const ObjectMeta> objects);  // of one record batch

}  // namespace storelink::python
