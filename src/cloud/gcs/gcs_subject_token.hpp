// Subject tokens: what another identity provider gave to a workload that asks Google for a token.
//
// Source: "External account credentials" (AIP-4117), its "credential_source": a file, a URL, the credentials
// of a machine of Amazon's, or a program.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "cloud/token.hpp"
#include "codec/json.hpp"

namespace storelink::cloud::gcs {

// The clients of a store's credentials.
struct TokenClients {
  http::Client service;  // the store's own
  http::Client near;     // a metadata_client()
};

// Asked each time. Errors: unauthenticated where there is no token, generic for what is none.
using SubjectTokenSource = std::function<Task<std::string>()>;

// `account` is a credential file of the type "external_account". Amazon's credentials and region come from
// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN and AWS_REGION or AWS_DEFAULT_REGION if
// `environment`, else from the machine's metadata service. Programs run only if the variable
// GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES is "1". Throws Error(generic) for a source that lacks something.
SubjectTokenSource subject_tokens(const TokenClients& clients, const codec::JsonObject& account,
                                  bool environment);

// The EMAIL in the URL of an impersonation, …/serviceAccounts/EMAIL:generateAccessToken; empty where there is
// none.
std::string impersonated_email(std::string_view url);

}  // namespace storelink::cloud::gcs
