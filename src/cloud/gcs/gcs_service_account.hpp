// Service accounts: their keys, and access tokens for them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloud/token.hpp"
#include "codec/json.hpp"
#include "codec/rsa.hpp"

namespace storelink::cloud::gcs {

inline constexpr std::string_view oauth_scope = "https://www.googleapis.com/auth/cloud-platform";
inline constexpr std::string_view token_endpoint = "https://oauth2.googleapis.com/token";

// What a service account's JSON file says.
struct ServiceAccount {
  ServiceAccount() {}
  std::string email;
  std::string key_id;                // empty: not said
  std::optional<codec::RsaKey> key;  // a secret; missing only where disable_oauth is set
  std::string token_url;
  std::string base_url;        // gcs_base_url, for emulators; empty: Google's
  bool disable_oauth = false;  // for emulators: requests go without credentials
};

// `what` names the document in messages. Throws Error(generic) for what is no service account's file.
ServiceAccount parse_service_account(const codec::JsonObject& json, std::string_view what);

// Tokens for an assertion that the account's key signs (RFC 7523, section 2.1).
TokenSource service_account_tokens(http::Client client, ServiceAccount account);

}  // namespace storelink::cloud::gcs
