// Every test of the suite runs on every backend.
#pragma once

#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace storelink::testing {

class Conformance : public ::testing::TestWithParam<Backend> {
 protected:
  std::shared_ptr<ObjectStore> store = GetParam().make();

  void put(const std::string& path, const std::string& text = "x") { store->put(path, Bytes::copy(text)); }
  std::string text(const std::string& path) { return store->get(path).to_string(); }
  bool exists(const std::string& path) {
    try {
      (void)store->head(path);
      return true;
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) throw;
      return false;
    }
  }
};

using Strings = std::vector<std::string>;

#define STORELINK_ON_EVERY_BACKEND(suite)                              \
  INSTANTIATE_TEST_SUITE_P(On, suite, ::testing::ValuesIn(backends()), \
                           [](const auto& backend) { return backend.param.name; })

}  // namespace storelink::testing
