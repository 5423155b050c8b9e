// Stores to be tested through abi.h, which complete their operations on different threads.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "storelink/abi.hpp"
#include "support/abi_calls.hpp"
#include "support/slow_stores.hpp"
#include "support/stores.hpp"
#include "support/toy_modules.hpp"

namespace storelink::testing {

struct AbiSource {
  std::string name;
  std::function<StorePointer()> make;  // an empty store
  friend std::ostream& operator<<(std::ostream& out, const AbiSource& source) { return out << source.name; }
};

// Loaded until the process ends; tests of its unloading load it under another name.
inline const ToyStoreModule& toy_store_module() {
  static const auto* const loaded = new ToyStoreModule("current");
  return *loaded;
}

inline std::vector<AbiSource> abi_sources() {
  return {
      // Ends before start() returns.
      {"Memory", [] { return own(export_store(make_memory_store())); }},
      // Ends on the background loop.
      {"Delayed", [] { return own(export_store(std::make_shared<DelayedStore>(make_memory_store()))); }},
      // Works on the thread pool.
      {"Local",
       [] {
         LocalOptions options;
         options.root = temporary_directory();
         return own(export_store(make_local_store(options)));
       }},
      // Ends on threads of its own.
      {"Toy", [] { return own(toy_store_module().make()); }},
      // Ends on the background loop after a thread of the producer has called back.
      {"DelayedToy",
       [] {
         const auto toy = own(toy_store_module().make());
         return own(export_store(std::make_shared<DelayedStore>(import_store(toy.get()))));
       }},
  };
}

// A test of each source: `class X : public AbiSourceTest {}; TEST_P(X, …); STORELINK_ON_EVERY_SOURCE(X);`
class AbiSourceTest : public ::testing::TestWithParam<AbiSource> {
 protected:
  // Joins the toy's threads.
  void TearDown() override { (void)toy_store_module().alive(); }

  StorePointer store = GetParam().make();

  // Blocking, without the C++ side.
  void put(const std::string& path, const std::string& text) const {
    import_store(store.get())->put(path, Bytes::copy(text));
  }
};

#define STORELINK_ON_EVERY_SOURCE(suite)                                                         \
  INSTANTIATE_TEST_SUITE_P(All, suite, ::testing::ValuesIn(::storelink::testing::abi_sources()), \
                           [](const auto& source) { return source.param.name; })

}  // namespace storelink::testing
