#include "cloud/xml_listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "cloud/xml_document.hpp"
#include "codec/percent.hpp"
#include "codec/time.hpp"

namespace storelink::cloud {

namespace {

// Percent-decoding and "+" for a space, as S3's encoding-type=url writes them.
std::string decode_form(const char* text) {
  std::string decoded(text);
  bool encoded = false;
  for (char& c : decoded) {
    if (c == '+') c = ' ';
    encoded |= c == '%';
  }
  return encoded ? codec::percent_decode(decoded) : decoded;
}

std::string decode_key(const char* text, bool encoded) {
  return encoded ? decode_form(text) : std::string(text);
}

// A list has thousands of elements: pugixml's iterators, and comparing each name with every known one, would
// cost more than parsing the document.
void parse_contents(pugi::xml_node contents, bool encoded, ObjectMeta& meta) {
  for (pugi::xml_node child = contents.first_child(); child; child = child.next_sibling()) {
    const char* name = child.name();
    switch (*name) {
      case 'K':
        if (std::strcmp(name, "Key") == 0) meta.path = decode_key(child.child_value(), encoded);
        break;
      case 'L':
        if (std::strcmp(name, "LastModified") == 0) {
          const auto time = codec::parse_rfc3339(child.child_value());
          if (!time) throw Error(ErrorKind::generic, "a listed object has a time that is none");
          meta.last_modified = *time;
        }
        break;
      case 'E':
        if (std::strcmp(name, "ETag") == 0) meta.e_tag.emplace(child.child_value());
        break;
      case 'G':  // of Google Cloud Storage
        if (std::strcmp(name, "Generation") == 0) meta.version.emplace(child.child_value());
        break;
      case 'S':
        if (std::strcmp(name, "Size") == 0) meta.size = parse_listed_size(child.child_value());
        break;
      default: break;
    }
  }
}

void find_in(pugi::xml_node node, const char* name, std::string& found) {
  for (const pugi::xml_node child : node) {
    if (!found.empty()) return;
    if (std::strcmp(child.name(), name) == 0) {
      found = child.child_value();
    } else {
      find_in(child, name, found);
    }
  }
}

}  // namespace

ListPage parse_list_bucket_result(std::string_view text) {
  const XmlDocument document(text);
  const pugi::xml_node root = document.root("ListBucketResult");
  const bool encoded = std::strcmp(root.child_value("EncodingType"), "url") == 0;
  ListPage page;
  // Most pages are full ones.
  page.objects.reserve(std::min<std::size_t>(1000, text.size() / 200 + 1));
  bool truncated = false;
  for (pugi::xml_node child = root.first_child(); child; child = child.next_sibling()) {
    const std::string_view name = child.name();
    if (name == "Contents") {
      parse_contents(child, encoded, page.objects.emplace_back());
    } else if (name == "CommonPrefixes") {
      page.common_prefixes.push_back(without_closing_slash(decode_key(child.child_value("Prefix"), encoded)));
    } else if (name == "IsTruncated") {
      truncated = std::strcmp(child.child_value(), "true") == 0;
    } else if (name == "NextContinuationToken") {
      page.next_page_token = child.child_value();
    }
  }
  if (truncated && page.next_page_token.empty())
    throw Error(ErrorKind::generic, "the service's list is cut short and names no token to go on with");
  if (!truncated) page.next_page_token.clear();
  return page;
}

std::vector<DeleteFailure> parse_delete_result(std::string_view text) {
  const XmlDocument document(text);
  std::vector<DeleteFailure> failures;
  for (const pugi::xml_node node : document.root("DeleteResult").children("Error")) {
    DeleteFailure failure;
    failure.key = node.child_value("Key");
    failure.code = node.child_value("Code");
    failure.message = node.child_value("Message");
    failures.push_back(std::move(failure));
  }
  return failures;
}

ServiceError parse_error_document(std::string_view text) {
  const XmlDocument document(text);
  pugi::xml_node node = document.any_root();
  // Some services wrap it: <ErrorResponse><Error>…</Error></ErrorResponse>.
  if (const pugi::xml_node inner = node.child("Error")) node = inner;
  ServiceError error;
  error.code = node.child_value("Code");
  error.message = node.child_value("Message");
  error.region = node.child_value("Region");
  error.request_id = node.child_value("RequestId");
  const std::string_view size = node.child_value("ActualObjectSize");
  std::uint64_t value = 0;
  if (std::from_chars(size.data(), size.data() + size.size(), value).ec == std::errc())
    error.object_size = value;
  return error;
}

std::string find_element(std::string_view text, const char* name) {
  const XmlDocument document(text);
  std::string found;
  find_in(document.any_root(), name, found);
  return found;
}

bool xml_can_carry(std::string_view text) noexcept {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    if (lead < 0x80) {
      if (lead < 0x20 && lead != '\t' && lead != '\n' && lead != '\r') return false;
      ++i;
      continue;
    }
    const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC2 || lead > 0xF4 || text.size() - i < length) return false;
    std::uint32_t point = lead & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      if ((next & 0xC0) != 0x80) return false;
      point = (point << 6) | (next & 0x3FU);
    }
    const bool overlong = (length == 3 && point < 0x800) || (length == 4 && point < 0x10000);
    const bool surrogate = point >= 0xD800 && point <= 0xDFFF;
    if (overlong || surrogate || point > 0x10FFFF || point == 0xFFFE || point == 0xFFFF) return false;
    i += length;
  }
  return true;
}

}  // namespace storelink::cloud
