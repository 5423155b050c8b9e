// Small helpers for ASCII text: configuration values, header names, suggestions in error messages.
//
// Everything here is independent of the locale; bytes above 0x7F are never changed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace storelink::codec {

// One ASCII letter in lower case; any other byte as it is.
constexpr char to_lower_ascii(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

constexpr bool is_ascii_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}

constexpr bool is_ascii_alpha(char c) noexcept {
  const char lower = to_lower_ascii(c);
  return lower >= 'a' && lower <= 'z';
}

// Space, tab, line feed, vertical tab, form feed and carriage return.
constexpr bool is_ascii_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

// The part of `text` between leading and trailing ASCII white space; a view into `text`.
std::string_view trim(std::string_view text) noexcept;

std::string to_lower(std::string_view text);

// How many bytes the character at the front of `text` has in UTF-8 (RFC 3629); 0 where there is none.
std::size_t utf8_length(std::string_view text) noexcept;

// Whether all of it is UTF-8.
bool is_utf8(std::string_view text) noexcept;

// Equal when ASCII case is ignored.
constexpr bool iequals(std::string_view a, std::string_view b) noexcept {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (to_lower_ascii(a[i]) != to_lower_ascii(b[i])) return false;
  }
  return true;
}

// Decimal digits and nothing else, at most 2^64 - 1.
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;

// 1, true, on, yes, y -> true; 0, false, off, no, n -> false (any case, surrounding white space
// ignored); anything else -> nothing.
std::optional<bool> parse_bool(std::string_view text) noexcept;

// The entry of `known` closest to `given`, for "did you mean …?". Distance counts insertions,
// deletions, substitutions and swaps of neighbours, ignoring ASCII case; the first entry wins a tie.
// Empty when no entry is within a third of the longer length.
std::string_view nearest_match(std::string_view given, std::span<const std::string_view> known);

}  // namespace storelink::codec
