// Stores that come from another extension as a capsule.
#pragma once

#include <memory>

#include "support.hpp"

namespace storelink::python {

// The store in a capsule that __storelink_store__() returned. TypeError for any other object; not_supported
// (as Error) for an ABI that this extension does not speak.
std::shared_ptr<ObjectStore> store_from_capsule(PyObject* capsule);

}  // namespace storelink::python
