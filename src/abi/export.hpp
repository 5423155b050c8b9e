// An ObjectStore behind the struct of abi.h.
#pragma once

#include <memory>

#include "storelink/abi.h"
#include "storelink/object_store.hpp"

namespace storelink::abi {

// The store behind a struct that this very library made, or null for any other.
std::shared_ptr<ObjectStore> own_store(const sl_store* exported);

}  // namespace storelink::abi
