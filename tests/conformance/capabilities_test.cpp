// What a store says it cannot do, it refuses: nothing that was asked for is left out in silence.
#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

class CapabilitiesOf : public Conformance {
 protected:
  // Nothing is stored under the key of a refused write.
  void expect_refused(ErrorKind kind, const std::function<void(const std::string& key)>& write) {
    EXPECT_EQ(kind_thrown([&] { write("refused"); }), kind);
    EXPECT_FALSE(exists("refused"));
  }
  const Capabilities can = store->capabilities();
};

TEST_P(CapabilitiesOf, WithoutTagsPutsAndUploadsWithTagsAreRefused) {
  if (can.tags) return;
  expect_refused(ErrorKind::not_supported, [this](const std::string& key) {
    PutRequest request(key, Bytes::copy("x"));
    request.tags = {{"a", "b"}};
    store->put(std::move(request));
  });
  expect_refused(ErrorKind::not_supported, [this](const std::string& key) {
    MultipartRequest request(key);
    request.tags = {{"a", "b"}};
    (void)store->start_multipart(std::move(request));
  });
}

TEST_P(CapabilitiesOf, WithoutAttributesEachIsRefused) {
  if (can.attributes) return;
  using Attribute = std::optional<std::string> Attributes::*;
  for (const Attribute attribute :
       {&Attributes::cache_control, &Attributes::content_disposition, &Attributes::content_encoding,
        &Attributes::content_language, &Attributes::storage_class}) {
    expect_refused(ErrorKind::not_supported, [this, attribute](const std::string& key) {
      PutRequest request(key, Bytes::copy("x"));
      request.attributes.*attribute = "x";
      store->put(std::move(request));
    });
  }
  expect_refused(ErrorKind::not_supported, [this](const std::string& key) {
    PutRequest request(key, Bytes::copy("x"));
    request.attributes.metadata["a"] = "b";
    store->put(std::move(request));
  });
}

TEST_P(CapabilitiesOf, WithoutVersionsNoneCanBeRead) {
  if (can.versions) return;
  put("key");
  for (const bool head : {false, true}) {
    GetRequest request("key");
    request.version = "1";
    request.head = head;
    EXPECT_EQ(kind_thrown([&] { (void)store->get(request); }), ErrorKind::not_supported) << head;
  }
}

TEST_P(CapabilitiesOf, WithoutMultipartNoUploadIsStarted) {
  EXPECT_TRUE(can.multipart == GetParam().multipart || GetParam().name.ends_with("ThroughRust"));
  if (can.multipart) return;
  expect_refused(ErrorKind::not_supported,
                 [this](const std::string& key) { (void)store->start_multipart(MultipartRequest(key)); });
}

TEST_P(CapabilitiesOf, ModesOfAPutThatAreMissingAreNotImplemented) {
  for (const auto& [able, mode] :
       {std::pair(can.put_create, PutMode::create()), std::pair(can.put_update, PutMode::update("\"e\""))}) {
    if (able) continue;
    expect_refused(ErrorKind::not_implemented, [this, wanted = mode](const std::string& key) {
      PutRequest request(key, Bytes::copy("x"));
      request.mode = wanted;
      store->put(std::move(request));
    });
  }
}

STORELINK_ON_EVERY_BACKEND(CapabilitiesOf);

}  // namespace
}  // namespace storelink::testing
