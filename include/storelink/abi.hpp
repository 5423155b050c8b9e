// The C ABI of abi.h from C++: any ObjectStore can be exported, any exported store is an ObjectStore.
//
// Header-only, like what it includes: code that only shares stores links nothing of the library.
#pragma once

#include <memory>

#include "storelink/abi.h"
#include "storelink/detail/abi_export.hpp"
#include "storelink/detail/abi_import.hpp"
#include "storelink/object_store.hpp"

namespace storelink {

// A struct with one reference, that keeps `store` alive until its last release(). A store that was imported
// gives its producer's own struct. Thread-safe.
inline const sl_store* export_store(std::shared_ptr<ObjectStore> store) {
  if (const auto* imported = dynamic_cast<const abi::ImportedStore*>(store.get())) {
    imported->exported()->retain(imported->exported());
    return imported->exported();
  }
  return new abi::ExportedStore(std::move(store));
}

// The store behind the struct; takes a reference of its own. A store exported by this very library comes back
// as itself. Throws Error(not_supported) for an ABI version that it does not speak, and for a table that
// lacks what every store has.
inline std::shared_ptr<ObjectStore> import_store(const sl_store* exported) {
  if (exported->abi_version != SL_ABI_VERSION)
    throw Error(ErrorKind::not_supported,
                "the store speaks version " + std::to_string(exported->abi_version) +
                    " of storelink's C ABI; accepted is version " + std::to_string(SL_ABI_VERSION));
  if (!SL_HAS(exported, sl_store, rename))
    throw Error(ErrorKind::not_supported, "the store's function table has " +
                                              std::to_string(exported->struct_size) + " bytes; needed are " +
                                              std::to_string(offsetof(sl_store, get_ranges)));
  if (auto own = abi::own_store(exported)) return own;
  return std::make_shared<abi::ImportedStore>(exported);
}

}  // namespace storelink
