// Attributes as extended attributes of the file: user.storelink.<HTTP name>, user.storelink.meta.<name>.
#include <fmt/format.h>

#include <array>
#include <cerrno>

#include "local/directory.hpp"
#include "local/extended_attributes.hpp"
#include "storelink/detail/attribute_names.hpp"

namespace storelink::local {

namespace {

constexpr std::string_view name_prefix = "user.storelink.";
constexpr std::string_view metadata_prefix = "user.storelink.meta.";

std::string value_of(int fd, const char* name) {
  std::string value(256, '\0');
  for (;;) {
    const ssize_t size = get_extended_attribute(fd, name, value.data(), value.size());
    if (size >= 0) {
      value.resize(static_cast<std::size_t>(size));
      return value;
    }
    if (errno != ERANGE) return {};
    value.resize(value.size() * 4);
  }
}

Error no_attributes(const Root& root, std::string_view key) {
  return Error(ErrorKind::not_supported,
               "this file system has no extended attributes, so a LocalStore on it cannot hold attributes: "
               "put without "
               "any, or choose another root")
      .at(root.name(), key);
}

}  // namespace

void check_attributes(const Root& root, const Attributes& attributes, std::string_view key) {
  if (!root.holds_attributes() && !attributes.empty()) throw no_attributes(root, key);
}

void StagedFile::set_attributes(const Attributes& attributes) {
  auto set = [this](const std::string& name, const std::string& value) {
    if (set_extended_attribute(file_.get(), name.c_str(), value.data(), value.size())) return;
    if (errno == ENOTSUP) throw no_attributes(*root_, key_);
    throw_system_error(errno, fmt::format("store the attribute {}", name), root_->name(), key_);
  };
  for (const auto& [name, member] : all_attributes)
    if (const auto& value = attributes.*member) set(std::string(name_prefix).append(name), *value);
  for (const auto& [name, value] : attributes.metadata) set(std::string(metadata_prefix) + name, value);
}

Attributes read_attributes(int fd) {
  Attributes attributes;
  std::array<char, 4096> small;
  ssize_t size = list_extended_attributes(fd, small.data(), small.size());
  std::string large;
  const char* names = small.data();
  if (size < 0 && errno == ERANGE) {
    large.resize(64u << 10);  // the kernel's own limit
    size = list_extended_attributes(fd, large.data(), large.size());
    names = large.data();
  }
  for (const char* name = names; size > 0 && name < names + size;
       name += std::char_traits<char>::length(name) + 1) {
    const std::string_view text(name);
    if (!text.starts_with(name_prefix)) continue;
    if (text.starts_with(metadata_prefix)) {
      attributes.metadata.emplace(text.substr(metadata_prefix.size()), value_of(fd, name));
      continue;
    }
    for (const auto& [known, member] : all_attributes)
      if (text.substr(name_prefix.size()) == known) attributes.*member = value_of(fd, name);
  }
  return attributes;
}

}  // namespace storelink::local
