// JSON (RFC 8259): credential files and token answers. Documents are small; nothing here is meant for speed.
//
// Documents hold secrets, so no message quotes one: it names the document and the member.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace storelink::codec {

using TextMembers = std::vector<std::pair<std::string, std::string>>;  // name, value

// An object of a parsed document. Copies share the document; reading is thread-safe.
class JsonObject {
 public:
  // `what` names the document in messages: "the file /a/b.json", "the token server's answer".
  // Throws Error(generic) for text that is no JSON object.
  static JsonObject parse(std::string_view text, std::string what);

  // A member; nothing where it is missing or null. Each throws Error(generic) for a member of another type.
  std::optional<std::string> text(std::string_view name) const;
  std::optional<bool> boolean(std::string_view name) const;
  std::optional<JsonObject> object(std::string_view name) const;
  // An integer, also one that is written as text ("3599"), as some token services do.
  std::optional<std::int64_t> integer(std::string_view name) const;

  std::vector<std::string> names() const;

  // Throws Error(generic) where it is missing, null or empty.
  std::string required_text(std::string_view name) const;

  // The object as JSON, with these members added or replaced.
  std::string with(const TextMembers& members) const;

 private:
  struct Node;
  explicit JsonObject(std::shared_ptr<const Node> node) : node_(std::move(node)) {}
  std::shared_ptr<const Node> node_;
};

// `text` as a JSON string, quotes included. Bytes that are no UTF-8 become U+FFFD.
std::string json_quote(std::string_view text);

}  // namespace storelink::codec
