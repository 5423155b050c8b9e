// The settings of a Google Cloud Storage store, parsed and checked.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "cloud/config.hpp"
#include "cloud/gcs/gcs_service_account.hpp"
#include "http/client_options.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::gcs {

struct GcsConfig {
  GcsConfig() {}
  std::string bucket;
  std::string base_url;                           // of the service, without a slash at its end
  bool anonymous = false;                         // skip_signature, or a service account without OAuth
  std::string bearer_token;                       // empty: none was given
  std::optional<ServiceAccount> service_account;  // given as a file or as its text
  std::string application_credentials;            // a file; empty: none was given
  http::ClientOptions client;
};

// Reads `options.config`, the environment if wanted, and the service account's file. Errors as
// make_gcs_store() has them.
GcsConfig parse_gcs_config(const GcsOptions& options);

std::span<const ConfigKey> gcs_config_keys() noexcept;

}  // namespace storelink::cloud::gcs
