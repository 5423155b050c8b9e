// The functions of storelink/path.hpp.
#pragma once

#include <algorithm>

#include "storelink/error.hpp"
#include "storelink/path.hpp"

namespace storelink {

namespace detail {

// The text in quotes, on one line: what would not print is escaped.
inline std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.append(1, '\\').append(1, c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      constexpr std::string_view digits = "0123456789abcdef";
      out.append("\\x").append(1, digits[byte >> 4]).append(1, digits[byte & 15]);
    } else {
      out += c;
    }
  }
  return out += '"';
}

[[noreturn]] inline void refuse_path(std::string_view text, std::string_view rule) {
  throw Error(ErrorKind::invalid_path, "invalid path " + quoted(text) + ": " + std::string(rule));
}

}  // namespace detail

inline std::string parse_path(std::string_view text) {
  std::string_view path = text;
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  if (path.empty()) return {};
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment.empty()) detail::refuse_path(text, "it has an empty segment ('//')");
    if (segment == "." || segment == "..")
      detail::refuse_path(text, "'.' and '..' are not allowed as segments");
    for (const char c : segment) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
        detail::refuse_path(text, "ASCII control characters are not allowed");
    }
    begin = end + 1;
  }
  return std::string(path);
}

inline bool prefix_covers(std::string_view prefix, std::string_view key) noexcept {
  if (prefix.empty()) return true;
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  return key.size() > prefix.size() + 1 && key.starts_with(prefix) && key[prefix.size()] == '/';
}

inline std::string segment_prefix(std::string_view prefix) {
  std::string closed(prefix);
  if (!closed.empty() && !closed.ends_with('/')) closed += '/';
  return closed;
}

inline std::string without_closing_slash(std::string prefix) {
  if (prefix.ends_with('/') && prefix != "/" && !prefix.ends_with("//")) prefix.pop_back();
  return prefix;
}

}  // namespace storelink
