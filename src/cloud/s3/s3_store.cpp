// make_s3_store: from settings to a store.
#include <fmt/format.h>

#include "cloud/cloud_store.hpp"
#include "cloud/s3/s3_config.hpp"
#include "cloud/s3/s3_dialect.hpp"
#include "cloud/s3/s3_express.hpp"
#include "cloud/s3/s3_signer.hpp"
#include "cloud/token.hpp"

namespace storelink {

std::shared_ptr<ObjectStore> make_s3_store(S3Options options) {
  using namespace cloud;
  const s3::S3Config config = s3::parse_s3_config(options);

  s3::CredentialSource source;
  source.anonymous = config.skip_signature;
  const http::Client client = make_client(options.transport, config.client, options.retry);
  source.provider = options.credential_provider;
  if (!config.profile.profile.empty()) source.provider = aws_profile_credentials(config.profile);
  if (aws::is_near(config.source)) {
    source.provider = aws::source_credentials(
        config.source, metadata_client(options.transport, config.client, options.retry));
  } else if (!source.provider) {
    source.provider = aws::source_credentials(config.source, client);
  }
  source.refresh_threshold = options.credential_refresh_threshold;
  source.keys = config.credentials;

  if (config.s3_express && !source.anonymous) {
    const AwsCredentials keys = source.keys;
    source.service = s3::express_service;
    auto account = std::make_shared<s3::S3Signer>(config.region, std::move(source), false);
    source = s3::CredentialSource();
    source.provider = s3::express_sessions(std::move(account), client, config.base_url);
    source.refresh_threshold = s3::express_refresh_threshold;
    source.keys = keys;  // to be kept out of messages
    source.service = s3::express_service;
    source.token_header = s3::express_token_header;
    source.signs_urls = false;
  }

  auto service = std::make_shared<Service>(fmt::format("s3://{}", config.bucket),
                                           fmt::format("S3Store(bucket=\"{}\")", config.bucket), client);
  service->dialect = std::make_unique<const s3::S3Dialect>(config);
  service->signer = std::make_unique<s3::S3Signer>(config.region, std::move(source), config.unsigned_payload);
  return make_cloud_store(std::move(service), std::move(options.prefix));
}

}  // namespace storelink
