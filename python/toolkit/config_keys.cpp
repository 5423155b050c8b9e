#include "config_keys.hpp"

#include <array>
#include <span>
#include <vector>

#include "codec/text.hpp"

namespace storelink::python {

namespace {

// Names, and their other names, without "aws_". The core checks values; here are only names.
struct Name {
  std::string_view name;
  std::array<std::string_view, 3> aliases = {};
};

constexpr Name s3_settings[] = {
    {"access_key_id"},
    {"secret_access_key"},
    {"default_region"},
    {"region"},
    {"bucket", {"bucket_name"}},
    {"endpoint", {"endpoint_url"}},
    {"aws_endpoint_url_s3", {"endpoint_url_s3"}},  // other libraries take it with its prefix only
    {"session_token", {"token"}},
    {"virtual_hosted_style_request"},
    {"s3_express"},
    {"imdsv1_fallback"},
    {"metadata_endpoint"},
    {"unsigned_payload"},
    {"checksum_algorithm"},
    {"container_credentials_relative_uri"},
    {"container_credentials_full_uri"},
    {"container_authorization_token_file"},
    {"web_identity_token_file"},
    {"role_arn"},
    {"role_session_name"},
    {"endpoint_url_sts"},
    {"skip_signature"},
    {"copy_if_not_exists"},
    {"conditional_put"},
    {"disable_tagging"},
    {"disable_bulk_delete"},
    {"request_payer"},
    {"server_side_encryption"},
    {"sse_kms_key_id"},
    {"sse_bucket_key_enabled"},
    {"sse_customer_key_base64"},
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

std::string message(std::string_view what, std::string_view key, std::span<const std::string_view> known) {
  std::string text = std::string(what) + " '" + std::string(key) + "' is not known";
  const std::string_view nearest = codec::nearest_match(key, known);
  if (!nearest.empty()) text += "; did you mean '" + std::string(nearest) + "'?";
  return text;
}

}  // namespace

std::optional<std::string> s3_setting_name(std::string_view key) {
  std::string name = codec::to_lower(key);
  if (name.starts_with("aws_")) name.erase(0, 4);
  for (const Name& setting : s3_settings) {
    if (name == setting.name) return std::string(setting.name);
    for (const std::string_view alias : setting.aliases)
      if (name == alias) return std::string(setting.name);
  }
  return std::nullopt;
}

std::optional<std::string> client_option_name(std::string_view key) {
  std::string name = codec::to_lower(key);
  if (name == "aws_allow_http") return "allow_http";
  for (const std::string_view option : client_options)
    if (name == option) return name;
  return std::nullopt;
}

std::string unknown_s3_setting(std::string_view key) {
  std::vector<std::string_view> known(std::begin(client_options), std::end(client_options));
  for (const Name& setting : s3_settings) known.push_back(setting.name);
  return message("S3Store: the configuration key", key, known);
}

std::string unknown_client_option(std::string_view key) {
  return message("the client option", key, client_options);
}

}  // namespace storelink::python
