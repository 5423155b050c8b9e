// make_s3_store: from settings to a store.
#include <fmt/format.h>

#include "cloud/cloud_store.hpp"
#include "cloud/s3/s3_config.hpp"
#include "cloud/s3/s3_dialect.hpp"
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
  if (s3::is_near(config.source)) {
    source.provider = s3::source_credentials(
        config.source, metadata_client(options.transport, config.client, options.retry));
  } else if (!source.provider) {
    source.provider = s3::source_credentials(config.source, client);
  }
  source.refresh_threshold = options.credential_refresh_threshold;
  source.keys = config.credentials;

  auto service = std::make_shared<Service>(fmt::format("s3://{}", config.bucket),
                                           fmt::format("S3Store(bucket=\"{}\")", config.bucket), client);
  service->dialect = std::make_unique<const s3::S3Dialect>(config);
  service->signer = std::make_unique<s3::S3Signer>(config.region, std::move(source), config.unsigned_payload);
  return make_cloud_store(std::move(service), std::move(options.prefix));
}

}  // namespace storelink
