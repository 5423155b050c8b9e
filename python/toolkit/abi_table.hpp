// The table that other extensions find in the runtime.
#pragma once

#include "storelink/abi.h"

namespace storelink::python {

const sl_python& abi_table() noexcept;

}  // namespace storelink::python
