// The settings of an Azure store, parsed and checked.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cloud/azure/azure_auth.hpp"
#include "cloud/config.hpp"
#include "http/client_options.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::azure {

// Where credentials come from.
enum class CredentialType : std::uint8_t {
  anonymous,
  provider,
  bearer_token,
  fabric,
  access_key,
  client_secret,
  workload_identity,
  sas_token,
  azure_cli,
  managed_identity,
};

// What the sources of tokens need; each its part.
struct TokenSettings {
  TokenSettings() {}
  std::string client_id, client_secret, tenant_id;
  std::string authority_host;  // without a slash at its end
  std::string federated_token_file;
  std::string msi_endpoint, identity_header, object_id, msi_resource_id;
  std::string fabric_url, fabric_host, fabric_session, fabric_cluster;
};

struct AzureConfig {
  AzureConfig() {}
  std::string account;
  std::string container;
  std::string service_url;    // "https://account.blob.core.windows.net/", ends in "/"
  std::string container_url;  // service_url, the container and "/"
  bool fabric = false;
  bool disable_tagging = false;
  Headers customer_key;     // of what reads or writes a blob's bytes
  Headers copy_source_key;  // the same for the source of a copy
  CredentialType credentials = CredentialType::managed_identity;
  AzureCredential fixed;  // of bearer_token, access_key and sas_token
  TokenSettings tokens;
  http::ClientOptions client;
};

// Reads `options.config`, the environment if wanted, and what they imply. Errors as make_azure_store() has
// them.
AzureConfig parse_azure_config(const AzureOptions& options);

std::span<const ConfigKey> azure_config_keys() noexcept;

// Errors(generic) for what cannot be used as such; `source` says in messages where it came from.
std::string decode_account_key(std::string_view base64, std::string_view source);
std::string parse_sas_token(std::string_view text, std::string_view source);

}  // namespace storelink::cloud::azure
