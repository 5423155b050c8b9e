#include "cloud/xml_document.hpp"

#include <fmt/format.h>

#include <cstring>

#include "codec/text.hpp"
#include "storelink/error.hpp"

namespace storelink::cloud {

namespace {

// White space is kept where it is all that an element has: a key may be a space. Line ends stay as they are.
// Text is kept in its element, which halves the number of nodes.
constexpr unsigned parse_options =
    pugi::parse_escapes | pugi::parse_cdata | pugi::parse_ws_pcdata_single | pugi::parse_embed_pcdata;

}  // namespace

XmlDocument::XmlDocument(std::string_view text) : buffer_(new char[text.size() + 1]) {
  std::memcpy(buffer_.get(), text.data(), text.size());
  valid_ = static_cast<bool>(
      tree_.load_buffer_inplace(buffer_.get(), text.size(), parse_options, pugi::encoding_utf8));
}

pugi::xml_node XmlDocument::root(const char* name) const {
  const pugi::xml_node node = any_root();
  if (!node || std::strcmp(node.name(), name) != 0) {
    throw Error(
        ErrorKind::generic,
        fmt::format("the service's answer is not the XML document <{}> that was expected; is the endpoint "
                    "right?",
                    name));
  }
  return node;
}

std::uint64_t parse_listed_size(std::string_view text) {
  const auto size = codec::parse_number(text);
  if (!size) throw Error(ErrorKind::generic, "a listed object has a size that is no number");
  return *size;
}

}  // namespace storelink::cloud
