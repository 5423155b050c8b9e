#include "cloud/gcs/gcs_signer.hpp"

#include <fmt/format.h>

#include "base/blocking.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"

namespace storelink::cloud::gcs {

UnsignedUrl prepare_signed_url(std::string_view method, const codec::Url& url, std::string_view email,
                               codec::Timestamp now, std::chrono::seconds expires_in,
                               const HeaderList& signed_headers) {
  constexpr std::string_view algorithm = "GOOG4-RSA-SHA256";
  const std::string date = codec::format_amz_date(now);
  const std::string scope = fmt::format("{:.8}/auto/storage/goog4_request", date);
  Presigned made = presign_query({"X-Goog-", algorithm}, method, url, url.path.empty() ? "/" : url.path,
                                 fmt::format("{}/{}", email, scope), date, expires_in, {}, signed_headers,
                                 unsigned_payload);
  UnsignedUrl prepared;
  prepared.to_sign = string_to_sign(algorithm, date, scope, made.canonical_request);
  prepared.url = std::move(made.url);
  return prepared;
}

GcsSigner::GcsSigner(Credentials credentials, http::Client client, std::chrono::nanoseconds refresh_ahead)
    : BearerSigner(std::move(credentials.tokens), refresh_ahead),
      key_(std::move(credentials.key)),
      cannot_sign_(std::move(credentials.cannot_sign)),
      client_(std::move(client)) {
  if (credentials.email) email_.emplace(std::move(credentials.email), std::chrono::nanoseconds(0));
}

Task<std::string> GcsSigner::presign_async(std::string method, std::string url,
                                           std::chrono::seconds expires_in) {
  if (!cannot_sign_.empty()) throw Error(ErrorKind::not_supported, cannot_sign_);
  const codec::Url parsed = codec::parse_url(url);
  const TokenCache::SharedEntry email = co_await email_->get_async();
  UnsignedUrl prepared = prepare_signed_url(method, parsed, email->credential, signing_time(), expires_in);
  std::string signature;
  if (key_) {
    // Half a millisecond of arithmetic, which is too long for an event loop.
    auto sign = [key = *key_, text = std::move(prepared.to_sign)] { return key.sign_sha256(text); };
    signature = co_await run_blocking(std::move(sign));
  } else {
    signature = co_await sign_blob(email->credential, std::move(prepared.to_sign));
  }
  codec::append_hex(prepared.url,
                    {reinterpret_cast<const std::uint8_t*>(signature.data()), signature.size()});
  co_return std::move(prepared.url);
}

Task<std::string> GcsSigner::sign_blob(std::string email, std::string text) {
  HttpRequest request = json_request(
      fmt::format("https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{}:signBlob",
                  codec::percent_encode(email, codec::Keep::unreserved)),
      fmt::format(R"({{"payload":"{}"}})", codec::base64_encode(text)));
  co_await sign_async(&request);
  std::string service = fmt::format("signBlob for the service account {}", email);
  HttpResponse response = co_await send_to_token_service_async(client_, std::move(request), service);
  const auto answer = codec::JsonObject::parse(response.body.view(), "the answer of " + service);
  const auto signature = codec::base64_decode(answer.required_text("signedBlob"));
  if (!signature) throw Error(ErrorKind::generic, service + " gave a signature that is no base64");
  co_return *signature;
}

}  // namespace storelink::cloud::gcs
