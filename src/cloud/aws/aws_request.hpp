// Requests signed with AWS Signature Version 4.
#pragma once

#include <string_view>

#include "cloud/aws/sigv4.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::aws {

// Throws Error(unauthenticated) without both keys.
AwsCredentials checked(AwsCredential given);

// Signs with the time of now. The payload hash is that in x-amz-content-sha256; else `payload_hash`; where it
// is empty, the hash of the body.
void sign_request(const SigV4Signer& signer, HttpRequest& request, const AwsCredentials& credentials,
                  std::string_view payload_hash = {});

}  // namespace storelink::cloud::aws
