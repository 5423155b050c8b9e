// From the response of a GET to the result of a get: which bytes came, of how large an object.
#pragma once

#include <string_view>

#include "cloud/headers.hpp"
#include "storelink/object_store.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud {

// For a 2xx response to `request`, whose body went to its sink. meta.path is the request's path.
// Throws Error(generic) for an answer that does not fit the question: it never gives bytes other than those
// asked for. A server that ignores the range and sends the whole object is put up with where the body was
// collected or lies in the caller's buffer; the part asked for is then moved to its front.
GetResult make_get_result(HttpResponse response, const GetRequest& request, const HeaderNames& names);

// The same for a HEAD.
GetResult make_head_result(const HttpResponse& response, const GetRequest& request, const HeaderNames& names);

// Throws Error(generic) for a range that is empty or backwards, and for a buffer too small for a bounded one.
void check_get_request(const GetRequest& request);

}  // namespace storelink::cloud
