// The C ABI of abi.h from C++: any ObjectStore can be exported, any exported store is an ObjectStore.
#pragma once

#include <memory>

#include "storelink/abi.h"
#include "storelink/object_store.hpp"

namespace storelink {

// A struct with one reference, that keeps `store` alive until its last release(). The same store gives the
// same struct while one is alive. Thread-safe.
const sl_store* export_store(std::shared_ptr<ObjectStore> store);

// The store behind the struct; takes a reference of its own. A store exported by this very library comes
// back as itself. Throws Error(not_supported) for an ABI version it does not speak.
std::shared_ptr<ObjectStore> import_store(const sl_store* exported);

}  // namespace storelink
