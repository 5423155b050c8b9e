#include "cloud/webdav/multistatus.hpp"

#include <fmt/format.h>

#include "cloud/xml_document.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"

namespace storelink::cloud::webdav {

namespace {

// Which prefix stands for the namespace "DAV:" is the server's choice.
std::string_view local_name(pugi::xml_node node) {
  const std::string_view name = node.name();
  return name.substr(name.find(':') + 1);
}

pugi::xml_node child_of(pugi::xml_node node, std::string_view name) {
  return node.find_child([name](pugi::xml_node child) { return local_name(child) == name; });
}

// The path below `base`, without a closing slash.
std::string path_below(std::string_view base, std::string_view reference) {
  std::string_view path = codec::trim(reference);
  if (const std::size_t mark = path.find("://"); mark < path.find('/'))
    path.remove_prefix(std::min(path.find('/', mark + 3), path.size()));
  std::string decoded = codec::percent_decode(path);
  if (decoded.ends_with('/')) decoded.pop_back();
  if (decoded == base.substr(0, base.size() - 1)) return {};
  if (!decoded.starts_with(base)) {
    throw Error(ErrorKind::generic,
                fmt::format("the server lists {:?}, which is not below the store's own path {:?}; is the URL "
                            "the one that the server knows itself by?",
                            decoded, base));
  }
  return decoded.substr(base.size());
}

// Adds what the properties that were found say; the others stand under another status.
void read_properties(pugi::xml_node response, ObjectMeta& meta, bool& is_collection) {
  std::string_view size;
  for (const pugi::xml_node status : response) {
    if (local_name(status) != "propstat") continue;
    if (std::string_view(child_of(status, "status").child_value()).find(" 200") == std::string_view::npos)
      continue;
    for (const pugi::xml_node property : child_of(status, "prop")) {
      const std::string_view name = local_name(property);
      const std::string_view value = codec::trim(property.child_value());
      if (name == "resourcetype") {
        is_collection = static_cast<bool>(child_of(property, "collection"));
      } else if (name == "getcontentlength") {
        size = value;
      } else if (name == "getlastmodified") {
        if (const auto time = codec::parse_rfc1123(value)) meta.last_modified = *time;
      } else if (name == "getetag" && !value.empty()) {
        meta.e_tag = value.ends_with('"') ? std::string(value) : fmt::format("\"{}\"", value);
      }
    }
  }
  if (!is_collection) meta.size = parse_listed_size(size);
}

}  // namespace

ListPage parse_multistatus(int status, std::string_view text, std::string_view base) {
  const XmlDocument document(text);
  const pugi::xml_node root = document.any_root();
  if (status != 207 || local_name(root) != "multistatus") {
    throw Error(
        ErrorKind::not_supported,
        fmt::format("the server answers PROPFIND with status {} and no <multistatus>: it does not speak "
                    "WebDAV, so it cannot list",
                    status));
  }
  ListPage page;
  for (const pugi::xml_node response : root) {
    // One with a status of its own is there for an error.
    if (local_name(response) != "response" || child_of(response, "status")) continue;
    ObjectMeta meta;
    bool is_collection = false;
    meta.path = path_below(base, child_of(response, "href").child_value());
    read_properties(response, meta, is_collection);
    if (is_collection)
      page.common_prefixes.push_back(std::move(meta.path));
    else
      page.objects.push_back(std::move(meta));
  }
  return page;
}

}  // namespace storelink::cloud::webdav
