#include "cloud/azure/azure_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/environment.hpp"
#include "cloud/config_values.hpp"
#include "cloud/credential_file.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::azure {

namespace {

constexpr ConfigKey rows[] = {
    {"azure_storage_account_key",
     {"azure_storage_access_key", "azure_storage_master_key", "master_key", "account_key", "access_key"},
     Shown::nothing},
    {"azure_storage_account_name", {"account_name"}},
    {"azure_storage_client_id", {"azure_client_id", "client_id"}},
    {"azure_storage_client_secret", {"azure_client_secret", "client_secret"}, Shown::nothing},
    {"azure_storage_tenant_id",
     {"azure_storage_authority_id", "azure_tenant_id", "azure_authority_id", "tenant_id", "authority_id"}},
    {"azure_storage_authority_host", {"azure_authority_host", "authority_host"}, Shown::url},
    {"azure_storage_sas_key", {"azure_storage_sas_token", "sas_key", "sas_token"}, Shown::nothing},
    {"azure_storage_token", {"bearer_token", "token"}, Shown::nothing},
    {"azure_storage_use_emulator", {"use_emulator"}},
    {"azure_storage_endpoint", {"azure_endpoint", "endpoint"}, Shown::url},
    {"azure_msi_endpoint",
     {"azure_identity_endpoint", "identity_endpoint", "msi_endpoint"},
     Shown::url,
     "IDENTITY_ENDPOINT"},
    {"azure_object_id", {"object_id"}},
    {"azure_msi_resource_id", {"msi_resource_id"}},
    {"azure_federated_token_file", {"federated_token_file"}},
    {"azure_use_fabric_endpoint", {"use_fabric_endpoint"}},
    {"azure_use_azure_cli", {"use_azure_cli"}},
    {"azure_skip_signature", {"skip_signature"}},
    {"azure_container_name", {"container_name"}},
    {"azure_disable_tagging", {"disable_tagging"}},
    {"azure_fabric_token_service_url", {"fabric_token_service_url"}, Shown::url},
    {"azure_fabric_workload_host", {"fabric_workload_host"}},
    {"azure_fabric_session_token", {"fabric_session_token"}, Shown::nothing},
    {"azure_fabric_cluster_identifier", {"fabric_cluster_identifier"}},
    {"azure_credential_type", {"credential_type"}},
    {"azure_storage_encryption_key", {"encryption_key"}, Shown::nothing},
};

using Values = ConfigValues<rows>;

// The account of the emulator and its key, which everybody knows.
constexpr std::string_view emulator_account = "devstoreaccount1";
constexpr std::string_view emulator_key =
    "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || codec::is_ascii_digit(c);
}

void read_account(const Values& values, bool emulator, AzureConfig& config) {
  const ConfigValue* given = values.find("azure_storage_account_name");
  if (given == nullptr) {
    if (!emulator)
      refuse_config(
          "no account: set the configuration key \"azure_storage_account_name\", or name it in the URL");
    config.account = emulator_account;
    return;
  }
  config.account = given->text();
  const bool valid = std::all_of(config.account.begin(), config.account.end(),
                                 [](char c) { return is_lower_or_digit(c) || c == '-'; });
  if (!valid) given->refuse("the name of a storage account: lower-case letters and digits");
}

// OneLake's workspaces may have any name.
void read_container(const Values& values, const AzureOptions& options, AzureConfig& config) {
  config.container =
      read_name("container", values.find("azure_container_name"), options.container, "azure_container_name");
  const std::string& name = config.container;
  const bool special = name == "$root" || name == "$web" || name == "$logs";
  const bool valid = special || (name.size() >= 3 && name.size() <= 63 && is_lower_or_digit(name.front()) &&
                                 std::all_of(name.begin(), name.end(),
                                             [](char c) { return is_lower_or_digit(c) || c == '-'; }));
  if (!config.fabric && !valid) {
    refuse_config(fmt::format(
        "{:?} is no container name; accepted are 3 to 63 lower-case letters, digits and '-', and a "
        "letter or digit first",
        name));
  }
}

// Given, the environment's for the emulator, or the service's own.
codec::Url read_address(const Values& values, bool emulator, bool environment, const AzureConfig& config) {
  codec::Url address;
  if (const ConfigValue* given = values.find("azure_storage_endpoint")) {
    address = read_endpoint(*given, "https://ACCOUNT.blob.core.windows.net");
  } else if (emulator) {
    const std::string set = environment ? environment_variable("AZURITE_BLOB_STORAGE_URL") : std::string();
    address = codec::parse_url(set.empty() ? "http://127.0.0.1:10000" : set);
  } else {
    address.scheme = "https";
    address.host = fmt::format("{}.blob.{}", config.account,
                               config.fabric ? "fabric.microsoft.com" : "core.windows.net");
  }
  // The emulator has the account in the path.
  if (emulator && endpoint_path(address).empty()) address.path = "/" + config.account;
  return address;
}

void read_customer_key(const Values& values, AzureConfig& config) {
  const ConfigValue* given = values.find("azure_storage_encryption_key");
  if (given == nullptr) return;
  const auto key = codec::base64_decode(given->text());
  if (!key || key->size() != 32) given->refuse("32 bytes in base64");
  if (!config.service_url.starts_with("https://"))
    refuse_config(fmt::format("{} needs an endpoint with https", given->source()));
  const std::string digest = codec::base64_encode(codec::as_chars(codec::sha256(*key)));
  const auto headers = [&](std::string_view prefix) {
    const std::string name(prefix);
    return Headers{{name + "encryption-algorithm", "AES256"},
                   {name + "encryption-key", given->text()},
                   {name + "encryption-key-sha256", digest}};
  };
  config.customer_key = headers("x-ms-");
  config.copy_source_key = headers("x-ms-source-");
}

// A kind of credentials, and the settings without which it is none. Those in front come first where several
// are there.
struct CredentialRow {
  std::string_view name;  // of "azure_credential_type"; empty: cannot be named there
  CredentialType type;
  std::array<Values::Key, 4> needs;
};

constexpr CredentialRow credential_rows[] = {
    {"bearer_token", CredentialType::bearer_token, {"azure_storage_token"}},
    {"",
     CredentialType::fabric,
     {"azure_fabric_token_service_url", "azure_fabric_workload_host", "azure_fabric_session_token",
      "azure_fabric_cluster_identifier"}},
    {"access_key", CredentialType::access_key, {"azure_storage_account_key"}},
    {"client_secret",
     CredentialType::client_secret,
     {"azure_storage_client_secret", "azure_storage_client_id", "azure_storage_tenant_id"}},
    {"workload_identity",
     CredentialType::workload_identity,
     {"azure_federated_token_file", "azure_storage_client_id", "azure_storage_tenant_id"}},
    {"sas_token", CredentialType::sas_token, {"azure_storage_sas_key"}},
    {"azure_cli", CredentialType::azure_cli, {"azure_use_azure_cli"}},
    {"managed_identity", CredentialType::managed_identity, {}},
};

bool is_complete(const Values& values, const CredentialRow& row) {
  return std::all_of(row.needs.begin(), row.needs.end(), [&values](const auto& need) {
    return !need || (need == "azure_use_azure_cli" ? values.flag(need) : values.find(need) != nullptr);
  });
}

// The secret of it stands first.
bool is_given(const Values& values, const CredentialRow& row) {
  return row.needs[0] && !values.find(row.needs[0])->from_environment();
}

void check_complete(const Values& values, const CredentialRow& row) {
  for (const auto& need : row.needs) {
    if (need && need != "azure_use_azure_cli" && values.find(need) == nullptr) {
      refuse_config(fmt::format("\"azure_credential_type\" is {:?}, which needs the configuration key {:?}",
                                row.name, rows[need.row()].name));
    }
  }
}

CredentialType choose_credentials(const Values& values, bool emulator, bool has_provider) {
  const ConfigValue* forced = values.find("azure_credential_type");
  const std::string_view name =
      forced == nullptr ? "auto"
                        : forced->one_of({"auto", "bearer_token", "access_key", "client_secret",
                                          "workload_identity", "sas_token", "azure_cli", "managed_identity"});
  if (values.flag("azure_skip_signature")) return CredentialType::anonymous;
  if (has_provider) return CredentialType::provider;
  for (const CredentialRow& row : credential_rows) {
    if (row.name != name) continue;
    check_complete(values, row);
    return row.type;
  }
  // What was given comes before what the environment has.
  for (const bool only_given : {true, false}) {
    for (const CredentialRow& row : credential_rows) {
      if (!is_complete(values, row) || (only_given && !is_given(values, row))) continue;
      if (emulator && row.type == CredentialType::managed_identity) return CredentialType::access_key;
      return row.type;
    }
  }
  return CredentialType::managed_identity;
}

void read_fixed(const Values& values, AzureConfig& config) {
  if (config.credentials == CredentialType::access_key) {
    const ConfigValue* given = values.find("azure_storage_account_key");
    config.fixed.access_key = given == nullptr ? std::string(emulator_key) : given->text();
    if (given != nullptr) (void)decode_account_key(given->text(), given->source());
  } else if (config.credentials == CredentialType::sas_token) {
    config.fixed.sas_token =
        parse_sas_token(values.text("azure_storage_sas_key"), values.find("azure_storage_sas_key")->source());
  } else if (config.credentials == CredentialType::bearer_token) {
    check_printable(*values.find("azure_storage_token"));
    config.fixed.bearer_token = values.text("azure_storage_token");
  }
}

// Addresses that stand in the environment for other programs are looked at only where they are needed.
void read_tokens(const Values& values, bool environment, CredentialType type, TokenSettings& tokens) {
  tokens.client_id = values.text("azure_storage_client_id");
  tokens.client_secret = values.text("azure_storage_client_secret");
  tokens.tenant_id = values.text("azure_storage_tenant_id");
  tokens.federated_token_file = values.text("azure_federated_token_file");
  tokens.object_id = values.text("azure_object_id");
  tokens.msi_resource_id = values.text("azure_msi_resource_id");
  tokens.fabric_host = values.text("azure_fabric_workload_host");
  tokens.fabric_session = values.text("azure_fabric_session_token");
  tokens.fabric_cluster = values.text("azure_fabric_cluster_identifier");
  if (type == CredentialType::client_secret || type == CredentialType::workload_identity) {
    tokens.authority_host =
        read_base_url(values.find("azure_storage_authority_host"), "https://login.microsoftonline.com");
  } else if (type == CredentialType::managed_identity) {
    tokens.msi_endpoint = read_base_url(values.find("azure_msi_endpoint"),
                                        "http://169.254.169.254/metadata/identity/oauth2/token");
    if (environment) tokens.identity_header = environment_variable("IDENTITY_HEADER");
  } else if (type == CredentialType::fabric) {
    tokens.fabric_url = read_base_url(values.find("azure_fabric_token_service_url"), "https://HOST/path");
  }
}

}  // namespace

std::span<const ConfigKey> azure_config_keys() noexcept {
  return rows;
}

std::string decode_account_key(std::string_view base64, std::string_view source) {
  const auto key = codec::base64_decode(base64);
  if (!key || key->empty())
    refuse_config(fmt::format("{} is invalid; accepted: an account key, which is base64", source));
  return *key;
}

std::string parse_sas_token(std::string_view text, std::string_view source) {
  text = codec::trim(text);
  if (text.starts_with('?')) text.remove_prefix(1);
  const codec::QueryItems items = codec::parse_query(text);
  const bool is_signed =
      std::any_of(items.begin(), items.end(), [](const auto& item) { return item.first == "sig"; });
  if (!is_signed) {
    refuse_config(
        fmt::format("{} is invalid; accepted: a shared access signature such as \"sv=…&sig=…\"", source));
  }
  // In the one form that a URL can carry.
  return codec::encode_query(items);
}

AzureConfig parse_azure_config(const AzureOptions& options) {
  const ResolvedConfig resolved = resolve_options(rows, "azure_", options);
  const Values values(resolved);
  AzureConfig config;
  const bool emulator = values.flag("azure_storage_use_emulator");
  read_account(values, emulator, config);
  config.fabric = values.flag("azure_use_fabric_endpoint");
  const codec::Url address = read_address(values, emulator, options.read_environment, config);
  config.fabric = config.fabric || address.host.ends_with(".fabric.microsoft.com");
  read_container(values, options, config);
  config.service_url = fmt::format("{}://{}{}/", address.scheme, address.authority(), endpoint_path(address));
  config.container_url =
      config.service_url + codec::percent_encode(config.container, codec::Keep::unreserved) + "/";
  config.disable_tagging = values.flag("azure_disable_tagging");
  read_customer_key(values, config);

  check_refresh_threshold(options.credential_refresh_threshold);
  config.credentials = choose_credentials(values, emulator, static_cast<bool>(options.credential_provider));
  read_fixed(values, config);
  read_tokens(values, options.read_environment, config.credentials, config.tokens);
  // The emulator's own address is one of this machine.
  config.client = read_client_options(resolved, options.client_options, emulator ? "" : config.container_url);
  config.client.allow_http = config.client.allow_http || emulator;
  return config;
}

}  // namespace storelink::cloud::azure
