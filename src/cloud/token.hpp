// Bearer tokens (RFC 6750): fetched from a token service, kept until shortly before they expire, put on
// requests.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cloud/credential_cache.hpp"
#include "cloud/signer.hpp"
#include "codec/url.hpp"
#include "http/client.hpp"
#include "http/client_options.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud {

// Of the token's text alone.
using TokenCache = CredentialCache<std::string>;
// Asked for a token when there is none, or too old a one. Errors as fetch_token_async() has them.
using TokenSource = std::function<Task<TokenCache::Entry>()>;

// POST of a form (application/x-www-form-urlencoded), as OAuth 2.0 wants it.
HttpRequest form_request(std::string url, const codec::QueryItems& fields);

// POST of a JSON document.
HttpRequest json_request(std::string url, std::string document);

// The client for a metadata server, which speaks plain http and is either near or not there: connecting may
// take a second only, and it is tried four times at most. It has a transport of its own unless `given` (by a
// test or a user) is one. Requests to other token services go through the store's own client.
http::Client metadata_client(std::shared_ptr<Transport> given, http::ClientOptions options,
                             const RetryConfig& retry);

// Sends a request with the retry rules and gives the answer if it is a success. `service` names it in
// messages: "the token endpoint https://…". Throws Error with the service's own words: permission_denied for
// 403, unauthenticated for another 4xx, generic for other statuses.
Task<HttpResponse> send_to_token_service_async(http::Client client, HttpRequest request, std::string service);

// Reads an answer (RFC 6749, section 5.1): access_token, with expires_in (seconds) or expires_on (seconds
// since 1970); neither: it never expires. Throws Error(generic) for anything else.
TokenCache::Entry parse_token(const HttpResponse& response, std::string_view service);

// Both.
Task<TokenCache::Entry> fetch_token_async(http::Client client, HttpRequest request, std::string service);

// A provider of the user's as a source; what it gives is checked.
TokenSource provided_tokens(BearerTokenProvider provider);

// A token that stays as it is.
TokenSource fixed_token(std::string token);

// Seconds since 1970 as an expiry, which is at most in 2106: a Timestamp cannot hold every number.
Timestamp unix_expiry(std::int64_t seconds) noexcept;

// When a JSON Web Token (RFC 7519) expires, by its claim "exp"; nothing for other text and without the claim.
// Its signature is the service's business.
std::optional<Timestamp> jwt_expiry(std::string_view token);

// Throws `failure`, that of the last source that was left, as unauthenticated behind the `words` that say
// what else is accepted.
[[noreturn]] void refuse_without_credentials(const Error& failure, std::string_view words);

// Whether HTTP can carry the token: printable ASCII without spaces, at least one character.
bool is_token_text(std::string_view text) noexcept;

// Puts "Authorization: Bearer …" on requests. Signing URLs is each cloud's own.
class BearerSigner : public Signer {
 public:
  // Without a source requests go as they are.
  BearerSigner(TokenSource source, std::chrono::nanoseconds refresh_ahead);

  Task<void> sign_async(HttpRequest* request) override;
  void redact(std::string& text) const override;

 protected:
  bool is_anonymous() const noexcept { return !cache_; }

 private:
  std::optional<TokenCache> cache_;
};

}  // namespace storelink::cloud
