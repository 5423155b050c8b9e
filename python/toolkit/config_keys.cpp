#include "config_keys.hpp"

#include <utility>

#include "codec/text.hpp"
#include "storelink/stores.hpp"

namespace storelink::python {

namespace {

constexpr std::pair<std::string_view, std::string_view> aliases[] = {
    {"bucket_name", "bucket"},
    {"endpoint_url", "endpoint"},
    {"token", "session_token"},
    {"endpoint_url_s3", "aws_endpoint_url_s3"},  // other libraries take it with its "aws_" only
};

}  // namespace

std::string s3_setting_name(std::string_view key) {
  std::string name = codec::to_lower(key);
  if (name.starts_with("aws_")) name.erase(0, 4);
  for (const auto& [alias, canonical] : aliases)
    if (name == alias) return std::string(canonical);
  return name;
}

bool is_client_option(std::string_view name) {
  return !client_option_name(std::string(name)).empty();
}

}  // namespace storelink::python
