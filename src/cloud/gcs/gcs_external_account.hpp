// Workload identity federation: Google tokens for those of another identity provider.
//
// Sources: "External account credentials" (AIP-4117), RFC 8693 (token exchange), and the method
// generateAccessToken of the IAM Service Account Credentials API.
#pragma once

#include <string>

#include "cloud/token.hpp"
#include "codec/json.hpp"

namespace storelink::cloud::gcs {

// For a credential file of the type "external_account": its subject token is read from a file or a URL each
// time, and exchanged at the file's token_url. With service_account_impersonation_url the result stands for
// that service account. Throws Error(generic) for a file that lacks something, Error(not_implemented) for
// subject tokens from AWS and from programs.
TokenSource external_account_tokens(http::Client client, const codec::JsonObject& file);

// Tokens of the service account that `url` (…/serviceAccounts/EMAIL:generateAccessToken) names, for one of
// `base`, which must be allowed to do so. They live for `lifetime`.
TokenSource impersonated_tokens(http::Client client, TokenSource base, std::string url,
                                std::chrono::seconds lifetime = std::chrono::hours(1));

// The EMAIL in such a URL; empty where there is none.
std::string impersonated_email(std::string_view url);

}  // namespace storelink::cloud::gcs
