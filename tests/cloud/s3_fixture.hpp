// An S3 store whose transport is scripted.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "storelink/storelink.hpp"
#include "support/fake_transport.hpp"
#include "support/kind_thrown.hpp"
#include "support/quick_retries.hpp"

namespace storelink::testing {

// Options that make no request by themselves and retry quickly.
inline S3Options fake_s3_options(std::shared_ptr<Transport> transport, Settings more = {}) {
  S3Options options;
  options.bucket = "bucket";
  options.read_environment = false;
  options.config = {{"access_key_id", "KEYID"}, {"secret_access_key", "sesame/open"}};
  options.config.insert(options.config.end(), more.begin(), more.end());
  options.transport = std::move(transport);
  options.retry = quick_retries();
  return options;
}

class FakeS3 : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectStore> make(Settings more = {}) {
    return make_s3_store(fake_s3_options(transport, std::move(more)));
  }

  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  std::shared_ptr<ObjectStore> store = make();
};

inline Headers object_headers(std::size_t size, Headers more = {}) {
  Headers headers = {{"content-length", std::to_string(size)},
                     {"etag", "\"e1\""},
                     {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"}};
  headers.insert(headers.end(), more.begin(), more.end());
  return headers;
}

inline std::string error_document(const std::string& code, const std::string& message,
                                  const std::string& more = {}) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code + "</Code><Message>" + message +
         "</Message>" + more + "</Error>";
}

}  // namespace storelink::testing
