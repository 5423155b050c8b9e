// Between the structs of abi.h and the types of object_store.hpp.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storelink/abi.h"
#include "storelink/object_store.hpp"

namespace storelink::abi {

inline sl_string borrow(std::string_view text) noexcept {
  return {text.data(), text.size()};
}
// Null data for nothing, never for an empty string.
inline sl_string borrow(const std::optional<std::string>& text) noexcept {
  return text ? sl_string{text->c_str(), text->size()} : sl_string{nullptr, 0};
}
inline std::string to_string(sl_string text) {
  return text.size == 0 ? std::string() : std::string(text.data, text.size);
}
inline std::optional<std::string> to_optional(sl_string text) {
  if (text.data == nullptr) return {};
  return std::string(text.data, text.size);
}

inline std::int64_t to_nanoseconds(Timestamp time) noexcept {
  return time.time_since_epoch().count();
}
inline Timestamp to_timestamp(std::int64_t nanoseconds) noexcept {
  return Timestamp(std::chrono::nanoseconds(nanoseconds));
}
inline std::int64_t to_nanoseconds(const std::optional<Timestamp>& time) noexcept {
  return time ? to_nanoseconds(*time) : SL_NO_TIME;
}
inline std::optional<Timestamp> to_optional_time(std::int64_t nanoseconds) noexcept {
  if (nanoseconds == SL_NO_TIME) return {};
  return to_timestamp(nanoseconds);
}

// Gives the bytes away, with a reference to their owner.
sl_bytes give(const Bytes& bytes);
// Takes bytes that were given.
Bytes take(sl_bytes& bytes);

sl_error borrow(const Error& error) noexcept;
Error to_error(const sl_error& error);
// Any exception as an Error.
Error to_error(const std::exception_ptr& failure);

sl_object_meta borrow(const ObjectMeta& meta) noexcept;
ObjectMeta to_meta(const sl_object_meta& meta);

using Pairs = std::vector<sl_pair>;
struct BorrowedAttributes {
  explicit BorrowedAttributes(const Attributes& attributes);
  Pairs attributes, metadata;
};
Pairs borrow(const Tags& tags);
Attributes to_attributes(const sl_pair* attributes, std::size_t attribute_count, const sl_pair* metadata,
                         std::size_t metadata_count, std::size_t pair_size);
Tags to_tags(const sl_pair* tags, std::size_t count, std::size_t pair_size);

std::uint64_t to_bits(const Capabilities& capabilities) noexcept;
Capabilities to_capabilities(std::uint64_t bits) noexcept;

}  // namespace storelink::abi
