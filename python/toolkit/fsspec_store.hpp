// Filesystems of fsspec as stores.
//
// Keys are paths in the filesystem, without its root marker: "tmp/x" is LocalFileSystem's /tmp/x. Directories
// are made where a put needs them and are no objects. Bodies go to fsspec as bytes, that is copied once; they
// come back without a copy. Conditions of a get are checked against info(), not by the service. Calls of a
// filesystem that is neither asynchronous nor local come one at a time. fsspec_adapter.py does the rest.
#pragma once

#include <memory>

#include "support.hpp"

namespace storelink::python {

// The store, or null for an object that is no fsspec filesystem. ValueError for one that was made with
// asynchronous=True, which works on its user's event loop only. Needs the GIL.
std::shared_ptr<ObjectStore> fsspec_store(PyObject* object);

}  // namespace storelink::python
