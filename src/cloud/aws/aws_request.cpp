#include "cloud/aws/aws_request.hpp"

#include <algorithm>

#include "cloud/signer.hpp"
#include "codec/digest.hpp"
#include "storelink/error.hpp"

namespace storelink::cloud::aws {

AwsCredentials checked(AwsCredential given) {
  if (given.access_key_id.empty() || given.secret_access_key.empty())
    throw Error(ErrorKind::unauthenticated,
                "the credential provider gave no access key id or no secret access key");
  AwsCredentials credentials;
  credentials.access_key_id = std::move(given.access_key_id);
  credentials.secret_access_key = std::move(given.secret_access_key);
  credentials.session_token = std::move(given.session_token);
  return credentials;
}

void sign_request(const SigV4Signer& signer, HttpRequest& request, const AwsCredentials& credentials,
                  std::string_view payload_hash) {
  const std::string_view url = request.url;
  const std::size_t host_start = url.find("://") + 3;
  const std::size_t path_start = std::min(url.find('/', host_start), url.size());
  const std::size_t query_start = std::min(url.find('?', path_start), url.size());
  const std::string_view query = url.substr(std::min(query_start + 1, url.size()));

  std::string payload(payload_hash);
  if (const std::string* given = find_header(request.headers, "x-amz-content-sha256"); given != nullptr) {
    payload = *given;
  } else if (payload.empty()) {
    payload = request.body.empty() ? std::string(empty_payload_hash)
                                   : codec::to_hex(codec::sha256(request.body.view()));
  }
  const SignableRequest signable{request.method, url.substr(host_start, path_start - host_start),
                                 url.substr(path_start, query_start - path_start), query, request.headers};
  signer.sign(signable, credentials, signing_time(), payload);
}

}  // namespace storelink::cloud::aws
