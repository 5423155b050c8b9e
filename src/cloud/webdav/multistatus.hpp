// The answer to a PROPFIND (RFC 4918, section 14.16).
#pragma once

#include <string_view>

#include "storelink/object_store.hpp"

namespace storelink::cloud::webdav {

// Objects, and collections as common prefixes. `base` is the path, decoded and with its closing slash, that
// keys lie below; the collection there is the prefix "". References may be URLs or paths and encoded in any
// way. Etags get the quotes that some servers leave out. Throws Error(generic) for another document and for a
// path outside of the base, not_supported for an answer that is none to a PROPFIND.
ListPage parse_multistatus(int status, std::string_view document, std::string_view base);

}  // namespace storelink::cloud::webdav
