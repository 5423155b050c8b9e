// The part of a store below a prefix.
#include "wrappers/prefix_store.hpp"

#include <gtest/gtest.h>

#include "cloud/s3_fixture.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

using Strings = std::vector<std::string>;

class Prefix : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectStore> inner = make_memory_store();
  std::shared_ptr<ObjectStore> store = make_prefix_store(inner, "/p/q/");
};

TEST_F(Prefix, KeysAreRelativeToIt) {
  store->put("a", Bytes::copy("1"));
  EXPECT_EQ(inner->get("p/q/a").view(), "1");
  EXPECT_EQ(store->get(GetRequest("a")).meta.path, "a");
  EXPECT_EQ(store->head("a").path, "a");
  EXPECT_EQ(store->get_ranges("a", {{0, 1}}).at(0).view(), "1");
  store->copy(CopyRequest("a", "b"));
  store->rename(CopyRequest("b", "c/d"));
  EXPECT_EQ(paths(inner->list()), (Strings{"p/q/a", "p/q/c/d"}));
  store->remove("a");
  for (const auto& outcome : store->remove_many({"c/d", "missing"})) EXPECT_FALSE(outcome);
  EXPECT_TRUE(inner->list().empty());
}

TEST_F(Prefix, ListsSeeNothingElse) {
  for (const char* key : {"p/q/a", "p/q/b/c", "p/q.x/d", "p/qq", "z", "p/q/"}) inner->put(key, Bytes());
  EXPECT_EQ(paths(store->list()), (Strings{"a", "b/c"}));
  EXPECT_EQ(paths(store->list("b")), (Strings{"b/c"}));
  const ListResult result = store->list_with_delimiter();
  EXPECT_EQ(paths(result.objects), (Strings{"a"}));
  EXPECT_EQ(result.common_prefixes, (Strings{"b"}));
  ListRequest raw;
  raw.raw_prefix = true;
  EXPECT_EQ(paths(store->list_page(raw).objects), (Strings{"a", "b/c"}));
  raw.prefix = "b/";
  EXPECT_EQ(paths(store->list_page(raw).objects), (Strings{"b/c"}));
  ListRequest after;
  after.offset = "a";
  EXPECT_EQ(paths(store->list_page(after).objects), (Strings{"b/c"}));
}

TEST_F(Prefix, AWalkFindsEveryKeyBelowIt) {
  const Strings keys = {"//x", "/a", "a", "b//c", "b/d"};
  for (const auto& key : keys) inner->put("p/q/" + key, Bytes());
  for (const char* key : {"p/q", "p/q/", "p//q/z", "/p/q/z"}) inner->put(key, Bytes());
  EXPECT_EQ(walk(*store), keys);
  EXPECT_EQ(walk(*store, true), keys);
}

TEST_F(Prefix, PagesGoOnWhereTheyEnded) {
  for (const char* key : {"p/a", "p/q/a", "p/q/b", "p/q/c", "p/r"}) inner->put(key, Bytes());
  ListRequest request;
  request.max_keys = 2;
  ListPage page = store->list_page(request);
  EXPECT_EQ(paths(page.objects), (Strings{"a", "b"}));
  request.page_token = page.next_page_token;
  page = store->list_page(request);
  EXPECT_EQ(paths(page.objects), (Strings{"c"}));
  EXPECT_TRUE(page.next_page_token.empty());
}

TEST_F(Prefix, MultipartUploadsEndUpBelowIt) {
  const auto upload = store->start_multipart(MultipartRequest("m"));
  upload->put_part(1, Bytes::copy("b"));
  upload->put_part(0, Bytes::copy("a"));
  upload->complete();
  EXPECT_EQ(inner->get("p/q/m").view(), "ab");
}

TEST_F(Prefix, ErrorsNameTheKeyThatWasGiven) {
  try {
    store->get("missing");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.path(), "missing");
  }
}

TEST_F(Prefix, AnEmptyKeyIsNoKey) {
  EXPECT_EQ(kind_thrown([&] { store->put("", Bytes()); }), ErrorKind::invalid_path);
  inner->put("p/q", Bytes());
  const auto outcomes = store->remove_many({"", "a"});
  EXPECT_EQ(outcomes.at(0)->kind(), ErrorKind::invalid_path);
  EXPECT_FALSE(outcomes.at(1));
  EXPECT_EQ(paths(inner->list()), (Strings{"p/q"}));
}

TEST_F(Prefix, IsAPath) {
  EXPECT_EQ(make_prefix_store(inner, ""), inner);
  EXPECT_EQ(make_prefix_store(inner, "/"), inner);
  EXPECT_EQ(kind_thrown([&] { make_prefix_store(inner, "a//b"); }), ErrorKind::invalid_path);
  EXPECT_EQ(kind_thrown([&] { make_prefix_store(inner, "../b"); }), ErrorKind::invalid_path);
}

class S3Prefix : public FakeS3 {};

TEST_F(S3Prefix, ErrorsStreamsAndUrlsAreThoseOfThePrefix) {
  S3Options options = fake_s3_options(transport);
  options.prefix = "p";
  const auto below = make_s3_store(std::move(options));
  transport->reply(404);
  const Error error = error_of([&] { below->get("k"); });
  EXPECT_EQ(error.store(), "s3://bucket/p");
  EXPECT_EQ(error.path(), "k");

  transport->reply(200, "abc", object_headers(5));
  GetRequest request("k");
  request.sink = Sink::stream;
  GetResult result = below->get(std::move(request));
  EXPECT_EQ(transport->last().url, "https://s3.us-east-1.amazonaws.com/bucket/p/k");
  EXPECT_EQ(error_of([&] { result.stream->collect(); }).path(), "k");

  EXPECT_NE(below->sign(SignRequest("GET", "k", std::chrono::seconds(1))).find("/bucket/p/k?"),
            std::string::npos);
}

}  // namespace
}  // namespace storelink::testing
