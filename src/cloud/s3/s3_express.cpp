#include "cloud/s3/s3_express.hpp"

#include "cloud/aws/aws_sts.hpp"

namespace storelink::cloud::s3 {

namespace {

Task<AwsCredential> create_session(std::shared_ptr<Signer> signer, http::Client client,
                                   std::string bucket_url) {
  HttpRequest request;
  request.method = "GET";
  request.url = bucket_url + "?session=";
  request.headers.emplace_back("x-amz-create-session-mode", "ReadWrite");
  co_await signer->sign_async(&request);
  HttpResponse response = co_await send_to_token_service_async(
      std::move(client), std::move(request), "CreateSession of the bucket at " + bucket_url);
  co_return aws::parse_xml_credential(response.body.view(), "the answer to CreateSession");
}

}  // namespace

std::string_view express_zone(std::string_view bucket) {
  constexpr std::string_view ending = "--x-s3";
  if (!bucket.ends_with(ending)) return {};
  bucket.remove_suffix(ending.size());
  const std::size_t dashes = bucket.rfind("--");
  return dashes == std::string_view::npos || dashes == 0 ? std::string_view() : bucket.substr(dashes + 2);
}

AwsCredentialProvider express_sessions(std::shared_ptr<Signer> signer, const http::Client& client,
                                       const std::string& bucket_url) {
  return
      [signer = std::move(signer), client, bucket_url] { return create_session(signer, client, bucket_url); };
}

}  // namespace storelink::cloud::s3
