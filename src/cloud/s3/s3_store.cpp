// make_s3_store: from settings to a store.
#include <fmt/format.h>

#include "cloud/cloud_store.hpp"
#include "cloud/s3/s3_config.hpp"
#include "cloud/s3/s3_dialect.hpp"
#include "cloud/s3/s3_signer.hpp"

namespace storelink {

std::shared_ptr<ObjectStore> make_s3_store(S3Options options) {
  using namespace cloud;
  const s3::S3Config config = s3::parse_s3_config(options);

  s3::CredentialSource source;
  source.anonymous = config.skip_signature;
  source.provider = std::move(options.credential_provider);
  source.refresh_threshold = options.credential_refresh_threshold;
  source.keys = config.credentials;
  source.not_used_yet = config.not_used_yet;

  std::shared_ptr<Transport> transport = std::move(options.transport);
  if (!transport) transport = http::make_transport(config.client);
  auto service = std::make_shared<Service>(fmt::format("s3://{}", config.bucket),
                                           fmt::format("S3Store(bucket=\"{}\")", config.bucket),
                                           http::Client(std::move(transport), options.retry));
  service->dialect = std::make_unique<const s3::S3Dialect>(config);
  service->signer = std::make_unique<s3::S3Signer>(config.region, std::move(source), config.unsigned_payload);
  std::shared_ptr<ObjectStore> store = std::make_shared<CloudStore>(std::move(service));
  if (options.prefix.empty()) return store;
  return make_prefix_store(std::move(store), std::move(options.prefix));
}

}  // namespace storelink
