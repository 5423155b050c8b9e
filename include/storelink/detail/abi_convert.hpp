// Between the structs of abi.h and the types of object_store.hpp.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storelink/abi.h"
#include "storelink/detail/attribute_names.hpp"
#include "storelink/object_store.hpp"

namespace storelink::abi {

[[noreturn]] [[gnu::cold]] [[gnu::noinline]] inline void refuse_version(std::string_view what,
                                                                        std::uint64_t version) {
  storelink::detail::throw_error(
      ErrorKind::not_supported,
      {"the ", what, " speaks version ", storelink::detail::Decimal(version),
       " of storelink's C ABI; accepted is version ", storelink::detail::Decimal(SL_ABI_VERSION)});
}

[[noreturn]] [[gnu::cold]] [[gnu::noinline]] inline void refuse_short_table() {
  storelink::detail::throw_error(ErrorKind::not_supported,
                                 {"the store's function table lacks what every store has"});
}

[[gnu::cold]] [[gnu::noinline]] inline const void* lengthen(void* to, std::size_t size, const void* from,
                                                            std::size_t given) noexcept {
  std::memset(to, 0, size);
  return std::memcpy(to, from, given);
}

// A struct of the other side, as long as this one knows it: the zero of each later field means that it is not
// given.
template <class Struct>
class Received {
 public:
  explicit Received(const Struct& from) noexcept
      : from_(from.struct_size >= sizeof(Struct)
                  ? from
                  : *static_cast<const Struct*>(lengthen(&copy_, sizeof(Struct), &from, from.struct_size))) {}
  Received(const Received&) = delete;
  Received& operator=(const Received&) = delete;
  const Struct& operator*() const noexcept { return from_; }
  const Struct* operator->() const noexcept { return &from_; }

 private:
  Struct copy_;
  const Struct& from_;
};

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
inline void read_optional(sl_string text, std::optional<std::string>& out) {
  if (text.data != nullptr) out.emplace(text.data, text.size);
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

// Gives the bytes away, with the reference to their owner.
inline sl_bytes give(Bytes&& bytes) {
  sl_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), nullptr, nullptr};
  if (bytes.owner() != nullptr) {
    given.owner = new std::shared_ptr<const void>(std::move(bytes).owner());
    given.release = [](void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); };
  }
  return given;
}

// Takes bytes that were given.
inline Bytes take(sl_bytes& bytes) {
  std::shared_ptr<const void> owner;
  if (bytes.release != nullptr) owner = std::shared_ptr<void>(bytes.owner, bytes.release);
  Bytes taken(bytes.data != nullptr ? reinterpret_cast<const char*>(bytes.data) : "", bytes.size,
              std::move(owner));
  bytes = sl_bytes{};
  return taken;
}

inline sl_object borrow_cause(const std::exception_ptr& cause) noexcept {
  if (!cause) return {};
  try {
    std::rethrow_exception(cause);
  } catch (const ForeignException& exception) {
    using Owner = std::exception_ptr;
    return {exception.object().get(), const_cast<Owner*>(&cause),
            [](void* owner) -> void* { return new (std::nothrow) Owner(*static_cast<Owner*>(owner)); },
            [](void* copied) { delete static_cast<Owner*>(copied); }};
  } catch (...) {
    return {};
  }
}

inline std::exception_ptr to_cause(const sl_object& cause) {
  if (cause.object == nullptr) return {};
  void* const copied = cause.copy(cause.owner);
  if (copied == nullptr) throw std::bad_alloc();
  std::shared_ptr<void> kept(copied, cause.release);
  return std::make_exception_ptr(ForeignException(std::shared_ptr<void>(std::move(kept), cause.object)));
}

inline sl_error borrow(const Error& error) noexcept {
  sl_error out{};
  out.struct_size = sizeof(sl_error);
  out.kind = static_cast<std::int32_t>(error.kind());
  out.message = borrow(std::string_view(error.message()));
  out.store = borrow(std::string_view(error.store()));
  out.path = borrow(std::string_view(error.path()));
  out.request_id = borrow(std::string_view(error.request_id()));
  out.status = error.status();
  out.cause = borrow_cause(error.cause());
  return out;
}

inline Error to_error(const sl_error& from) {
  const Received received(from);
  const sl_error& error = *received;
  ErrorDetails details;
  const bool known = error.kind >= SL_GENERIC && error.kind <= SL_CANCELLED;
  details.kind = known ? static_cast<ErrorKind>(error.kind) : ErrorKind::generic;
  details.message = to_string(error.message);
  details.store = to_string(error.store);
  details.path = to_string(error.path);
  details.request_id = to_string(error.request_id);
  details.status = error.status;
  details.cause = to_cause(error.cause);
  return Error(std::move(details));
}

// Any exception as an Error.
inline Error to_error(const std::exception_ptr& failure) {
  try {
    std::rethrow_exception(failure);
  } catch (const Error& error) {
    return error;
  } catch (const std::exception& error) {
    return Error(ErrorKind::generic, error.what());
  } catch (...) {
    return Error(ErrorKind::generic, "an exception of unknown type");
  }
}

inline sl_object_meta borrow(const ObjectMeta& meta) noexcept {
  return {.struct_size = sizeof(sl_object_meta),
          .path = borrow(std::string_view(meta.path)),
          .last_modified = to_nanoseconds(meta.last_modified),
          .size = meta.size,
          .e_tag = borrow(meta.e_tag),
          .version = borrow(meta.version)};
}

inline void read_meta(const sl_object_meta& from, ObjectMeta& out) {
  const Received received(from);
  const sl_object_meta& meta = *received;
  out.path.assign(meta.path.data, meta.path.size);
  out.last_modified = to_timestamp(meta.last_modified);
  out.size = meta.size;
  read_optional(meta.e_tag, out.e_tag);
  read_optional(meta.version, out.version);
}

// Names and values, lent: of metadata, tags or settings.
class Pairs {
 public:
  template <class Named>
  explicit Pairs(const Named& from) : size_(from.size()) {
    if (size_ == 0) return;
    pairs_ = std::make_unique_for_overwrite<sl_pair[]>(size_);
    sl_pair* next = pairs_.get();
    for (const auto& [name, value] : from)
      *next++ = {borrow(std::string_view(name)), borrow(std::string_view(value))};
  }
  const sl_pair* data() const noexcept { return pairs_.get(); }
  std::size_t size() const noexcept { return size_; }

 private:
  std::unique_ptr<sl_pair[]> pairs_;
  std::size_t size_;
};

inline std::vector<std::pair<std::string, std::string>> to_pairs(const sl_pair* pairs, std::size_t count) {
  std::vector<std::pair<std::string, std::string>> out;
  out.reserve(count);
  for (std::size_t i = 0; i < count; ++i)
    out.emplace_back(to_string(pairs[i].name), to_string(pairs[i].value));
  return out;
}

class BorrowedAttributes {
 public:
  explicit BorrowedAttributes(const Attributes& from) : metadata_(from.metadata) {
    if (from.empty()) return;
    for (const auto& [name, member] : all_attributes) {
      if (const auto& value = from.*member) attributes_[count_++] = {borrow(name), borrow(value)};
    }
  }
  // Fills the members of that name in a request or result.
  template <class Struct>
  void lend(Struct& to) const noexcept {
    to.attributes = attributes_.data();
    to.attribute_count = count_;
    to.metadata = metadata_.data();
    to.metadata_count = metadata_.size();
  }
  template <class Struct>
  void lend(Struct& to, const Pairs& tags) const noexcept {
    lend(to);
    to.tags = tags.data();
    to.tag_count = tags.size();
  }

 private:
  std::array<sl_pair, all_attributes.size()> attributes_;
  std::size_t count_ = 0;
  Pairs metadata_;
};

// Where the attribute of that name is kept; null for one that is not known here.
inline std::optional<std::string>* find_attribute(Attributes& attributes, sl_string name) noexcept {
  for (const auto& known : all_attributes)
    if (known.name == std::string_view(name.data, name.size)) return &(attributes.*known.member);
  return nullptr;
}

// Gives the name of an attribute that is not known here, if there is one.
inline sl_string read_attributes(const sl_pair* attributes, std::size_t attribute_count,
                                 const sl_pair* metadata, std::size_t metadata_count, Attributes& out) {
  sl_string unknown{};
  for (std::size_t i = 0; i < attribute_count; ++i) {
    const auto& [name, value] = attributes[i];
    if (std::optional<std::string>* place = find_attribute(out, name))
      place->emplace(value.data, value.size);
    else
      unknown = name;
  }
  for (std::size_t i = 0; i < metadata_count; ++i)
    out.metadata.insert({to_string(metadata[i].name), to_string(metadata[i].value)});
  return unknown;
}

// The members that lend() fills.
template <class Struct>
sl_string read_attributes(const Struct& from, Attributes& out) {
  if (from.attribute_count == 0 && from.metadata_count == 0) return {};
  return read_attributes(from.attributes, from.attribute_count, from.metadata, from.metadata_count, out);
}

struct CapabilityBit {
  std::uint64_t bit;
  bool Capabilities::* member;
};
inline constexpr std::array capability_bits = {
    CapabilityBit{SL_CAN_PUT_CREATE, &Capabilities::put_create},
    CapabilityBit{SL_CAN_PUT_UPDATE, &Capabilities::put_update},
    CapabilityBit{SL_CAN_COPY_CREATE, &Capabilities::copy_create},
    CapabilityBit{SL_CAN_ATTRIBUTES, &Capabilities::attributes},
    CapabilityBit{SL_CAN_TAGS, &Capabilities::tags},
    CapabilityBit{SL_CAN_VERSIONS, &Capabilities::versions},
    CapabilityBit{SL_CAN_SIGN, &Capabilities::sign},
    CapabilityBit{SL_LISTS_IN_ORDER, &Capabilities::ordered_list},
    CapabilityBit{SL_TAKES_HEADERS, &Capabilities::headers},
};

inline std::uint64_t to_bits(const Capabilities& capabilities) noexcept {
  std::uint64_t bits = 0;
  for (const auto& [bit, member] : capability_bits)
    if (capabilities.*member) bits |= bit;
  if (!capabilities.multipart) bits |= SL_TAKES_NO_PARTS;
  return bits;
}

inline Capabilities to_capabilities(std::uint64_t bits) noexcept {
  Capabilities capabilities;
  for (const auto& [bit, member] : capability_bits) capabilities.*member = (bits & bit) != 0;
  capabilities.multipart = (bits & SL_TAKES_NO_PARTS) == 0;
  return capabilities;
}

}  // namespace storelink::abi
