// The table that the library itself offers; C programs get it from sl_get_runtime().
#pragma once

#include "storelink/abi.h"

namespace storelink {

const sl_runtime& runtime_table() noexcept;

}  // namespace storelink
