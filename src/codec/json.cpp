#include "codec/json.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

#include <storelink/error.hpp>

namespace storelink::codec {

using nlohmann::json;

struct JsonObject::Node {
  Node(json v, std::string w) : value(std::move(v)), what(std::move(w)) {}
  const json value;
  const std::string what;

  // The member, or null where it is missing or null itself.
  const json* find(std::string_view name) const {
    const auto found = value.find(name);
    return found == value.end() || found->is_null() ? nullptr : &*found;
  }
  [[noreturn]] void refuse(std::string_view name, std::string_view accepted) const {
    throw Error(
        ErrorKind::generic,
        std::string("\"").append(name).append("\" in ").append(what).append(" is not ").append(accepted));
  }
};

JsonObject JsonObject::parse(std::string_view text, std::string what) {
  json value = json::parse(text, nullptr, false);
  if (!value.is_object()) throw Error(ErrorKind::generic, what + " is no JSON object");
  return JsonObject(std::make_shared<const Node>(std::move(value), std::move(what)));
}

std::optional<std::string> JsonObject::text(std::string_view name) const {
  const json* member = node_->find(name);
  if (member == nullptr) return {};
  if (!member->is_string()) node_->refuse(name, "a string");
  return member->get<std::string>();
}

std::optional<bool> JsonObject::boolean(std::string_view name) const {
  const json* member = node_->find(name);
  if (member == nullptr) return {};
  if (!member->is_boolean()) node_->refuse(name, "true or false");
  return member->get<bool>();
}

std::optional<JsonObject> JsonObject::object(std::string_view name) const {
  const json* member = node_->find(name);
  if (member == nullptr) return {};
  if (!member->is_object()) node_->refuse(name, "an object");
  return JsonObject(
      std::make_shared<const Node>(*member, std::string("\"").append(name).append("\" in ") + node_->what));
}

std::optional<std::int64_t> JsonObject::integer(std::string_view name) const {
  const json* member = node_->find(name);
  if (member == nullptr) return {};
  if (member->is_number_integer()) return member->get<std::int64_t>();
  std::int64_t value = 0;
  if (member->is_string()) {
    const auto& digits = member->get_ref<const std::string&>();
    const char* const end = digits.data() + digits.size();
    if (const auto parsed = std::from_chars(digits.data(), end, value);
        parsed.ec == std::errc() && parsed.ptr == end)
      return value;
  }
  node_->refuse(name, "an integer");
}

std::vector<std::string> JsonObject::names() const {
  std::vector<std::string> names;
  for (const auto& [name, member] : node_->value.items()) names.push_back(name);
  return names;
}

std::string JsonObject::required_text(std::string_view name) const {
  auto value = text(name);
  if (!value || value->empty())
    throw Error(ErrorKind::generic,
                node_->what + std::string(" has no \"").append(name).append("\", which it must have"));
  return std::move(*value);
}

std::string JsonObject::with(const TextMembers& members) const {
  json changed = node_->value;
  for (const auto& [name, value] : members) changed[name] = value;
  return changed.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string json_quote(std::string_view text) {
  return json(text).dump(-1, ' ', false, json::error_handler_t::replace);
}

}  // namespace storelink::codec
