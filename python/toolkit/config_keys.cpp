#include "config_keys.hpp"

#include "codec/text.hpp"
#include "storelink/stores.hpp"

namespace storelink::python {

namespace {

constexpr std::pair<std::string_view, std::string_view> s3_aliases[] = {
    {"bucket_name", "bucket"},
    {"endpoint_url", "endpoint"},
    {"token", "session_token"},
    {"endpoint_url_s3", "aws_endpoint_url_s3"},  // other libraries take it with its "aws_" only
};

constexpr std::pair<std::string_view, std::string_view> gcs_aliases[] = {
    {"bucket_name", "bucket"},
    {"service_account_path", "service_account"},
};

}  // namespace

const CloudNames s3_names = {"S3Store", "s3", "s3://bucket/prefix", "aws_", s3_aliases};
const CloudNames gcs_names = {"GCSStore", "gcs", "gs://bucket/prefix", "google_", gcs_aliases};

std::string setting_name(const CloudNames& cloud, std::string_view key) {
  std::string name = codec::to_lower(key);
  if (name.starts_with(cloud.prefix)) name.erase(0, cloud.prefix.size());
  for (const auto& [alias, canonical] : cloud.aliases)
    if (name == alias) return std::string(canonical);
  return name;
}

bool is_client_option(std::string_view name) {
  return !client_option_name(std::string(name)).empty();
}

}  // namespace storelink::python
