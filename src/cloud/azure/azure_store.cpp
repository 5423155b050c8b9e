// make_azure_store: from settings to a store.
#include <fmt/format.h>

#include "cloud/azure/azure_config.hpp"
#include "cloud/azure/azure_dialect.hpp"
#include "cloud/azure/azure_signer.hpp"
#include "cloud/cloud_store.hpp"

namespace storelink {

std::shared_ptr<ObjectStore> make_azure_store(AzureOptions options) {
  using namespace cloud;
  const azure::AzureConfig config = azure::parse_azure_config(options);
  const http::Client client = make_client(options.transport, config.client, options.retry);
  auto provider = azure::authorization_provider(config, options, client);
  auto service = std::make_shared<Service>(
      fmt::format("az://{}", config.container),
      fmt::format("AzureStore(container_name=\"{}\", account_name=\"{}\")", config.container, config.account),
      client);
  service->dialect = std::make_unique<const azure::AzureDialect>(config);
  service->signer = std::make_unique<azure::AzureSigner>(config, std::move(provider),
                                                         options.credential_refresh_threshold, client);
  return make_cloud_store(std::move(service), std::move(options.prefix));
}

}  // namespace storelink
