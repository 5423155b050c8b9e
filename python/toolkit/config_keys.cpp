#include "config_keys.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "codec/text.hpp"

namespace storelink::python {

namespace {

constexpr std::pair<std::string_view, std::string_view> aliases[] = {
    {"bucket_name", "bucket"},
    {"endpoint_url", "endpoint"},
    {"token", "session_token"},
    {"endpoint_url_s3", "aws_endpoint_url_s3"},  // other libraries take it with its "aws_" only
};

constexpr std::string_view client_options[] = {
    "allow_http",
    "allow_invalid_certificates",
    "disable_system_certificates",
    "connect_timeout",
    "default_content_type",
    "http1_only",
    "http2_only",
    "http2_keep_alive_interval",
    "http2_keep_alive_timeout",
    "http2_keep_alive_while_idle",
    "http2_max_frame_size",
    "pool_idle_timeout",
    "pool_max_idle_per_host",
    "proxy_url",
    "proxy_ca_certificate",
    "proxy_excludes",
    "randomize_addresses",
    "read_timeout",
    "timeout",
    "user_agent",
    "default_headers",
    "root_certificate",
};

}  // namespace

std::string s3_setting_name(std::string_view key) {
  std::string name = codec::to_lower(key);
  if (name.starts_with("aws_")) name.erase(0, 4);
  for (const auto& [alias, canonical] : aliases)
    if (name == alias) return std::string(canonical);
  return name;
}

bool is_client_option(std::string_view name) noexcept {
  return std::ranges::find(client_options, name) != std::end(client_options);
}

}  // namespace storelink::python
