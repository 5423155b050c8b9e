// Where an Azure store's credentials come from.
//
// Sources: "Microsoft identity platform and the OAuth 2.0 client credentials flow"; "Microsoft Entra Workload
// ID"; "How to use managed identities on an Azure VM to acquire an access token" (IMDS); "How to use managed
// identities for App Service" (IDENTITY_ENDPOINT); `az account get-access-token`.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "cloud/azure/azure_config.hpp"
#include "cloud/credential_cache.hpp"
#include "http/client.hpp"

namespace storelink::cloud::azure {

// A credential that has been checked: one of the three. A secret.
struct Authorization {
  Authorization() {}
  std::optional<AccountKey> key;
  std::string sas;     // percent-encoded, without "?"
  std::string bearer;  // the token

  // Puts it on the request, which has its x-ms-date and body: as the authorization header or into the query.
  // What the service reads from elsewhere (x-ms-copy-source) gets its own where it needs one.
  void apply(HttpRequest& request, const Sas& copy_source) const;
};

using AuthorizationCache = CredentialCache<Authorization>;

// Throws Error(unauthenticated) for none or more than one of the three, Error(generic) for one that cannot be
// used; `source` says in messages where it came from.
Authorization check_credential(const AzureCredential& credential, const std::string& account,
                               const std::string& source);

// What asks the source that `config` names; nothing for fixed credentials and anonymous access. It may
// outlive the store. `client` is the store's; metadata endpoints get one of their own. Errors:
// unauthenticated or permission_denied where the source refuses, generic for answers that are none.
AuthorizationCache::Provider authorization_provider(const AzureConfig& config, const AzureOptions& options,
                                                    const http::Client& client);

}  // namespace storelink::cloud::azure
