#include "http/headers.hpp"

#include "codec/text.hpp"

namespace storelink {

const std::string* find_header(const Headers& headers, std::string_view name) noexcept {
  for (const auto& [key, value] : headers) {
    if (key.size() == name.size() && codec::iequals(key, name)) return &value;
  }
  return nullptr;
}

namespace http {

std::optional<std::uint64_t> content_length(const Headers& headers) {
  const std::string* text = find_header(headers, "content-length");
  return text == nullptr ? std::nullopt : codec::parse_number(*text);
}

std::optional<Extent> content_range_bounds(std::string_view text) {
  constexpr std::string_view unit = "bytes ";
  if (!text.starts_with(unit)) return {};
  text.remove_prefix(unit.size());
  const std::size_t dash = text.find('-');
  const std::size_t slash = text.find('/');
  if (dash == std::string_view::npos || slash == std::string_view::npos || dash > slash) return {};
  const auto first = codec::parse_number(text.substr(0, dash));
  const auto last = codec::parse_number(text.substr(dash + 1, slash - dash - 1));
  if (!first || !last || *last < *first) return {};
  Extent extent;
  extent.start = *first;
  extent.end = *last + 1;
  return extent;
}

}  // namespace http
}  // namespace storelink
