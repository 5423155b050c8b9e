// Keys that no file system can hold, on an S3 server that keeps them: MiniStack.
#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

TEST(S3Keys, KeysThatAreNoPathsAreListedReadCopiedAndDeleted) {
  if (!has_server("MINISTACK")) GTEST_SKIP() << "no MiniStack";
  S3Options options = s3_options("MINISTACK");
  options.config = {{"endpoint", variable("STORELINK_TEST_MINISTACK_ENDPOINT")},
                    {"region", "us-east-1"},
                    {"aws_access_key_id", "test"},
                    {"aws_secret_access_key", "test"}};
  const auto store = make_s3_store(options);
  Strings keys = {"/", "//", "//x", "/lead", "a.b", "a/../b", "a//b", "a/c", "trail/"};
  for (const std::string& key : keys) store->put(key, Bytes::copy("body of " + key));

  EXPECT_EQ(paths(store->list()), keys);
  for (const ObjectMeta& object : store->list()) {
    EXPECT_EQ(store->get(object.path).view(), "body of " + object.path);
    EXPECT_EQ(store->head(object.path).path, object.path);
  }
  EXPECT_EQ(walk(*store, true), keys);
  EXPECT_EQ(paths(store->list("a//")), Strings{"a//b"});
  EXPECT_EQ(store->list_with_delimiter().common_prefixes, (Strings{"/", "a", "trail"}));

  store->rename(CopyRequest("a//b", "a//c//"));
  EXPECT_EQ(store->get("a//c//").view(), "body of a//b");
  for (const auto& outcome : store->remove_many(walk(*store, true))) EXPECT_FALSE(outcome);
  EXPECT_TRUE(store->list().empty());
}

}  // namespace
}  // namespace storelink::testing
