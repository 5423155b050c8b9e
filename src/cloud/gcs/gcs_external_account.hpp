// Workload identity federation: Google tokens for those of another identity provider.
//
// Sources: "External account credentials" (AIP-4117), RFC 8693 (token exchange), and the method
// generateAccessToken of the IAM Service Account Credentials API.
#pragma once

#include <string>

#include "cloud/gcs/gcs_subject_token.hpp"

namespace storelink::cloud::gcs {

// For a credential file of the type "external_account": its subject token is asked for each time, and
// exchanged at the file's token_url. With service_account_impersonation_url the result stands for
// that service account. Throws as subject_tokens() does.
TokenSource external_account_tokens(const TokenClients& clients, const codec::JsonObject& file,
                                    bool environment);

// Tokens of the service account that `url` (…/serviceAccounts/EMAIL:generateAccessToken) names, for one of
// `base`, which must be allowed to do so. They live for `lifetime`.
TokenSource impersonated_tokens(http::Client client, TokenSource base, std::string url,
                                std::chrono::seconds lifetime = std::chrono::hours(1));

}  // namespace storelink::cloud::gcs
