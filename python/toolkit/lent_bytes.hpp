// Memory of Python objects as Bytes, without a copy.
#pragma once

#include "storelink/bytes.hpp"
#include "support.hpp"

namespace storelink::python {

// The memory of an object with the buffer protocol, contiguous. It goes back to the object soon after the
// last slice of the result is gone, on whatever thread that is; the GIL is not waited for there. TypeError or
// BufferError for any other object; `what` names it.
Bytes bytes_of(const std::string& what, PyObject* object);

}  // namespace storelink::python
