// The XML document that List Blobs answers with.
#pragma once

#include <string_view>

#include "storelink/object_store.hpp"

namespace storelink::cloud::azure {

// One page. The page token is the marker. Directories, which accounts with a hierarchical namespace list as
// well, are no objects and are left out. Names that XML cannot carry come percent-encoded and are decoded;
// etags get the quotes that they have in headers. Throws Error(generic) for another document, without quoting
// it.
ListPage parse_blob_list(std::string_view document);

}  // namespace storelink::cloud::azure
