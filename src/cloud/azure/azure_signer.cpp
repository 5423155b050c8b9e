#include "cloud/azure/azure_signer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cloud/azure/azure_batch.hpp"
#include "cloud/token.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"

namespace storelink::cloud::azure {

namespace {

constexpr std::chrono::hours a_week(24 * 7);  // as the service has it
constexpr std::chrono::hours a_century(24 * 365 *
                                       100);  // it has no bound with the account key, but times have
// For how long the service may read the source of a copy: it does so at once.
constexpr std::chrono::hours copy_time(1);

std::string permissions_of(std::string_view method) {
  if (method == "GET" || method == "HEAD") return "r";
  if (method == "PUT") return "cw";
  if (method == "DELETE") return "d";
  throw Error(ErrorKind::not_supported,
              fmt::format("Azure signs no URLs for {}; accepted are GET, HEAD, PUT and DELETE", method));
}

}  // namespace

AzureSigner::AzureSigner(const AzureConfig& config, AuthorizationCache::Provider provider,
                         std::chrono::nanoseconds refresh_ahead, http::Client client)
    : account_(config.account),
      container_(config.container),
      service_url_(config.service_url),
      container_url_(config.container_url),
      client_(std::move(client)),
      https_only_(config.service_url.starts_with("https://")) {
  if (provider) {
    cache_.emplace(std::move(provider), refresh_ahead);
  } else if (config.credentials != CredentialType::anonymous) {
    fixed_ = std::make_shared<const Authorization>(
        check_credential(config.fixed, account_, "the credential in the settings"));
  }
}

Task<std::shared_ptr<const Authorization>> AzureSigner::authorization() {
  if (!cache_) co_return fixed_;
  const AuthorizationCache::SharedEntry entry = co_await cache_->get_async();
  co_return std::shared_ptr<const Authorization>(entry, &entry->credential);
}

// "/blob/ACCOUNT/CONTAINER/BLOB" of a blob's URL.
std::string AzureSigner::resource_of(std::string_view url) const {
  const std::string_view key = url.substr(0, url.find('?')).substr(container_url_.size());
  return fmt::format("/blob/{}/{}/{}", account_, container_, codec::percent_decode(key));
}

void AzureSigner::authorize(HttpRequest& request, const Authorization* with) const {
  std::erase_if(request.headers, [](const auto& header) {
    return header.first == "authorization" || header.first == "x-ms-date";
  });
  const Timestamp now = signing_time();
  request.headers.emplace_back("x-ms-date", codec::format_rfc1123(now));
  if (with == nullptr) return;
  Sas copy_source;
  if (const std::string* source = find_header(request.headers, "x-ms-copy-source"); source != nullptr) {
    copy_source.permissions = "r";
    copy_source.resource = resource_of(*source);
    copy_source.expires = now + copy_time;
    copy_source.https_only = https_only_;
  }
  with->apply(request, copy_source);
}

Task<void> AzureSigner::sign_async(HttpRequest* request) {
  const std::shared_ptr<const Authorization> with = co_await authorization();
  if (is_batch(*request)) {
    std::vector<HttpRequest> parts = batch_parts(*request);
    for (HttpRequest& part : parts) authorize(part, with.get());
    request->body = Bytes::adopt(batch_body(parts));
  }
  authorize(*request, with.get());
}

Task<std::string> AzureSigner::presign_async(std::string method, std::string url,
                                             std::chrono::seconds expires_in) {
  const std::shared_ptr<const Authorization> with = co_await authorization();
  if (!with || !with->sas.empty()) {
    throw Error(ErrorKind::not_supported,
                with ? "a SAS token cannot sign URLs: that takes the account key or a bearer token"
                     : "this store has no credentials to sign a URL with (azure_skip_signature is true)");
  }
  const std::chrono::seconds longest = with->key ? a_century : a_week;
  if (expires_in < std::chrono::seconds(1) || expires_in > longest) {
    throw Error(ErrorKind::generic,
                fmt::format("a signed URL cannot be valid for {} s; accepted are 1 s to {} s",
                            expires_in.count(), longest.count()));
  }
  Sas sas;
  sas.permissions = permissions_of(method);
  sas.resource = resource_of(url);
  sas.expires = signing_time() + expires_in;
  sas.https_only = https_only_;
  if (with->key) co_return url + "?" + service_sas(sas, *with->key);
  const std::shared_ptr<const DelegationKey> key = co_await delegation_key(with, expires_in);
  co_return url + "?" + delegation_sas(sas, *key);
}

Task<std::shared_ptr<const DelegationKey>> AzureSigner::delegation_key(
    std::shared_ptr<const Authorization> with, std::chrono::seconds needed) {
  const Timestamp now = signing_time();
  {
    const std::lock_guard lock(mutex_);
    if (delegation_key_ && delegation_expiry_ >= now + needed) co_return delegation_key_;
  }
  const Timestamp expiry =
      now + std::min<std::chrono::seconds>(std::max<std::chrono::seconds>(needed * 2, std::chrono::hours(1)),
                                           a_week);
  HttpRequest request;
  request.method = "POST";
  request.url = service_url_ + "?restype=service&comp=userdelegationkey";
  request.headers.emplace_back("x-ms-version", "2023-11-03");
  request.headers.emplace_back("content-type", "application/xml");
  request.body = Bytes::adopt(delegation_key_request(now, expiry));
  authorize(request, with.get());
  HttpResponse response = co_await send_to_token_service_async(
      client_, std::move(request), fmt::format("the user delegation key of {}", service_url_));
  auto key = std::make_shared<const DelegationKey>(parse_delegation_key(response.body.view()));
  const std::lock_guard lock(mutex_);
  delegation_key_ = key;
  delegation_expiry_ = expiry;
  co_return key;
}

void AzureSigner::redact(std::string& text) const {
  const auto hide_all = [&text](const Authorization& authorization) {
    if (authorization.key) hide_secret(text, codec::base64_encode(authorization.key->key));
    hide_secret(text, authorization.sas);
    hide_secret(text, authorization.bearer);
  };
  if (fixed_) hide_all(*fixed_);
  if (!cache_) return;
  if (const auto entry = cache_->current()) hide_all(entry->credential);
}

}  // namespace storelink::cloud::azure
