#include "cloud/gcs/gcs_credentials.hpp"

#include <fmt/format.h>

#include <array>

#include "base/environment.hpp"
#include "cloud/credential_file.hpp"
#include "cloud/gcs/gcs_external_account.hpp"
#include "codec/text.hpp"

namespace storelink::cloud::gcs {

namespace {

constexpr std::string_view no_account =
    "URLs are signed by a service account: give its key (google_service_account or "
    "google_service_account_key), or credentials that stand for one";

// --- users ---

Task<TokenCache::Entry> refresh(http::Client client, codec::QueryItems form, std::string url) {
  HttpRequest request = form_request(url, form);
  TokenCache::Entry entry = co_await fetch_token_async(std::move(client), std::move(request),
                                                       fmt::format("the token endpoint {}", url));
  co_return entry;
}

TokenSource user_tokens(const http::Client& client, const codec::JsonObject& file) {
  codec::QueryItems form;
  form.emplace_back("grant_type", "refresh_token");
  for (const char* name : {"client_id", "client_secret", "refresh_token"})
    form.emplace_back(name, file.required_text(name));
  std::string url = file.text("token_uri").value_or(std::string(token_endpoint));
  return [client, form = std::move(form), url = std::move(url)] { return refresh(client, form, url); };
}

// --- the metadata server ---

struct Metadata {
  explicit Metadata(http::Client c) : client(std::move(c)) {}
  http::Client client;
  std::string host = "metadata.google.internal";
  std::string address = "169.254.169.254";  // asked when the host does not answer
};

Task<HttpResponse> ask_metadata(std::shared_ptr<const Metadata> metadata, std::string item) {
  std::optional<Error> failure;
  const std::array<std::string, 2> hosts = {metadata->host, metadata->address};
  for (const std::string& host : hosts) {
    HttpRequest request;
    request.method = "GET";
    request.url =
        fmt::format("http://{}/computeMetadata/v1/instance/service-accounts/default/{}", host, item);
    request.headers.emplace_back("metadata-flavor", "Google");
    try {
      co_return co_await send_to_token_service_async(metadata->client, std::move(request),
                                                     fmt::format("the metadata server {}", host));
    } catch (const Error& error) {
      // An answer is an answer.
      if (error.status() != 0 || error.kind() == ErrorKind::cancelled) throw;
      if (!failure) failure = error;
    }
  }
  refuse_without_credentials(
      *failure,
      "there are no Google credentials: set google_service_account, google_service_account_key, "
      "google_application_credentials or google_bearer_token (settings, or environment variables in "
      "capitals), log in with \"gcloud auth application-default login\", give a credential provider, or set "
      "google_skip_signature to true for anonymous access");
}

Task<TokenCache::Entry> metadata_token(std::shared_ptr<const Metadata> metadata) {
  HttpResponse response = co_await ask_metadata(std::move(metadata), "token");
  co_return parse_token(response, "the metadata server");
}

Task<TokenCache::Entry> metadata_email(std::shared_ptr<const Metadata> metadata) {
  HttpResponse response = co_await ask_metadata(std::move(metadata), "email");
  co_return TokenCache::Entry(std::string(codec::trim(response.body.view())), std::nullopt);
}

Credentials machine_credentials(const TokenClients& clients, bool environment) {
  auto metadata = std::make_shared<Metadata>(clients.near);
  if (environment) {
    for (const char* name : {"GCE_METADATA_ROOT", "GCE_METADATA_HOST"})
      if (std::string host = environment_variable(name); !host.empty()) metadata->host = std::move(host);
    if (std::string address = environment_variable("GCE_METADATA_IP"); !address.empty())
      metadata->address = std::move(address);
  }
  Credentials credentials;
  credentials.tokens = [metadata] { return metadata_token(metadata); };
  credentials.email = [metadata] { return metadata_email(metadata); };
  return credentials;
}

// --- files ---

Credentials of_service_account(const http::Client& client, ServiceAccount account) {
  Credentials credentials;
  credentials.email = fixed_token(account.email);
  credentials.key = account.key;
  credentials.tokens = service_account_tokens(client, std::move(account));
  return credentials;
}

// Stands for the service account that `url` names.
Credentials impersonating(TokenSource tokens, const std::string& url) {
  Credentials credentials;
  credentials.tokens = std::move(tokens);
  std::string email = impersonated_email(url);
  if (email.empty()) credentials.cannot_sign = no_account;
  credentials.email = fixed_token(std::move(email));
  return credentials;
}

Credentials of_file(const TokenClients& clients, const codec::JsonObject& file, const std::string& what,
                    bool environment) {
  const std::string type = file.required_text("type");
  if (type == "service_account")
    return of_service_account(clients.service, parse_service_account(file, what));
  if (type == "external_account") {
    return impersonating(external_account_tokens(clients, file, environment),
                         file.text("service_account_impersonation_url").value_or(""));
  }
  if (type == "impersonated_service_account") {
    const std::string url = file.required_text("service_account_impersonation_url");
    const auto source = file.object("source_credentials");
    if (!source) throw Error(ErrorKind::generic, what + " has no \"source_credentials\"");
    return impersonating(
        impersonated_tokens(clients.service, of_file(clients, *source, what, environment).tokens, url), url);
  }
  if (type == "authorized_user") {
    Credentials credentials;
    credentials.tokens = user_tokens(clients.service, file);
    credentials.cannot_sign = no_account;
    return credentials;
  }
  throw Error(ErrorKind::generic,
              fmt::format("{} is of the type {:?}; accepted are \"service_account\", \"authorized_user\", "
                          "\"external_account\" and \"impersonated_service_account\"",
                          what, type));
}

}  // namespace

Credentials find_credentials(const GcsConfig& config, const GcsOptions& options, const http::Client& client) {
  Credentials credentials;
  credentials.cannot_sign = no_account;
  if (options.credential_provider) {
    credentials.tokens = provided_tokens(options.credential_provider);
    return credentials;
  }
  if (config.anonymous) return credentials;
  if (!config.bearer_token.empty()) {
    credentials.tokens = fixed_token(config.bearer_token);
    return credentials;
  }
  if (config.service_account) return of_service_account(client, *config.service_account);

  std::string path = config.application_credentials;
  if (path.empty() && options.read_environment) {
    path = home_path(".config/gcloud/application_default_credentials.json");
    if (!file_exists(path)) path.clear();
  }
  const TokenClients clients{client, metadata_client(options.transport, config.client, options.retry)};
  if (path.empty()) return machine_credentials(clients, options.read_environment);
  const std::string what = fmt::format("the credential file {:?}", path);
  return of_file(clients, codec::JsonObject::parse(read_credential_file(path, "the credential file"), what),
                 what, options.read_environment);
}

}  // namespace storelink::cloud::gcs
