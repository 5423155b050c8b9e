#include "cloud/token.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cloud/errors.hpp"
#include "cloud/service.hpp"
#include "codec/digest.hpp"
#include "codec/json.hpp"

namespace storelink::cloud {

namespace {

HttpRequest post(std::string url, std::string body, std::string_view content_type) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.emplace_back("accept", "application/json");
  request.headers.emplace_back("content-type", content_type);
  request.body = Bytes::adopt(std::move(body));
  return request;
}

Task<HttpRequest> copy_of(const HttpRequest* request) {
  co_return *request;
}

ErrorKind kind_of(int status) {
  if (status == 403) return ErrorKind::permission_denied;
  return status >= 400 && status < 500 ? ErrorKind::unauthenticated : ErrorKind::generic;
}

// "invalid_grant: Invalid JWT Signature." out of {"error": …, "error_description": …} (RFC 6749, section 5.2)
// or {"error": {"message": …}}, or an XML error; else the text itself.
std::string words_of(std::string_view body) {
  try {
    const auto answer = codec::JsonObject::parse(body, "the answer");
    std::string words;
    try {
      words = answer.text("error").value_or("");
    } catch (const Error&) {
      words = answer.object("error")->text("message").value_or("");
    }
    if (const auto more = answer.text("error_description")) words += ": " + *more;
    if (!words.empty()) return redact(words);
  } catch (const Error&) {
    // Not JSON, or nothing that is known.
  }
  if (const ServiceError error = parse_error_document(body); !error.code.empty())
    return redact(fmt::format("{}: {}", error.code, error.message));
  return redact(body.substr(0, 200));
}

Task<TokenCache::Entry> ask(const BearerTokenProvider* provider) {
  BearerToken given = co_await (*provider)();
  if (!is_token_text(given.token)) {
    throw Error(ErrorKind::unauthenticated,
                "the credential provider gave no token; accepted is printable ASCII without spaces");
  }
  co_return TokenCache::Entry(std::move(given.token), given.expires_at);
}

Task<TokenCache::Entry> just(std::string token) {
  co_return TokenCache::Entry(std::move(token), std::nullopt);
}

}  // namespace

HttpRequest form_request(std::string url, const codec::QueryItems& fields) {
  return post(std::move(url), codec::encode_query(fields), "application/x-www-form-urlencoded");
}

HttpRequest json_request(std::string url, std::string document) {
  return post(std::move(url), std::move(document), "application/json");
}

http::Client metadata_client(std::shared_ptr<Transport> given, http::ClientOptions options,
                             const RetryConfig& retry) {
  if (!given) {
    options.allow_http = true;
    options.connect_timeout =
        std::min<std::chrono::nanoseconds>(options.connect_timeout, std::chrono::seconds(1));
    given = http::make_transport(std::move(options));
  }
  RetryConfig few = retry;
  few.max_retries = std::min<std::size_t>(few.max_retries, 3);
  return http::Client(std::move(given), few);
}

Task<HttpResponse> send_to_token_service_async(http::Client client, HttpRequest request,
                                               std::string service) {
  const HttpRequest* prototype = &request;
  http::MakeRequest make = [prototype] { return copy_of(prototype); };
  std::optional<Error> lost;
  try {
    HttpResponse response = co_await client.send_async(std::move(make), http::SendOptions());
    if (is_success(response)) co_return response;
    ErrorDetails details;
    details.kind = kind_of(response.status);
    details.status = response.status;
    details.message = fmt::format("{} refused: {}", service, words_of(response.body.view()));
    lost = Error(std::move(details));
  } catch (const Error& error) {
    ErrorDetails details = error.details();
    details.message = fmt::format("{} did not answer: {}", service, details.message);
    // It says what became of the token request, not of the one to be signed.
    details.may_have_arrived.reset();
    lost = Error(std::move(details));
  }
  throw Error(*lost);
}

TokenCache::Entry parse_token(const HttpResponse& response, std::string_view service) {
  const auto answer =
      codec::JsonObject::parse(response.body.view(), fmt::format("the answer of {}", service));
  std::string token = answer.required_text("access_token");
  if (!is_token_text(token))
    throw Error(ErrorKind::generic, fmt::format("{} gave a token that HTTP cannot carry", service));
  std::optional<Timestamp> expires_at;
  // Far from what a Timestamp cannot hold: 31 years from now.
  if (const auto seconds = answer.integer("expires_in"))
    expires_at = signing_time() + std::chrono::seconds(std::clamp<std::int64_t>(*seconds, 0, 1'000'000'000));
  else if (const auto time = answer.integer("expires_on"))
    expires_at = unix_expiry(*time);
  return TokenCache::Entry(std::move(token), expires_at);
}

Task<TokenCache::Entry> fetch_token_async(http::Client client, HttpRequest request, std::string service) {
  HttpResponse response =
      co_await send_to_token_service_async(std::move(client), std::move(request), service);
  co_return parse_token(response, service);
}

TokenSource provided_tokens(BearerTokenProvider provider) {
  // Kept by the closure: a refresh may outlive the store.
  const auto shared = std::make_shared<const BearerTokenProvider>(std::move(provider));
  return [shared] { return ask(shared.get()); };
}

TokenSource fixed_token(std::string token) {
  return [token = std::move(token)] { return just(token); };
}

Timestamp unix_expiry(std::int64_t seconds) noexcept {
  return Timestamp(std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, std::int64_t{1} << 32)));
}

std::optional<Timestamp> jwt_expiry(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t second = token.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) return {};
  // Base64url without padding.
  std::string claims(token.substr(first + 1, second - first - 1));
  std::replace(claims.begin(), claims.end(), '-', '+');
  std::replace(claims.begin(), claims.end(), '_', '/');
  claims.append((4 - claims.size() % 4) % 4, '=');
  const auto decoded = codec::base64_decode(claims);
  if (!decoded) return {};
  try {
    const auto seconds = codec::JsonObject::parse(*decoded, "the token").integer("exp");
    if (seconds) return unix_expiry(*seconds);
  } catch (const Error&) {
    // No JSON: no JSON Web Token.
  }
  return {};
}

void refuse_without_credentials(const Error& failure, std::string_view words) {
  ErrorDetails details = failure.details();
  details.kind = ErrorKind::unauthenticated;
  details.message = fmt::format("{}; {}", words, details.message);
  throw Error(std::move(details));
}

bool is_token_text(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

BearerSigner::BearerSigner(TokenSource source, std::chrono::nanoseconds refresh_ahead) {
  if (source) cache_.emplace(std::move(source), refresh_ahead);
}

Task<void> BearerSigner::sign_async(HttpRequest* request) {
  if (!cache_) co_return;
  const TokenCache::SharedEntry entry = co_await cache_->get_async();
  std::erase_if(request->headers, [](const auto& header) { return header.first == "authorization"; });
  request->headers.emplace_back("authorization", "Bearer " + entry->credential);
}

void BearerSigner::redact(std::string& text) const {
  if (!cache_) return;
  if (const auto entry = cache_->current()) hide_secret(text, entry->credential);
}

}  // namespace storelink::cloud
