// Deleting one object, and many.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cloud/service.hpp"

namespace storelink::cloud {

Task<void> delete_one_async(SharedService service, std::string key);

// One entry per key, in order: empty where the object is gone, also where there was none. Keys go in requests
// of as many as the service takes, 10 requests at a time; what such a request cannot carry is deleted one by
// one. Throws Error(cancelled) only.
Task<std::vector<std::optional<Error>>> delete_many_async(SharedService service,
                                                          std::vector<std::string> keys);

}  // namespace storelink::cloud
