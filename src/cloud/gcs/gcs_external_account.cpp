#include "cloud/gcs/gcs_external_account.hpp"

#include <fmt/format.h>

#include "cloud/credential_file.hpp"
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
  // Where the subject token is: one of the two, and its member in a JSON document; empty: it is the whole.
  std::string file, url, member;
  Headers headers;  // for the URL
};

ExternalAccount parse(const codec::JsonObject& json) {
  ExternalAccount account;
  account.audience = json.required_text("audience");
  account.subject_token_type = json.required_text("subject_token_type");
  account.token_url = json.text("token_url").value_or("https://sts.googleapis.com/v1/token");
  account.client_id = json.text("client_id").value_or("");
  account.client_secret = json.text("client_secret").value_or("");
  account.user_project = json.text("workforce_pool_user_project").value_or("");

  const auto source = json.object("credential_source");
  if (!source) throw Error(ErrorKind::generic, "an external account has no \"credential_source\"");
  if (source->text("environment_id") || source->object("executable")) {
    throw Error(
        ErrorKind::not_implemented,
        "subject tokens of external accounts from AWS and from programs are not implemented; accepted "
        "is a \"credential_source\" with \"file\" or \"url\", or a credential provider");
  }
  account.file = source->text("file").value_or("");
  account.url = source->text("url").value_or("");
  if (account.file.empty() == account.url.empty()) {
    throw Error(ErrorKind::generic,
                "the \"credential_source\" of an external account must have either \"file\" or \"url\"");
  }
  if (const auto headers = source->object("headers"))
    for (const std::string& name : headers->names())
      account.headers.emplace_back(codec::to_lower(name), headers->required_text(name));
  const auto format = source->object("format");
  const std::string type = format ? format->text("type").value_or("text") : "text";
  if (type == "json") {
    account.member = format->required_text("subject_token_field_name");
  } else if (type != "text") {
    throw Error(ErrorKind::generic,
                fmt::format("the \"format\" of an external account's subject token is {:?}; accepted are "
                            "\"text\" and \"json\"",
                            type));
  }
  return account;
}

std::string subject_token_in(const ExternalAccount& account, std::string_view document) {
  std::string token;
  if (account.member.empty()) {
    token = codec::trim(document);
  } else {
    token = codec::JsonObject::parse(document, "the document with the subject token")
                .required_text(account.member);
  }
  if (token.empty()) throw Error(ErrorKind::unauthenticated, "the subject token is empty");
  return token;
}

Task<std::string> subject_token(http::Client client, std::shared_ptr<const ExternalAccount> account) {
  if (!account->file.empty())
    co_return subject_token_in(*account, read_credential_file(account->file, "the subject token file"));
  HttpRequest request;
  request.method = "GET";
  request.url = account->url;
  request.headers = account->headers;
  HttpResponse response = co_await send_to_token_service_async(
      std::move(client), std::move(request), fmt::format("the subject token's server {}", account->url));
  co_return subject_token_in(*account, response.body.view());
}

// RFC 8693, section 2.1.
Task<TokenCache::Entry> exchange(http::Client client, std::shared_ptr<const ExternalAccount> account) {
  codec::QueryItems form;
  form.emplace_back("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange");
  form.emplace_back("audience", account->audience);
  form.emplace_back("scope", oauth_scope);
  form.emplace_back("requested_token_type", "urn:ietf:params:oauth:token-type:access_token");
  std::string token = co_await subject_token(client, account);
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

TokenSource external_account_tokens(http::Client client, const codec::JsonObject& file) {
  const auto account = std::make_shared<const ExternalAccount>(parse(file));
  TokenSource exchanged = [client, account] { return exchange(client, account); };
  const auto url = file.text("service_account_impersonation_url");
  if (!url) return exchanged;
  std::chrono::seconds lifetime = std::chrono::hours(1);
  if (const auto options = file.object("service_account_impersonation"))
    lifetime = std::chrono::seconds(options->integer("token_lifetime_seconds").value_or(lifetime.count()));
  return impersonated_tokens(std::move(client), std::move(exchanged), *url, lifetime);
}

TokenSource impersonated_tokens(http::Client client, TokenSource base, std::string url,
                                std::chrono::seconds lifetime) {
  const auto target =
      std::make_shared<const Impersonation>(Impersonation{std::move(base), std::move(url), lifetime});
  return [client = std::move(client), target] { return impersonate(client, target); };
}

std::string impersonated_email(std::string_view url) {
  const std::size_t colon = url.rfind(':');
  const std::size_t slash = url.rfind('/', colon);
  if (colon == std::string_view::npos || slash == std::string_view::npos) return {};
  return codec::percent_decode(url.substr(slash + 1, colon - slash - 1));
}

}  // namespace storelink::cloud::gcs
