#include "abi/convert.hpp"

#include <array>

#include "base/attribute_names.hpp"

namespace storelink::abi {

namespace {

struct CapabilityBit {
  std::uint64_t bit;
  bool Capabilities::* member;
};
constexpr std::array capability_bits = {
    CapabilityBit{SL_CAN_PUT_CREATE, &Capabilities::put_create},
    CapabilityBit{SL_CAN_PUT_UPDATE, &Capabilities::put_update},
    CapabilityBit{SL_CAN_COPY_CREATE, &Capabilities::copy_create},
    CapabilityBit{SL_CAN_ATTRIBUTES, &Capabilities::attributes},
    CapabilityBit{SL_CAN_TAGS, &Capabilities::tags},
    CapabilityBit{SL_CAN_VERSIONS, &Capabilities::versions},
    CapabilityBit{SL_CAN_SIGN, &Capabilities::sign},
    CapabilityBit{SL_LISTS_IN_ORDER, &Capabilities::ordered_list},
};

// The maker's struct may be larger than ours.
template <class F>
void for_each_pair(const sl_pair* pairs, std::size_t count, std::size_t pair_size, F use) {
  const auto* item = reinterpret_cast<const char*>(pairs);
  for (std::size_t i = 0; i < count; ++i, item += pair_size) {
    const auto& pair = *reinterpret_cast<const sl_pair*>(item);
    use(to_string(pair.name), to_string(pair.value));
  }
}

}  // namespace

sl_bytes give(const Bytes& bytes) {
  sl_bytes given{reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), nullptr, nullptr};
  if (bytes.owner() != nullptr) {
    given.owner = new std::shared_ptr<const void>(bytes.owner());
    given.release = [](void* owner) { delete static_cast<std::shared_ptr<const void>*>(owner); };
  }
  return given;
}

Bytes take(sl_bytes& bytes) {
  const sl_bytes taken = std::exchange(bytes, sl_bytes{});
  std::shared_ptr<const void> owner;
  if (taken.release != nullptr) owner = std::shared_ptr<void>(taken.owner, taken.release);
  if (taken.size == 0) return {};
  return Bytes(taken.data, taken.size, std::move(owner));
}

sl_error borrow(const Error& error) noexcept {
  sl_error out{};
  out.struct_size = sizeof(sl_error);
  out.kind = static_cast<std::int32_t>(error.kind());
  out.message = borrow(std::string_view(error.message()));
  out.store = borrow(std::string_view(error.store()));
  out.path = borrow(std::string_view(error.path()));
  out.request_id = borrow(std::string_view(error.request_id()));
  out.status = error.status();
  return out;
}

Error to_error(const sl_error& error) {
  ErrorDetails details;
  const bool known = error.kind >= SL_GENERIC && error.kind <= SL_CANCELLED;
  details.kind = known ? static_cast<ErrorKind>(error.kind) : ErrorKind::generic;
  details.message = to_string(error.message);
  details.store = to_string(error.store);
  details.path = to_string(error.path);
  details.request_id = to_string(error.request_id);
  details.status = error.status;
  return Error(std::move(details));
}

Error to_error(const std::exception_ptr& failure) {
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

sl_object_meta borrow(const ObjectMeta& meta) noexcept {
  return {borrow(std::string_view(meta.path)), to_nanoseconds(meta.last_modified), meta.size,
          borrow(meta.e_tag), borrow(meta.version)};
}

ObjectMeta to_meta(const sl_object_meta& meta) {
  ObjectMeta out;
  out.path = to_string(meta.path);
  out.last_modified = to_timestamp(meta.last_modified);
  out.size = meta.size;
  out.e_tag = to_optional(meta.e_tag);
  out.version = to_optional(meta.version);
  return out;
}

BorrowedAttributes::BorrowedAttributes(const Attributes& from) {
  for (const auto& [name, member] : all_attributes) {
    if (const auto& value = from.*member) attributes.push_back({borrow(name), borrow(value)});
  }
  for (const auto& [name, value] : from.metadata)
    metadata.push_back({borrow(std::string_view(name)), borrow(std::string_view(value))});
}

Pairs borrow(const Tags& tags) {
  Pairs pairs;
  for (const auto& [name, value] : tags)
    pairs.push_back({borrow(std::string_view(name)), borrow(std::string_view(value))});
  return pairs;
}

Attributes to_attributes(const sl_pair* attributes, std::size_t attribute_count, const sl_pair* metadata,
                         std::size_t metadata_count, std::size_t pair_size) {
  Attributes out;
  for_each_pair(attributes, attribute_count, pair_size, [&out](const std::string& name, std::string value) {
    for (const auto& known : all_attributes) {
      if (known.name != name) continue;
      out.*known.member = std::move(value);
      return;
    }
    throw Error(ErrorKind::not_supported, "the attribute " + name + " is not known here");
  });
  for_each_pair(metadata, metadata_count, pair_size, [&out](std::string name, std::string value) {
    out.metadata[std::move(name)] = std::move(value);
  });
  return out;
}

Tags to_tags(const sl_pair* tags, std::size_t count, std::size_t pair_size) {
  Tags out;
  for_each_pair(tags, count, pair_size, [&out](std::string name, std::string value) {
    out.emplace_back(std::move(name), std::move(value));
  });
  return out;
}

std::uint64_t to_bits(const Capabilities& capabilities) noexcept {
  std::uint64_t bits = 0;
  for (const auto& [bit, member] : capability_bits)
    if (capabilities.*member) bits |= bit;
  return bits;
}

Capabilities to_capabilities(std::uint64_t bits) noexcept {
  Capabilities capabilities;
  for (const auto& [bit, member] : capability_bits) capabilities.*member = (bits & bit) != 0;
  return capabilities;
}

}  // namespace storelink::abi
