// Signatures of S3 requests: SigV4 with static or provided credentials, or none.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cloud/aws/aws_request.hpp"
#include "cloud/credential_cache.hpp"
#include "cloud/signer.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::s3 {

// Where the credentials come from; the first that is set is taken.
struct CredentialSource {
  CredentialSource() {}
  bool anonymous = false;
  AwsCredentialProvider provider;
  std::chrono::nanoseconds refresh_threshold{};  // of the provider's credentials
  AwsCredentials keys;
  // In the signatures of directory buckets: see s3_express.hpp.
  std::string service = "s3";
  std::string token_header = "x-amz-security-token";
  bool signs_urls = true;
};

// A request that carries x-amz-content-sha256 is signed with that payload hash; otherwise the hash of its
// body is taken, or UNSIGNED-PAYLOAD where there is a body and `unsigned_payload` is set.
class S3Signer final : public Signer {
 public:
  S3Signer(std::string region, CredentialSource source, bool unsigned_payload);

  Task<void> sign_async(HttpRequest* request) override;
  Task<std::string> presign_async(std::string method, std::string url,
                                  std::chrono::seconds expires_in) override;
  // The region of the bucket, where the service names another than requests are signed for (301, 307, 400).
  // On Amazon's own hosts, s3.REGION.amazonaws.com, requests go to that region from then on.
  bool learn(const HttpResponse& response) override;
  void redact(std::string& text) const override;

 private:
  using Cache = CredentialCache<AwsCredentials>;

  using SharedSigner = std::shared_ptr<const SigV4Signer>;

  void sign_with(HttpRequest& request, const AwsCredentials& credentials) const;
  SharedSigner make_signer(std::string region) const;
  SharedSigner signer() const;
  // To the region that was learned.
  void move(std::string& url, const std::string& region) const;

  const CredentialSource source_;
  const bool unsigned_payload_;
  std::optional<Cache> cache_;  // with a provider
  const std::string first_region_;
  mutable std::mutex mutex_;  // guards the next
  SharedSigner signer_;
};

}  // namespace storelink::cloud::s3
