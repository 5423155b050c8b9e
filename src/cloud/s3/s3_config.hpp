// The settings of an S3 store, parsed and checked.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud/aws/aws_sources.hpp"
#include "cloud/aws/sigv4.hpp"
#include "cloud/config.hpp"
#include "http/client_options.hpp"
#include "storelink/aws_credentials.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::s3 {

enum class Checksum : std::uint8_t { none, sha256, crc64nvme };

// How copy without overwriting is asked for.
struct CopyIfNotExists {
  // Amazon S3 and the servers that follow it answer 412 to "If-None-Match: *" on a copy whose target exists.
  std::string header = "if-none-match";
  std::string value = "*";
  int status = 412;
  bool multipart = false;
};

struct S3Config {
  S3Config() {}
  std::string bucket;
  std::string region;
  std::string base_url;  // of the bucket, ends in "/": "https://s3.us-east-1.amazonaws.com/bucket/"
  bool virtual_hosted = false;
  AwsCredentials credentials;  // both keys empty: none were given
  aws::AwsSource source;       // where neither keys nor a provider nor anonymous access was given
  AwsProfileOptions profile;   // without a name: none was given
  bool skip_signature = false;
  bool unsigned_payload = false;
  bool disable_tagging = false;
  bool disable_bulk_delete = false;
  bool conditional_put = true;
  bool request_payer = false;
  bool s3_express = false;  // a directory bucket
  Checksum checksum = Checksum::none;
  CopyIfNotExists copy_if_not_exists;
  Headers encryption;       // of what writes an object
  Headers customer_key;     // of what reads or writes an object's bytes (SSE-C)
  Headers copy_source_key;  // the same for the source of a copy
  http::ClientOptions client;
};

// Reads `options.config`, the environment if wanted, and what they imply. Errors as make_s3_store() has them;
// not_implemented for settings that would have an effect which does not exist yet.
S3Config parse_s3_config(const S3Options& options);

std::span<const ConfigKey> s3_config_keys() noexcept;

}  // namespace storelink::cloud::s3
