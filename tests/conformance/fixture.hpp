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
  // What was given with the object, which never is a storage class here.
  Attributes attributes(const std::string& path) {
    Attributes found = store->get(GetRequest(path)).attributes;
    EXPECT_EQ(found.storage_class.has_value(), GetParam().tells_default_class);
    found.storage_class.reset();
    return found;
  }
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
