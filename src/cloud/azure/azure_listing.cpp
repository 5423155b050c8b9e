#include "cloud/azure/azure_listing.hpp"

#include <cstring>

#include "cloud/xml_document.hpp"
#include "codec/percent.hpp"
#include "codec/time.hpp"

namespace storelink::cloud::azure {

namespace {

std::string name_of(pugi::xml_node node) {
  const pugi::xml_node name = node.child("Name");
  const bool encoded = std::strcmp(name.attribute("Encoded").value(), "true") == 0;
  return encoded ? codec::percent_decode(name.child_value()) : std::string(name.child_value());
}

std::string quoted(std::string_view e_tag) {
  if (e_tag.starts_with('"') || e_tag.starts_with("W/")) return std::string(e_tag);
  return std::string("\"").append(e_tag).append("\"");
}

// False for a directory.
bool parse_properties(pugi::xml_node properties, ObjectMeta& meta) {
  for (pugi::xml_node child = properties.first_child(); child; child = child.next_sibling()) {
    const std::string_view name = child.name();
    if (name == "Last-Modified") {
      const auto time = codec::parse_rfc1123(child.child_value());
      if (!time) throw Error(ErrorKind::generic, "a listed object has a time that is none");
      meta.last_modified = *time;
    } else if (name == "Etag") {
      meta.e_tag = quoted(child.child_value());
    } else if (name == "Content-Length") {
      meta.size = parse_listed_size(child.child_value());
    } else if (name == "ResourceType") {
      if (std::strcmp(child.child_value(), "directory") == 0) return false;
    }
  }
  return true;
}

}  // namespace

ListPage parse_blob_list(std::string_view text) {
  const XmlDocument document(text);
  const pugi::xml_node root = document.root("EnumerationResults");
  ListPage page;
  const pugi::xml_node blobs = root.child("Blobs");
  for (pugi::xml_node child = blobs.first_child(); child; child = child.next_sibling()) {
    if (std::strcmp(child.name(), "Blob") == 0) {
      ObjectMeta meta;
      meta.path = name_of(child);
      if (const pugi::xml_node version = child.child("VersionId")) meta.version = version.child_value();
      if (parse_properties(child.child("Properties"), meta)) page.objects.push_back(std::move(meta));
    } else if (std::strcmp(child.name(), "BlobPrefix") == 0) {
      page.common_prefixes.push_back(without_closing_slash(name_of(child)));
    }
  }
  page.next_page_token = root.child_value("NextMarker");
  return page;
}

}  // namespace storelink::cloud::azure
