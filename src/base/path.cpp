#include "storelink/path.hpp"

#include <fmt/format.h>

#include "storelink/error.hpp"

namespace storelink {

namespace {

[[noreturn]] void refuse(std::string_view text, std::string_view rule) {
  throw Error(ErrorKind::invalid_path, fmt::format("invalid path {:?}: {}", text, rule));
}

}  // namespace

std::string parse_path(std::string_view text) {
  std::string_view path = text;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return {};
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty()) refuse(text, "it has an empty segment ('//')");
    if (segment == "." || segment == "..") refuse(text, "'.' and '..' are not allowed as segments");
    for (const char c : segment) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        refuse(text, "ASCII control characters are not allowed");
    }
    begin = end + 1;
  }
  return std::string(path);
}

bool prefix_covers(std::string_view prefix, std::string_view key) noexcept {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty()) return true;
  return key.size() > prefix.size() + 1 && key.starts_with(prefix) && key[prefix.size()] == '/';
}

std::string segment_prefix(std::string_view prefix) {
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.empty()) return {};
  return std::string(prefix) += '/';
}

}  // namespace storelink
