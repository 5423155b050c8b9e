#include "cloud/gcs/gcs_service_account.hpp"

#include <fmt/format.h>

namespace storelink::cloud::gcs {

namespace {

using codec::json_quote;

// As long as Google allows.
constexpr std::int64_t lifetime = 3600;

std::string assertion(const ServiceAccount& account) {
  const auto now = std::chrono::duration_cast<std::chrono::seconds>(signing_time().time_since_epoch());
  std::string header = R"({"alg":"RS256","typ":"JWT")";
  if (!account.key_id.empty()) header += fmt::format(",\"kid\":{}", json_quote(account.key_id));
  header += "}";
  const std::string claims = fmt::format(R"({{"iss":{},"scope":{},"aud":{},"iat":{},"exp":{}}})",
                                         json_quote(account.email), json_quote(oauth_scope),
                                         json_quote(account.token_url), now.count(), now.count() + lifetime);
  return codec::sign_jwt(*account.key, header, claims);
}

Task<TokenCache::Entry> fetch(http::Client client, std::shared_ptr<const ServiceAccount> account) {
  codec::QueryItems form;
  form.emplace_back("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
  form.emplace_back("assertion", assertion(*account));
  HttpRequest request = form_request(account->token_url, form);
  TokenCache::Entry entry = co_await fetch_token_async(
      std::move(client), std::move(request),
      fmt::format("the token endpoint {} of the service account {}", account->token_url, account->email));
  co_return entry;
}

}  // namespace

ServiceAccount parse_service_account(const codec::JsonObject& json, std::string_view what) {
  if (const auto type = json.text("type"); type && *type != "service_account") {
    throw Error(ErrorKind::generic,
                fmt::format("{} is of the type {:?}; accepted is \"service_account\" (others go into "
                            "\"google_application_credentials\")",
                            what, *type));
  }
  ServiceAccount account;
  account.base_url = json.text("gcs_base_url").value_or("");
  account.disable_oauth = json.boolean("disable_oauth").value_or(false);
  account.token_url = json.text("token_uri").value_or(std::string(token_endpoint));
  account.key_id = json.text("private_key_id").value_or("");
  if (account.disable_oauth) {
    account.email = json.text("client_email").value_or("");
    return account;
  }
  account.email = json.required_text("client_email");
  try {
    account.key.emplace(json.required_text("private_key"));
  } catch (const Error& error) {
    throw Error(ErrorKind::generic, fmt::format("{} cannot be used: {}", what, error.message()));
  }
  return account;
}

TokenSource service_account_tokens(http::Client client, ServiceAccount account) {
  const auto shared = std::make_shared<const ServiceAccount>(std::move(account));
  return [client = std::move(client), shared] { return fetch(client, shared); };
}

}  // namespace storelink::cloud::gcs
