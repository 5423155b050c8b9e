// AWS Signature Version 4: signatures in headers and in presigned URLs.
//
// Source: "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API reference and
// "Signature Version 4" in the AWS IAM user guide. No input or output, no clock: time comes as argument.
#pragma once

#include <chrono>
#include <mutex>
#include <string>
#include <string_view>

#include "cloud/canonical_request.hpp"
#include "codec/digest.hpp"
#include "codec/time.hpp"
#include "codec/url.hpp"

namespace storelink::cloud {

// A secret: never to be logged or put into an Error.
struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;  // empty for long-lived keys
};

// The payload hash of an empty body.
inline constexpr std::string_view empty_payload_hash =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

// What of a request is signed. Borrows everything; `headers` is changed by signing.
struct SignableRequest {
  std::string_view method;
  std::string_view host;   // exactly as the Host header will have it: host[:port], see Url::authority()
  std::string_view path;   // exactly as it will be sent (percent-encoded once); empty means "/"
  std::string_view query;  // strictly encoded "k=v&k=v" as encode_query() gives it, in any order
  HeaderList& headers;     // names in any case
};

// How a service wants the path and the payload hash.
enum class SigV4Rules {
  s3,       // path signed as it is sent; x-amz-content-sha256 is added and signed
  generic,  // "." and ".." resolved, "//" merged, then encoded once more; no x-amz-content-sha256
};

// Signs for one region and one service. Safe to use from many threads at once. The signing key, which
// four HMACs derive, is kept for the last secret and day.
class SigV4Signer {
 public:
  // `token_header` carries the session token, if there is one.
  explicit SigV4Signer(std::string region, std::string service = "s3", SigV4Rules rules = SigV4Rules::s3,
                       std::string token_header = "x-amz-security-token");
  SigV4Signer(const SigV4Signer&) = delete;
  SigV4Signer& operator=(const SigV4Signer&) = delete;

  // Puts x-amz-date, x-amz-content-sha256 (S3 rules), the token header (if there is a session
  // token) and authorization into `request.headers`, replacing what an earlier signing put there, so
  // that a retry may sign the same headers again. `payload_hash` is the lower-case hexadecimal SHA-256
  // of the body, empty_payload_hash or unsigned_payload.
  // Signed are the host and every header except those that clients and proxies on the way change:
  // accept-encoding, connection, content-length, expect, user-agent and their like. A "host" in
  // `request.headers` is ignored in favour of `request.host`.
  // Throws Error(generic) if OpenSSL fails; the headers are then unspecified.
  void sign(const SignableRequest& request, const AwsCredentials& credentials, codec::Timestamp now,
            std::string_view payload_hash) const;

  // `url` with a signature in its query, valid from `now` for `expires_in`. The query the URL already
  // has is signed too and must be strictly encoded; user info and fragment are dropped. Whoever uses
  // the URL must send `method` and `signed_headers` as they are given here (the host is always signed).
  // Throws Error(generic) if `expires_in` is outside 1…604,800 seconds (7 days) or OpenSSL fails.
  std::string presign(std::string_view method, const codec::Url& url, const AwsCredentials& credentials,
                      codec::Timestamp now, std::chrono::seconds expires_in,
                      const HeaderList& signed_headers = {},
                      std::string_view payload_hash = unsigned_payload) const;

  const std::string& region() const noexcept { return region_; }
  const std::string& service() const noexcept { return service_; }

 private:
  void append_signature(std::string& out, std::string_view to_sign, std::string_view amz_date,
                        const std::string& secret) const;
  codec::Sha256 signing_key(const std::string& secret, std::string_view day) const;
  codec::Sha256 derive_signing_key(const std::string& secret, std::string_view day) const;
  std::string scope_of(std::string_view amz_date) const;
  void append_canonical_path(std::string& out, std::string_view path) const;

  const std::string region_;
  const std::string service_;
  const SigV4Rules rules_;
  const std::string token_header_;

  mutable std::mutex mutex_;  // guards the three below
  mutable std::string cached_secret_;
  mutable std::string cached_day_;
  mutable codec::Sha256 cached_key_{};
};

}  // namespace storelink::cloud
