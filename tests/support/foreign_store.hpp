// A store as another library would export it: the same behaviour behind a table of its own, so that importing
// it does not find the C++ object behind.
#pragma once

#include <memory>

#include "storelink/abi.hpp"

namespace storelink::testing {

// One reference, which the caller releases. `table_size` cuts the table, as an older producer's would be.
const sl_store* make_foreign(std::shared_ptr<ObjectStore> store, std::uint32_t table_size = sizeof(sl_store),
                             std::uint32_t version = SL_ABI_VERSION);

// `store` exported, made foreign and imported again.
std::shared_ptr<ObjectStore> through_abi(std::shared_ptr<ObjectStore> store);

}  // namespace storelink::testing
