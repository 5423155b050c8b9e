// URLs that name stores: parse_store_url() and open_url() of storelink/stores.hpp.
#pragma once

#include <string_view>

#include "storelink/stores.hpp"

namespace storelink {

// What parse_store_url() takes, for messages.
inline constexpr std::string_view accepted_store_urls =
    "memory:///path, file:///directory, s3://bucket/path, s3a://bucket/path, "
    "https://s3.REGION.amazonaws.com/BUCKET/path, https://BUCKET.s3.REGION.amazonaws.com/path and "
    "https://ACCOUNT.r2.cloudflarestorage.com/BUCKET/path";

}  // namespace storelink
