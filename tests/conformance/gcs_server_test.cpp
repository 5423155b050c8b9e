// Reading and deleting on a server of Google Cloud Storage that others wrote: fake-gcs-server. It has no more
// of the XML API; the strict fake of our own has the rest.
#include "codec/percent.hpp"
#include "conformance/fixture.hpp"
#include "support/tapped_transport.hpp"

namespace storelink::testing {
namespace {

BearerToken any_token() {
  BearerToken token;
  token.token = "anything";
  return token;
}

Task<BearerToken> give(BearerToken token) {
  co_return token;
}

class FakeGcsServer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_server("FAKE_GCS_SERVER")) GTEST_SKIP() << "no fake-gcs-server";
    GcsOptions options;
    options.bucket = variable("STORELINK_TEST_FAKE_GCS_SERVER_BUCKET");
    options.read_environment = false;
    options.config = {{"base_url", variable("STORELINK_TEST_FAKE_GCS_SERVER_ENDPOINT")}};
    options.client_options = {{"allow_http", "true"}};
    options.credential_provider = [] { return give(any_token()); };
    store = make_gcs_store(std::move(options));
  }
  // By the JSON API (objects.insert).
  static void put(const std::string& key, const std::string& body) {
    HttpRequest request;
    request.method = "POST";
    request.url = variable("STORELINK_TEST_FAKE_GCS_SERVER_ENDPOINT") + "/upload/storage/v1/b/" +
                  variable("STORELINK_TEST_FAKE_GCS_SERVER_BUCKET") +
                  "/o?uploadType=media&name=" + codec::percent_encode(key, codec::Keep::unreserved);
    request.headers = {{"content-type", "text/x-test"}};
    request.body = Bytes::copy(body);
    ASSERT_EQ(drive(plain_transport()->send_async(std::move(request))).status, 200);
  }

  std::shared_ptr<ObjectStore> store;
};

TEST_F(FakeGcsServer, AnObjectIsReadWholeAndInRanges) {
  put("dir/ä b+c.txt", "0123456789");
  const auto whole = store->get(GetRequest("dir/ä b+c.txt"));
  EXPECT_EQ(whole.body.view(), "0123456789");
  EXPECT_EQ(whole.meta.size, 10U);
  EXPECT_TRUE(whole.meta.e_tag.has_value());
  EXPECT_TRUE(whole.meta.version.has_value());
  EXPECT_EQ(whole.attributes.content_type, "text/x-test");
  EXPECT_EQ(store->get_range("dir/ä b+c.txt", 2, 5).view(), "234");
  EXPECT_EQ(store->get(GetRequest("dir/ä b+c.txt", GetRange::suffix(3))).body.view(), "789");
  EXPECT_EQ(store->get(GetRequest("dir/ä b+c.txt", GetRange::offset(6))).body.view(), "6789");
  const auto ranges = store->get_ranges("dir/ä b+c.txt", {{7, 9}, {0, 1}});
  EXPECT_EQ(ranges.at(0).view(), "78");
  EXPECT_EQ(ranges.at(1).view(), "0");
  EXPECT_THROW((void)store->get_range("dir/ä b+c.txt", 100, 120), Error);
}

TEST_F(FakeGcsServer, AHeadTellsOfAnObject) {
  put("head", "four");
  const ObjectMeta meta = store->head("head");
  EXPECT_EQ(meta.size, 4U);
  EXPECT_TRUE(meta.e_tag.has_value());
  const auto age = std::chrono::system_clock::now() - meta.last_modified;
  EXPECT_LT(std::chrono::abs(age), std::chrono::hours(1));
}

TEST_F(FakeGcsServer, ADeletedObjectIsGone) {
  put("gone", "x");
  store->remove("gone");
  for (const auto& read : {std::function<void()>([&] { (void)store->get("gone"); }),
                           std::function<void()>([&] { (void)store->head("gone"); }),
                           std::function<void()>([&] { store->remove("gone"); })})
    EXPECT_EQ(kind_thrown(read), ErrorKind::not_found);
}

}  // namespace
}  // namespace storelink::testing
