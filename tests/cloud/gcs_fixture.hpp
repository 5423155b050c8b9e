// A store on Google Cloud Storage whose transport is scripted.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "cloud/s3_fixture.hpp"
#include "codec/json.hpp"
#include "support/quick_retries.hpp"
#include "support/rsa_keys.hpp"
#include "support/stores.hpp"

namespace storelink::testing {

constexpr const char* token_answer = R"({"access_token": "ya29.fresh", "expires_in": 3599})";

// Options that read nothing of this machine and retry quickly.
inline GcsOptions fake_gcs_options(std::shared_ptr<Transport> transport, Settings config = {}) {
  GcsOptions options;
  options.bucket = "bucket";
  options.read_environment = false;
  options.config = std::move(config);
  options.transport = std::move(transport);
  options.retry = quick_retries();
  return options;
}

// The JSON of a service account with the process's test key; `more` is ", \"member\": …".
inline std::string service_account_json(const std::string& more = {}) {
  return R"({"type": "service_account", "client_email": "robot@p.iam.gserviceaccount.com", )"
         R"("private_key_id": "k1", "private_key": )" +
         codec::json_quote(rsa_test_key().pkcs8) + more + "}";
}

class FakeGcs : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }
  void set_variable(const std::string& name, const std::string& value) {
    variables_.push_back(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  // A fresh file with that text.
  static std::string file(const std::string& text, const std::string& name = "file.json") {
    const std::string path = temporary_directory() + "/" + name;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path());
    std::ofstream(path) << text;
    return path;
  }
  std::shared_ptr<ObjectStore> make(Settings config) {
    return make_gcs_store(fake_gcs_options(transport, std::move(config)));
  }

  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
  // With a token, so that each call makes one request.
  std::shared_ptr<ObjectStore> store = make({{"bearer_token", "sesame"}});

 private:
  std::vector<std::string> variables_;
};

}  // namespace storelink::testing
