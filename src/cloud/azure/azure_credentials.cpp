#include "cloud/azure/azure_credentials.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cloud/credential_file.hpp"
#include "cloud/credential_program.hpp"
#include "cloud/token.hpp"
#include "codec/json.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::azure {

namespace {

constexpr std::string_view resource = "https://storage.azure.com";
constexpr std::string_view scope = "https://storage.azure.com/.default";
constexpr std::chrono::seconds cli_patience{60};

// What a refresh needs.
struct Asking {
  Asking(const AzureConfig& config, http::Client c)
      : type(config.credentials), settings(config.tokens), client(std::move(c)) {}
  const CredentialType type;
  const TokenSettings settings;
  const http::Client client;
};

std::string token_endpoint(const TokenSettings& settings) {
  return fmt::format("{}/{}/oauth2/v2.0/token", settings.authority_host,
                     codec::percent_encode(settings.tenant_id, codec::Keep::unreserved));
}

HttpRequest client_secret_request(const TokenSettings& settings) {
  return form_request(token_endpoint(settings), {{"client_id", settings.client_id},
                                                 {"client_secret", settings.client_secret},
                                                 {"scope", std::string(scope)},
                                                 {"grant_type", "client_credentials"}});
}

// The token in the file is short-lived and replaced from outside: it is read each time.
HttpRequest workload_identity_request(const TokenSettings& settings) {
  const std::string assertion =
      read_credential_file(settings.federated_token_file, "the federated token file");
  return form_request(token_endpoint(settings),
                      {{"client_id", settings.client_id},
                       {"client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
                       {"client_assertion", std::string(codec::trim(assertion))},
                       {"scope", std::string(scope)},
                       {"grant_type", "client_credentials"}});
}

// IMDS on a virtual machine; App Service and its like have an endpoint of their own and want their header.
HttpRequest managed_identity_request(const TokenSettings& settings) {
  const bool app_service = !settings.identity_header.empty();
  codec::QueryItems query = {{"api-version", app_service ? "2019-08-01" : "2018-02-01"},
                             {"resource", std::string(resource)}};
  if (!settings.object_id.empty()) {
    query.emplace_back("object_id", settings.object_id);
  } else if (!settings.client_id.empty()) {
    query.emplace_back("client_id", settings.client_id);
  } else if (!settings.msi_resource_id.empty()) {
    query.emplace_back(app_service ? "mi_res_id" : "msi_res_id", settings.msi_resource_id);
  }
  HttpRequest request;
  request.method = "GET";
  request.url = settings.msi_endpoint + "?" + codec::encode_query(query);
  request.headers.emplace_back("metadata", "true");
  if (app_service) request.headers.emplace_back("x-identity-header", settings.identity_header);
  return request;
}

HttpRequest fabric_request(const TokenSettings& settings) {
  HttpRequest request;
  request.method = "GET";
  request.url = settings.fabric_url + "?" + codec::encode_query({{"resource", std::string(resource)}});
  request.headers = {{"x-ms-partner-token", settings.fabric_session},
                     {"x-ms-cluster-identifier", settings.fabric_cluster},
                     {"x-ms-workload-resource-moniker", settings.fabric_cluster},
                     {"x-ms-proxy-host", settings.fabric_host}};
  return request;
}

TokenCache::Entry ask_cli() {
  const std::string text =
      ask_program({"az", "account", "get-access-token", "--output", "json", "--scope", std::string(scope)},
                  cli_patience, "the program az");
  const auto answer = codec::JsonObject::parse(text, "the answer of the program az");
  std::string token = answer.required_text("accessToken");
  if (!is_token_text(token))
    throw Error(ErrorKind::generic, "the program az gave a token that HTTP cannot carry");
  // Older versions of the program write the local time alone.
  if (const auto seconds = answer.integer("expires_on"))
    return TokenCache::Entry(std::move(token), unix_expiry(*seconds));
  return TokenCache::Entry(std::move(token), codec::parse_local_time(answer.required_text("expiresOn")));
}

Task<TokenCache::Entry> ask_fabric(std::shared_ptr<const Asking> asking) {
  const std::string service = "the Fabric token service " + asking->settings.fabric_url;
  HttpResponse response =
      co_await send_to_token_service_async(asking->client, fabric_request(asking->settings), service);
  std::string token(codec::trim(response.body.view()));
  if (!is_token_text(token)) throw Error(ErrorKind::generic, service + " gave no token");
  const std::optional<Timestamp> expires_at = jwt_expiry(token);
  co_return TokenCache::Entry(std::move(token), expires_at);
}

Task<TokenCache::Entry> ask_for_token(std::shared_ptr<const Asking> asking) {
  const TokenSettings& settings = asking->settings;
  HttpRequest request;
  std::string service = "the token endpoint " + token_endpoint(settings);
  switch (asking->type) {
    case CredentialType::client_secret: request = client_secret_request(settings); break;
    case CredentialType::workload_identity: request = workload_identity_request(settings); break;
    case CredentialType::managed_identity:
      request = managed_identity_request(settings);
      service =
          fmt::format("the managed identity endpoint {} (where there is none, set other Azure credentials)",
                      settings.msi_endpoint);
      break;
    case CredentialType::azure_cli: co_return ask_cli();
    case CredentialType::fabric: {
      TokenCache::Entry entry = co_await ask_fabric(asking);
      co_return entry;
    }
    case CredentialType::anonymous:
    case CredentialType::provider:
    case CredentialType::bearer_token:
    case CredentialType::access_key:
    case CredentialType::sas_token: break;
  }
  TokenCache::Entry entry = co_await fetch_token_async(asking->client, std::move(request), service);
  co_return entry;
}

Task<AuthorizationCache::Entry> ask(std::shared_ptr<const Asking> asking) {
  TokenCache::Entry token = co_await ask_for_token(std::move(asking));
  Authorization authorization;
  authorization.bearer = std::move(token.credential);
  co_return AuthorizationCache::Entry(std::move(authorization), token.expires_at);
}

Task<AuthorizationCache::Entry> ask_provider(std::shared_ptr<const AzureCredentialProvider> provider,
                                             std::string account) {
  const AzureCredential given = co_await (*provider)();
  co_return AuthorizationCache::Entry(check_credential(given, account, "what the credential provider gave"),
                                      given.expires_at);
}

}  // namespace

void Authorization::apply(HttpRequest& request, const Sas& copy_source) const {
  const auto source = std::find_if(request.headers.begin(), request.headers.end(),
                                   [](const auto& header) { return header.first == "x-ms-copy-source"; });
  // Copy Blob reads from its own account with the request's authorization, unless that is a SAS. Put Blob
  // From URL never does.
  const bool copies = source != request.headers.end();
  const bool put_from_url = copies && find_header(request.headers, "x-ms-blob-type") != nullptr;
  if (!sas.empty()) {
    request.url.append(request.url.find('?') == std::string::npos ? "?" : "&").append(sas);
    if (copies) source->second.append("?").append(sas);
    return;
  }
  if (key) {
    if (put_from_url) source->second.append("?").append(service_sas(copy_source, *key));
    request.headers.emplace_back("authorization", shared_key_authorization(request, *key));
    return;
  }
  if (put_from_url) request.headers.emplace_back("x-ms-copy-source-authorization", "Bearer " + bearer);
  request.headers.emplace_back("authorization", "Bearer " + bearer);
}

Authorization check_credential(const AzureCredential& credential, const std::string& account,
                               const std::string& source) {
  const int given = static_cast<int>(!credential.access_key.empty()) +
                    static_cast<int>(!credential.sas_token.empty()) +
                    static_cast<int>(!credential.bearer_token.empty());
  if (given != 1) {
    throw Error(ErrorKind::unauthenticated,
                fmt::format("{} is {} of an access key, a SAS token and a bearer token; accepted is one",
                            source, given == 0 ? "none" : "more than one"));
  }
  Authorization authorization;
  if (!credential.access_key.empty()) {
    authorization.key = AccountKey{account, decode_account_key(credential.access_key, source)};
  } else if (!credential.sas_token.empty()) {
    authorization.sas = parse_sas_token(credential.sas_token, source);
  } else if (is_token_text(credential.bearer_token)) {
    authorization.bearer = credential.bearer_token;
  } else {
    throw Error(ErrorKind::unauthenticated,
                fmt::format("{} is no token; accepted is printable ASCII without spaces", source));
  }
  return authorization;
}

AuthorizationCache::Provider authorization_provider(const AzureConfig& config, const AzureOptions& options,
                                                    const http::Client& client) {
  switch (config.credentials) {
    case CredentialType::anonymous:
    case CredentialType::bearer_token:
    case CredentialType::access_key:
    case CredentialType::sas_token: return {};
    case CredentialType::provider: {
      const auto provider = std::make_shared<const AzureCredentialProvider>(options.credential_provider);
      return [provider, account = config.account] { return ask_provider(provider, account); };
    }
    case CredentialType::managed_identity: {
      const auto asking = std::make_shared<const Asking>(
          config, metadata_client(options.transport, config.client, options.retry));
      return [asking] { return ask(asking); };
    }
    case CredentialType::fabric:
    case CredentialType::client_secret:
    case CredentialType::workload_identity:
    case CredentialType::azure_cli: break;
  }
  const auto asking = std::make_shared<const Asking>(config, client);
  return [asking] { return ask(asking); };
}

}  // namespace storelink::cloud::azure
