// Redirects (RFC 9110, section 15.4), which web servers use and object stores do not.
#pragma once

#include <memory>

#include "storelink/transport.hpp"

namespace storelink::http {

// Follows up to 10 redirects of a GET or HEAD, never from https to http, and to another host without
// credentials and all other headers that it has no need of; with `stays`, not to another host at all. A
// redirect to the same path with a slash behind it says that this is a directory, so the answer's status
// becomes 404. What is not followed is returned as it is.
std::shared_ptr<Transport> follow_redirects(std::shared_ptr<Transport> inner, bool stays);

}  // namespace storelink::http
