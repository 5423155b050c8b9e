// Listings of a directory tree in the order of the keys.
#pragma once

#include "local/directory.hpp"

namespace storelink::local {

// One page. Directories are not objects; staged files, links out of the root and what is neither file nor
// directory are left out. A directory without any object in it is no common prefix.
ListPage list_page(const Root& root, const ListRequest& request, Context& context);

}  // namespace storelink::local
