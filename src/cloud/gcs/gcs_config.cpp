#include "cloud/gcs/gcs_config.hpp"

#include <fmt/format.h>

#include "cloud/config_values.hpp"
#include "cloud/credential_file.hpp"

namespace storelink::cloud::gcs {

namespace {

constexpr ConfigKey rows[] = {
    {"google_service_account",
     {"service_account", "google_service_account_path", "service_account_path"},
     Shown::all,
     "SERVICE_ACCOUNT"},
    {"google_service_account_key", {"service_account_key"}, Shown::nothing},
    {"google_bucket", {"google_bucket_name", "bucket", "bucket_name"}},
    {"google_base_url", {"base_url"}, Shown::url},
    {"google_application_credentials", {"application_credentials"}},
    {"google_bearer_token", {"bearer_token"}, Shown::nothing},
    {"google_skip_signature", {"skip_signature"}},
};

using Values = ConfigValues<rows>;

ServiceAccount service_account_in(std::string_view document, const std::string& what) {
  return parse_service_account(codec::JsonObject::parse(document, what), what);
}

// Of the sources of credentials, what was given comes before what the environment says.
void read_credentials(const Values& values, GcsConfig& config) {
  const ConfigValue* token = values.find("google_bearer_token");
  const ConfigValue* file = values.find("google_service_account");
  const ConfigValue* text = values.find("google_service_account_key");
  const ConfigValue* defaults = values.find("google_application_credentials");
  const auto is_given = [](const ConfigValue* value) {
    return value != nullptr && !value->from_environment();
  };
  if (is_given(token) || is_given(file) || is_given(text) || is_given(defaults)) {
    for (const ConfigValue** value : {&token, &file, &text, &defaults})
      if (!is_given(*value)) *value = nullptr;
  }
  if (token != nullptr) {
    check_printable(*token);
    config.bearer_token = token->text();
  }
  if (file != nullptr && text != nullptr) {
    refuse_config(
        fmt::format("{} and {} were both given; accepted is one of them", file->source(), text->source()));
  }
  if (text != nullptr) config.service_account = service_account_in(text->text(), text->source());
  if (file != nullptr) {
    config.service_account =
        service_account_in(read_credential_file(file->text(), "the service account file"),
                           fmt::format("the service account file {:?}", file->text()));
  }
  if (defaults != nullptr) config.application_credentials = defaults->text();
}

}  // namespace

GcsConfig parse_gcs_config(const GcsOptions& options) {
  const ResolvedConfig resolved = resolve_options(rows, "google_", options);
  const Values values(resolved);
  GcsConfig config;
  config.bucket = read_bucket(values.find("google_bucket"), options.bucket, "google_bucket");
  check_refresh_threshold(options.credential_refresh_threshold);
  config.anonymous = values.flag("google_skip_signature");
  if (!config.anonymous && !options.credential_provider) read_credentials(values, config);

  config.base_url = "https://storage.googleapis.com";
  std::optional<ConfigValue> address;
  if (const ConfigValue* given = values.find("google_base_url"); given != nullptr) {
    address = *given;
  } else if (config.service_account && !config.service_account->base_url.empty()) {
    address.emplace(rows[Values::Key("google_base_url").row()], config.service_account->base_url,
                    std::string());
  }
  if (address) {
    const codec::Url url = read_endpoint(*address, config.base_url);
    config.base_url = fmt::format("{}://{}{}", url.scheme, url.authority(), endpoint_path(url));
  }
  if (config.service_account && config.service_account->disable_oauth) config.anonymous = true;
  config.client = read_client_options(resolved, options.client_options, config.base_url);
  return config;
}

std::span<const ConfigKey> gcs_config_keys() noexcept {
  return rows;
}

}  // namespace storelink::cloud::gcs
