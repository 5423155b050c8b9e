#include "cloud/s3/s3_signer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cloud/xml_listing.hpp"
#include "codec/digest.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::s3 {

namespace {

Task<CredentialCache<AwsCredentials>::Entry> ask(const AwsCredentialProvider* provider) {
  AwsCredential given = co_await (*provider)();
  const std::optional<Timestamp> expires_at = given.expires_at;
  co_return CredentialCache<AwsCredentials>::Entry(aws::checked(std::move(given)), expires_at);
}

}  // namespace

S3Signer::S3Signer(std::string region, CredentialSource source, bool unsigned_payload)
    : source_(std::move(source)),
      unsigned_payload_(unsigned_payload),
      first_region_(std::move(region)),
      signer_(make_signer(first_region_)) {
  if (source_.anonymous || !source_.provider) return;
  // The provider is kept by the closure: a refresh may outlive this signer.
  const auto provider = std::make_shared<const AwsCredentialProvider>(source_.provider);
  cache_.emplace([provider] { return ask(provider.get()); }, source_.refresh_threshold);
}

S3Signer::SharedSigner S3Signer::make_signer(std::string region) const {
  return std::make_shared<const SigV4Signer>(std::move(region), source_.service, SigV4Rules::s3,
                                             source_.token_header);
}

S3Signer::SharedSigner S3Signer::signer() const {
  const std::lock_guard lock(mutex_);
  return signer_;
}

void S3Signer::move(std::string& url, const std::string& region) const {
  if (region == first_region_) return;
  const std::string host = fmt::format("s3.{}.amazonaws.com", first_region_);
  const std::size_t start = url.find(host);
  if (start == std::string::npos || url.find('/', url.find("://") + 3) < start) return;
  url.replace(start, host.size(), fmt::format("s3.{}.amazonaws.com", region));
}

bool S3Signer::learn(const HttpResponse& response) {
  if (response.status != 301 && response.status != 307 && response.status != 400) return false;
  std::string region;
  if (const std::string* header = find_header(response.headers, "x-amz-bucket-region"); header != nullptr)
    region = *header;
  if (region.empty()) region = parse_error_document(response.body.view()).region;
  // It becomes part of a host's name.
  const bool valid = !region.empty() && region.size() < 64 &&
                     std::all_of(
                         region.begin(), region.end(),
                         [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; });
  if (!valid) return false;
  const std::lock_guard lock(mutex_);
  if (signer_->region() == region) return false;
  signer_ = make_signer(std::move(region));
  return true;
}

void S3Signer::sign_with(HttpRequest& request, const AwsCredentials& credentials) const {
  const bool leave_out = unsigned_payload_ && !request.body.empty();
  const SharedSigner with = signer();
  move(request.url, with->region());
  aws::sign_request(*with, request, credentials, leave_out ? unsigned_payload : std::string_view());
}

Task<void> S3Signer::sign_async(HttpRequest* request) {
  if (source_.anonymous) {
    move(request->url, signer()->region());
    co_return;
  }
  if (cache_) {
    const Cache::SharedEntry entry = co_await cache_->get_async();
    sign_with(*request, entry->credential);
    co_return;
  }
  sign_with(*request, source_.keys);
}

Task<std::string> S3Signer::presign_async(std::string method, std::string url,
                                          std::chrono::seconds expires_in) {
  if (source_.anonymous) {
    throw Error(ErrorKind::not_supported,
                "this store has no credentials to sign a URL with (aws_skip_signature is true)");
  }
  if (!source_.signs_urls)
    throw Error(ErrorKind::not_supported,
                "URLs of directory buckets are not signed: their sessions are short");
  const SharedSigner with = signer();
  move(url, with->region());
  const codec::Url parsed = codec::parse_url(url);
  if (cache_) {
    const Cache::SharedEntry entry = co_await cache_->get_async();
    co_return with->presign(method, parsed, entry->credential, signing_time(), expires_in);
  }
  co_return with->presign(method, parsed, source_.keys, signing_time(), expires_in);
}

void S3Signer::redact(std::string& text) const {
  const auto hide_all = [&text](const AwsCredentials& credentials) {
    hide_secret(text, credentials.secret_access_key);
    hide_secret(text, credentials.session_token);
    hide_secret(text, credentials.access_key_id);
  };
  hide_all(source_.keys);
  if (!cache_) return;
  if (const auto entry = cache_->current()) hide_all(entry->credential);
}

}  // namespace storelink::cloud::s3
