#include "codec/percent.hpp"

#include <array>
#include <cstddef>

#include "codec/text.hpp"

namespace storelink::codec {

namespace {

constexpr std::string_view upper_hex = "0123456789ABCDEF";

constexpr std::array<bool, 256> unreserved_bytes = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < 128; ++i) {
    const char c = static_cast<char>(i);
    table[i] = is_ascii_alpha(c) || is_ascii_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
  }
  return table;
}();

// The value of a hexadecimal digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_ascii_digit(c)) return c - '0';
  const char lower = to_lower_ascii(c);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

void append_percent_encoded(std::string& out, std::string_view text, Keep keep) {
  const bool keep_slash = keep == Keep::unreserved_and_slash;
  std::size_t kept_from = 0;  // the start of a run of bytes that stay
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (unreserved_bytes[byte] || (keep_slash && byte == '/')) continue;
    const char escape[3] = {'%', upper_hex[byte >> 4], upper_hex[byte & 0x0F]};
    out.append(text.substr(kept_from, i - kept_from)).append(escape, sizeof escape);
    kept_from = i + 1;
  }
  out.append(text.substr(kept_from));
}

std::string percent_encode(std::string_view text, Keep keep) {
  std::string out;
  out.reserve(text.size() + text.size() / 4);
  append_percent_encoded(out, text, keep);
  return out;
}

std::string encode_unprintable(std::string_view url) {
  std::string encoded;
  encoded.reserve(url.size());
  for (const char c : url) {
    if (c > ' ' && c < 0x7F)
      encoded += c;
    else
      append_percent_encoded(encoded, {&c, 1}, Keep::unreserved);
  }
  return encoded;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

std::string xml_escape(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; continue;
      case '<': out += "&lt;"; continue;
      case '>': out += "&gt;"; continue;
      case '"': out += "&quot;"; continue;
      case '\'': out += "&apos;"; continue;
      default: break;
    }
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out.push_back(c);
      continue;
    }
    out += "&#x";
    if (byte >= 0x10) out.push_back(upper_hex[byte >> 4]);
    out.push_back(upper_hex[byte & 0x0F]);
    out.push_back(';');
  }
  return out;
}

}  // namespace storelink::codec
