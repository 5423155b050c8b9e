#include "cloud/gcs/gcs_external_account.hpp"

#include <fmt/format.h>

#include "cloud/gcs/gcs_service_account.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"

namespace storelink::cloud::gcs {

namespace {

struct ExternalAccount {
  ExternalAccount() {}
  std::string audience, subject_token_type, token_url;
  std::string client_id, client_secret;  // empty: the exchange needs no client
  std::string user_project;              // of workforce pools
  SubjectTokenSource subject_token;
};

ExternalAccount parse(const TokenClients& clients, const codec::JsonObject& json, bool environment) {
  ExternalAccount account;
  account.audience = json.required_text("audience");
  account.subject_token_type = json.required_text("subject_token_type");
  account.token_url = json.text("token_url").value_or("https://sts.googleapis.com/v1/token");
  account.client_id = json.text("client_id").value_or("");
  account.client_secret = json.text("client_secret").value_or("");
  account.user_project = json.text("workforce_pool_user_project").value_or("");
  account.subject_token = subject_tokens(clients, json, environment);
  return account;
}

// RFC 8693, section 2.1.
Task<TokenCache::Entry> exchange(http::Client client, std::shared_ptr<const ExternalAccount> account) {
  codec::QueryItems form;
  form.emplace_back("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
  form.emplace_back("audience", account->audience);
  form.emplace_back("scope", oauth_scope);
  form.emplace_back("requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
  std::string token = co_await account->subject_token();
  form.emplace_back("subject_token", std::move(token));
  form.emplace_back("subject_token_type", account->subject_token_type);
  if (!account->user_project.empty() && account->client_id.empty())
    form.emplace_back("options",
                      fmt::format("{{\"userProject\":{}}}", codec::json_quote(account->user_project)));
  HttpRequest request = form_request(account->token_url, form);
  if (!account->client_id.empty()) {
    const std::string client_login = account->client_id + ":" + account->client_secret;
    request.headers.emplace_back("authorization", "Basic " + codec::base64_encode(client_login));
  }
  TokenCache::Entry entry = co_await fetch_token_async(
      std::move(client), std::move(request), fmt::format("the token exchange {}", account->token_url));
  co_return entry;
}

struct Impersonation {
  TokenSource base;
  std::string url;
  std::chrono::seconds lifetime;
};

Task<TokenCache::Entry> impersonate(http::Client client, std::shared_ptr<const Impersonation> target) {
  const TokenCache::Entry base = co_await target->base();
  HttpRequest request = json_request(target->url, fmt::format(R"({{"scope":["{}"],"lifetime":"{}s"}})",
                                                              oauth_scope, target->lifetime.count()));
  request.headers.emplace_back("authorization", "Bearer " + base.credential);
  const std::string service = fmt::format("the impersonation of a service account, {},", target->url);
  HttpResponse response =
      co_await send_to_token_service_async(std::move(client), std::move(request), service);
  const auto answer = codec::JsonObject::parse(response.body.view(), "the answer of " + service);
  std::string token = answer.required_text("accessToken");
  const auto expires_at = codec::parse_rfc3339(answer.required_text("expireTime"));
  if (!is_token_text(token) || !expires_at)
    throw Error(ErrorKind::generic, service + " gave a token or a time that is none");
  co_return TokenCache::Entry(std::move(token), expires_at);
}

}  // namespace

TokenSource external_account_tokens(const TokenClients& clients, const codec::JsonObject& file,
                                    bool environment) {
  const auto account = std::make_shared<const ExternalAccount>(parse(clients, file, environment));
  TokenSource exchanged = [client = clients.service, account] { return exchange(client, account); };
  const auto url = file.text("service_account_impersonation_url");
  if (!url) return exchanged;
  std::chrono::seconds lifetime = std::chrono::hours(1);
  if (const auto options = file.object("service_account_impersonation"))
    lifetime = std::chrono::seconds(options->integer("token_lifetime_seconds").value_or(lifetime.count()));
  return impersonated_tokens(clients.service, std::move(exchanged), *url, lifetime);
}

TokenSource impersonated_tokens(http::Client client, TokenSource base, std::string url,
                                std::chrono::seconds lifetime) {
  const auto target =
      std::make_shared<const Impersonation>(Impersonation{std::move(base), std::move(url), lifetime});
  return [client = std::move(client), target] { return impersonate(client, target); };
}

}  // namespace storelink::cloud::gcs
