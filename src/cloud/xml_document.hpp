// Documents that services answer with, and what their elements hold.
#pragma once

#include <cstdint>
#include <memory>
#include <pugixml.hpp>
#include <string_view>

namespace storelink::cloud {

// A parsed document and the text that its nodes point into.
class XmlDocument {
 public:
  explicit XmlDocument(std::string_view text);

  // The root element. Throws Error(generic) unless the document is well-formed and has this root.
  pugi::xml_node root(const char* name) const;
  // Whatever it is; none for a document that is malformed.
  pugi::xml_node any_root() const { return valid_ ? tree_.document_element() : pugi::xml_node(); }

 private:
  std::unique_ptr<char[]> buffer_;
  pugi::xml_document tree_;
  bool valid_ = false;
};

// The size of a listed object. Throws Error(generic) for text that is no number.
std::uint64_t parse_listed_size(std::string_view text);

}  // namespace storelink::cloud
