// Directory buckets (S3 Express One Zone): requests are signed with a session of five minutes.
//
// Sources: "CreateSession" in the Amazon S3 API reference; "Directory buckets" in the Amazon S3 user guide.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cloud/signer.hpp"
#include "http/client.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::s3 {

inline constexpr std::string_view express_service = "s3express";  // in signatures
inline constexpr std::string_view express_token_header = "x-amz-s3session-token";
// How long before its end a session is replaced.
inline constexpr std::chrono::minutes express_refresh_threshold{1};

// The zone in a bucket's name, "NAME--ZONE--x-s3"; empty for another name.
std::string_view express_zone(std::string_view bucket);

// Sessions on the bucket at `bucket_url`, which ends in "/". `signer` signs for s3express with the account's
// own credentials. Errors as send_to_token_service_async() has them.
AwsCredentialProvider express_sessions(std::shared_ptr<Signer> signer, const http::Client& client,
                                       const std::string& bucket_url);

}  // namespace storelink::cloud::s3
