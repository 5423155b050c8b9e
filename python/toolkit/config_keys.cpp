#include "config_keys.hpp"

#include <algorithm>

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

constexpr std::pair<std::string_view, std::string_view> azure_aliases[] = {
    {"access_key", "account_key"}, {"master_key", "account_key"}, {"authority_id", "tenant_id"},
    {"sas_token", "sas_key"},      {"bearer_token", "token"},     {"identity_endpoint", "msi_endpoint"},
};

}  // namespace

const CloudNames s3_names = {"S3Store", "s3", "s3://bucket/prefix", "bucket", {"aws_"}, s3_aliases};
const CloudNames gcs_names = {"GCSStore", "gcs", "gs://bucket/prefix", "bucket", {"google_"}, gcs_aliases};
const CloudNames azure_names = {
    "AzureStore",  "azure", "az://container/prefix", "container_name", {"azure_storage_", "azure_"},
    azure_aliases, true};

std::string setting_name(const CloudNames& cloud, std::string_view key) {
  std::string name = codec::to_lower(key);
  const auto prefix = std::ranges::find_if(
      cloud.prefixes, [&name](std::string_view p) { return !p.empty() && name.starts_with(p); });
  if (prefix != cloud.prefixes.end()) name.erase(0, prefix->size());
  for (const auto& [alias, canonical] : cloud.aliases)
    if (name == alias) return std::string(canonical);
  return name;
}

bool is_client_option(std::string_view name) {
  return !client_option_name(std::string(name)).empty();
}

}  // namespace storelink::python
