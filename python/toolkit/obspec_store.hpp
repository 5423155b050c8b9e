// Python objects with the methods of obspec's protocols (pypi.org/project/obspec) as stores.
//
// An object may have some of the methods only, and each as a synchronous one, an asynchronous one (…_async)
// or both: the synchronous one is used if there is one. It runs on the caller's thread in blocking calls, on
// the thread pool otherwise; coroutines run on one event loop in a thread of its own. What an object lacks
// throws not_supported and names the method. The object's methods are called from several threads at a time.
// A stop request cancels coroutines; a synchronous method that runs is waited for.
//
// Bodies go to Python as memoryviews and come back as buffers, neither copied. A multipart upload is kept in
// memory until it completes. A list page is sorted and found by listing everything behind the last one's end.
#pragma once

#include <memory>

#include "support.hpp"

namespace storelink::python {

// The store, or null for an object that has no method to read with: get_async, get_range or get_ranges (or
// the latter's …_async), or a get that takes `options`, since many objects have a get of another kind. Needs
// the GIL, as the next one does.
std::shared_ptr<ObjectStore> obspec_store(PyObject* object);

// The same for an object that is known to have the methods, with what it can do. Its delete() takes one path.
std::shared_ptr<ObjectStore> adapted_store(PyObject* object, std::string description, std::string type,
                                           Capabilities can);

}  // namespace storelink::python
