#include "local/file_names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/text.hpp"
#include "storelink/error.hpp"

namespace storelink::local {

namespace {

constexpr std::string_view escaped_marker =
    "2Estorelink~";  // staged_marker with its dot escaped, behind a '%'

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The byte that "%XX" at `at` stands for.
char escaped_byte(std::string_view text, std::size_t at) {
  return static_cast<char>(hex_value(text[at + 1]) * 16 + hex_value(text[at + 2]));
}

// With the bytes for all escapes of such as are not ASCII.
std::string unescaped(std::string_view segment) {
  std::string name;
  for (std::size_t i = 0; i < segment.size();) {
    const bool escape = segment[i] == '%' && i + 2 < segment.size() && hex_value(segment[i + 1]) >= 8 &&
                        hex_value(segment[i + 2]) >= 0;
    name.push_back(escape ? escaped_byte(segment, i) : segment[i]);
    i += escape ? 3 : 1;
  }
  return name;
}

// Whether the '%' at `at` begins an escape of ours, or an escaped '%' that does.
bool begins_escape(std::string_view text, std::size_t at) {
  std::string_view rest = text.substr(at + 1);
  while (rest.starts_with("25")) rest.remove_prefix(2);
  if (at == 0 && rest.starts_with(escaped_marker)) return true;
  if (rest.size() < 2 || hex_value(rest[0]) < 0 || hex_value(rest[1]) < 0) return false;
  return is_control(static_cast<char>(hex_value(rest[0]) * 16 + hex_value(rest[1])));
}

std::string name_of(std::string_view segment) {
  std::string name;
  name.reserve(segment.size());
  for (std::size_t i = 0; i < segment.size(); ++i) {
    const char c = segment[i];
    const bool awkward = is_control(c) || (c == '%' && begins_escape(segment, i)) ||
                         (i == 0 && segment.starts_with(staged_marker));
    if (awkward)
      fmt::format_to(std::back_inserter(name), "%{:02X}", static_cast<unsigned char>(c));
    else
      name.push_back(c);
  }
  return name;
}

}  // namespace

std::string file_path(std::string_view key) {
  auto refuse = [key](std::string_view rule) -> std::string {
    throw Error(ErrorKind::invalid_path, fmt::format("a LocalStore cannot hold the key {:?}: {}", key, rule));
  };
  if (key.empty()) return refuse("it is empty");
  if (!codec::is_utf8(key)) return refuse("it is not UTF-8");
  std::string path;
  path.reserve(key.size());
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment = key.substr(begin, end - begin);
    if (segment.empty()) return refuse("it begins or ends with a slash or has two in a row");
    if (segment == "." || segment == "..") return refuse("'.' and '..' are not allowed as segments");
    const std::string name = name_of(segment);
    if (name.size() > 255) return refuse("a segment is longer than the 255 bytes of a file name");
    path.append(path.empty() ? "" : "/").append(name);
    begin = end + 1;
  }
  return path;
}

std::string segment_of(std::string_view name) {
  const auto plain = [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != '%'; };
  if (std::all_of(name.begin(), name.end(), plain)) return std::string(name);
  std::string segment;
  for (std::size_t i = 0; i < name.size();) {
    const std::size_t length = codec::utf8_length(name.substr(i));
    if (length == 0) {
      fmt::format_to(std::back_inserter(segment), "%{:02X}", static_cast<unsigned char>(name[i++]));
    } else if (name[i] == '%' && begins_escape(name, i)) {
      segment.push_back(escaped_byte(name, i));
      i += 3;
    } else {
      segment.append(name, i, length);
      i += length;
    }
  }
  return segment;
}

std::string raw_path(std::string_view key) {
  if (key.find('\0') != std::string_view::npos) return {};
  if (std::any_of(key.begin(), key.end(), is_control)) return std::string(key);
  if (key.find('%') == std::string_view::npos) return {};
  std::string path;
  bool raw = false;
  for (std::size_t begin = 0; begin <= key.size();) {
    const std::size_t end = std::min(key.find('/', begin), key.size());
    const std::string_view segment = key.substr(begin, end - begin);
    std::string name = unescaped(segment);
    // Only what is listed as this segment leads back.
    const bool leads_back = !codec::is_utf8(name) && segment_of(name) == segment;
    raw = raw || leads_back;
    path.append(path.empty() ? "" : "/").append(leads_back ? name : name_of(segment));
    begin = end + 1;
  }
  return raw ? path : std::string();
}

bool is_staged(std::string_view name) noexcept {
  return name.starts_with(staged_marker);
}

}  // namespace storelink::local
