#include "codec/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <vector>

namespace storelink::codec {

namespace {

// Names longer than this are not names; it also bounds the work done on hostile input.
constexpr std::size_t max_name_length = 256;

// Optimal string alignment distance (Levenshtein plus swaps of neighbours) in three rolling rows.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) last[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t substitution = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, substitution});
      const bool swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
      if (swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
    }
    before_last.swap(last);
    last.swap(row);
  }
  return last[b.size()];
}

// Without the ASCII at its front, which most text is: eight bytes at a time.
std::string_view behind_ascii(std::string_view text) noexcept {
  std::uint64_t eight = 0;
  while (text.size() >= sizeof eight) {
    std::memcpy(&eight, text.data(), sizeof eight);
    if ((eight & 0x8080808080808080u) != 0) break;
    text.remove_prefix(sizeof eight);
  }
  while (!text.empty() && static_cast<unsigned char>(text.front()) < 0x80) text.remove_prefix(1);
  return text;
}

}  // namespace

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_ascii_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ascii_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), to_lower_ascii);
  return lower;
}

std::size_t utf8_length(std::string_view text) noexcept {
  const auto at = [text](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const unsigned first = at(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) return 0;
  for (std::size_t i = 1; i < length; ++i)
    if ((at(i) & 0xC0) != 0x80) return 0;
  // Too long a form, a surrogate, or behind U+10FFFF.
  const unsigned second = at(1);
  if ((first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
      (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F))
    return 0;
  return length;
}

bool is_utf8(std::string_view text) noexcept {
  for (text = behind_ascii(text); !text.empty(); text = behind_ascii(text)) {
    const std::size_t length = utf8_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::optional<std::uint64_t> parse_number(std::string_view text) noexcept {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<bool> parse_bool(std::string_view text) noexcept {
  constexpr std::array<std::string_view, 5> yes = {"1", "true", "on", "yes", "y"};
  constexpr std::array<std::string_view, 5> no = {"0", "false", "off", "no", "n"};
  const std::string_view word = trim(text);
  const auto same = [word](std::string_view name) { return iequals(word, name); };
  if (std::any_of(yes.begin(), yes.end(), same)) return true;
  if (std::any_of(no.begin(), no.end(), same)) return false;
  return std::nullopt;
}

std::string_view nearest_match(std::string_view given, std::span<const std::string_view> known) {
  if (given.empty() || given.size() > max_name_length) return {};
  const std::string wanted = to_lower(given);
  std::string_view best;
  std::size_t best_distance = max_name_length;
  for (const std::string_view candidate : known) {
    if (candidate.empty() || candidate.size() > max_name_length) continue;
    const std::size_t distance = edit_distance(wanted, to_lower(candidate));
    const std::size_t limit = std::max(wanted.size(), candidate.size()) / 3;
    if (distance > limit || distance >= best_distance) continue;
    best = candidate;
    best_distance = distance;
  }
  return best;
}

}  // namespace storelink::codec
