// make_gcs_store: from settings to a store.
#include <fmt/format.h>

#include "cloud/cloud_store.hpp"
#include "cloud/gcs/gcs_config.hpp"
#include "cloud/gcs/gcs_credentials.hpp"
#include "cloud/gcs/gcs_dialect.hpp"
#include "cloud/gcs/gcs_signer.hpp"

namespace storelink {

std::shared_ptr<ObjectStore> make_gcs_store(GcsOptions options) {
  using namespace cloud;
  const gcs::GcsConfig config = gcs::parse_gcs_config(options);
  const http::Client client = make_client(options.transport, config.client, options.retry);
  gcs::Credentials credentials = gcs::find_credentials(config, options, client);

  auto service = std::make_shared<Service>(fmt::format("gs://{}", config.bucket),
                                           fmt::format("GCSStore(bucket=\"{}\")", config.bucket), client);
  service->dialect = std::make_unique<const gcs::GcsDialect>(config, credentials.cannot_sign.empty());
  service->signer =
      std::make_unique<gcs::GcsSigner>(std::move(credentials), client, options.credential_refresh_threshold);
  return make_cloud_store(std::move(service), std::move(options.prefix));
}

}  // namespace storelink
