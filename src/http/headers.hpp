// What HTTP's own headers say about a response. (find_header() is in storelink/transport.hpp.)
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "storelink/transport.hpp"

namespace storelink::http {

// Content-Length, if there is a valid one.
std::optional<std::uint64_t> content_length(const Headers& headers);

// A part of an object, [start, end).
struct Extent {
  std::uint64_t start = 0;
  std::uint64_t end = 0;
};

// The bounds in "bytes first-last/size" (RFC 9110, section 14.4), whatever stands for the size; nothing for
// any other text, an unsatisfied range included.
std::optional<Extent> content_range_bounds(std::string_view text);

}  // namespace storelink::http
