// An Azure store whose transport is scripted.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "cloud/s3_fixture.hpp"
#include "storelink/storelink.hpp"
#include "support/fake_transport.hpp"
#include "support/kind_thrown.hpp"
#include "support/quick_retries.hpp"

namespace storelink::testing {

inline constexpr const char* azure_key = "c2VzYW1lLW9wZW4=";  // "sesame-open"
inline constexpr const char* azure_base = "https://acc.blob.core.windows.net/cont";

// Options without credentials that make no request by themselves and retry quickly.
inline AzureOptions fake_azure_options(std::shared_ptr<Transport> transport, Settings more) {
  AzureOptions options;
  options.container = "cont";
  options.read_environment = false;
  options.config = {{"account_name", "acc"}};
  options.config.insert(options.config.end(), more.begin(), more.end());
  options.transport = std::move(transport);
  options.retry = quick_retries();
  return options;
}

class FakeAzure : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectStore> make(Settings settings) {
    return make_azure_store(fake_azure_options(transport, std::move(settings)));
  }
  std::shared_ptr<ObjectStore> make_with_key(Settings more = {}) {
    more.emplace_back("account_key", azure_key);
    return make(std::move(more));
  }

  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::shared_ptr<ObjectStore> store = make_with_key();
};

// "name=value" for each header whose name begins with "x-ms-", but the date and the version.
inline std::vector<std::string> own_headers(const HttpRequest& request) {
  std::vector<std::string> found;
  for (const auto& [name, value] : request.headers)
    if (name.starts_with("x-ms-") && name != "x-ms-date" && name != "x-ms-version")
      found.push_back(name + "=" + value);
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace storelink::testing
