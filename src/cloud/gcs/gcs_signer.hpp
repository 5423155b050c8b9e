// Signatures of Google Cloud Storage: bearer tokens on requests, V4 signatures in URLs.
//
// Source: "V4 signing process with your own program" and "signBlob" (IAM Service Account Credentials API) in
// the Google Cloud documentation.
#pragma once

#include <optional>
#include <string>

#include "cloud/canonical_request.hpp"
#include "cloud/gcs/gcs_credentials.hpp"

namespace storelink::cloud::gcs {

// A URL to be signed for the account `email`, and what its key has to sign. Pure. Errors as presign_query()
// has them.
struct UnsignedUrl {
  std::string url;  // the signature, in hexadecimal, goes to its end
  std::string to_sign;
};
UnsignedUrl prepare_signed_url(std::string_view method, const codec::Url& url, std::string_view email,
                               codec::Timestamp now, std::chrono::seconds expires_in,
                               const HeaderList& signed_headers = {});

class GcsSigner final : public BearerSigner {
 public:
  // `client` is for signBlob.
  GcsSigner(Credentials credentials, http::Client client, std::chrono::nanoseconds refresh_ahead);

  Task<std::string> presign_async(std::string method, std::string url,
                                  std::chrono::seconds expires_in) override;

 private:
  Task<std::string> sign_blob(std::string email, std::string text);

  const std::optional<codec::RsaKey> key_;
  const std::string cannot_sign_;
  const http::Client client_;
  std::optional<TokenCache> email_;
};

}  // namespace storelink::cloud::gcs
