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
    if (const sl_store* table = imported->complete_table()) {
      table->retain(table);
      return table;
    }
  }
  return new abi::ExportedStore(std::move(store));
}

// The store behind the struct; takes a reference of its own. A store exported by this very library comes back
// as itself. Throws Error(not_supported) for an ABI version that it does not speak, and for a table that
// lacks what every store has.
inline std::shared_ptr<ObjectStore> import_store(const sl_store* exported) {
  if (exported->abi_version != SL_ABI_VERSION) abi::refuse_version("store", exported->abi_version);
  // A verb may be missing, these may not.
  if (!SL_HAS_FIELD(exported, sl_store, rename) || exported->retain == nullptr ||
      exported->release == nullptr || exported->capabilities == nullptr || exported->describe == nullptr)
    abi::refuse_short_table();
  if (auto own = abi::own_store(exported)) return own;
  return std::make_shared<abi::ImportedStore>(exported);
}

}  // namespace storelink
