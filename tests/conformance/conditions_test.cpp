// Preconditions of gets and puts.
#include <thread>

#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

class Conditions : public Conformance {
 protected:
  GetResult get(const std::function<void(GetRequest&)>& condition) {
    GetRequest request("key");
    condition(request);
    return store->get(std::move(request));
  }
  PutResult put_with(PutMode mode, const std::string& body, const std::string& key = "key") {
    PutRequest request(key, Bytes::copy(body));
    request.mode = std::move(mode);
    return store->put(std::move(request));
  }
};

TEST_P(Conditions, EtagsOfAGet) {
  put("key", "text");
  const std::string etag = *store->head("key").e_tag;
  EXPECT_EQ(get([&](GetRequest& r) { r.if_match = etag; }).body.view(), "text");
  EXPECT_EQ(kind_thrown([&] { get([&](GetRequest& r) { r.if_none_match = etag; }); }),
            ErrorKind::not_modified);
  EXPECT_EQ(kind_thrown([&] { get([&](GetRequest& r) { r.if_match = "\"other\""; }); }),
            ErrorKind::precondition);
  EXPECT_EQ(get([&](GetRequest& r) { r.if_none_match = "\"other\""; }).body.view(), "text");
}

TEST_P(Conditions, TimesOfAGet) {
  put("key", "text");
  const Timestamp modified = store->head("key").last_modified;
  const auto hour = std::chrono::hours(1);
  EXPECT_EQ(get([&](GetRequest& r) { r.if_modified_since = modified - hour; }).body.view(), "text");
  EXPECT_EQ(get([&](GetRequest& r) { r.if_unmodified_since = modified + hour; }).body.view(), "text");
  EXPECT_EQ(kind_thrown([&] { get([&](GetRequest& r) { r.if_unmodified_since = modified - hour; }); }),
            ErrorKind::precondition);
  if (!GetParam().whole_seconds) return;
  EXPECT_EQ(get([&](GetRequest& r) { r.if_unmodified_since = modified; }).body.view(), "text");
  EXPECT_EQ(kind_thrown([&] { get([&](GetRequest& r) { r.if_modified_since = modified; }); }),
            ErrorKind::not_modified);
}

TEST_P(Conditions, CreatingTwiceIsAlreadyExists) {
  ASSERT_TRUE(store->capabilities().put_create);
  put_with(PutMode::create(), "first");
  EXPECT_EQ(kind_thrown([&] { put_with(PutMode::create(), "second"); }), ErrorKind::already_exists);
  EXPECT_EQ(text("key"), "first");
}

TEST_P(Conditions, UpdatingWithAStaleEtagIsAPreconditionError) {
  const auto first = put_with(PutMode::overwrite(), "first");
  EXPECT_TRUE(store->capabilities().put_update || !GetParam().updates);
  if (!GetParam().updates) {
    EXPECT_EQ(kind_thrown([&] { put_with(PutMode::update(first.e_tag), "second"); }),
              ErrorKind::not_implemented);
    EXPECT_EQ(text("key"), "first");
    return;
  }
  const auto second = put_with(PutMode::update(first.e_tag, first.version), "second");
  EXPECT_EQ(kind_thrown([&] { put_with(PutMode::update(first.e_tag, first.version), "third"); }),
            ErrorKind::precondition);
  EXPECT_EQ(text("key"), "second");
  put_with(PutMode::update(second.e_tag, second.version), "third");
  EXPECT_EQ(text("key"), "third");
}

TEST_P(Conditions, UpdatingAMissingObjectIsAPreconditionError) {
  const ErrorKind refusal = GetParam().updates ? ErrorKind::precondition : ErrorKind::not_implemented;
  EXPECT_EQ(kind_thrown([&] {
              put_with(PutMode::update("\"0123456789abcdef0123456789abcdef\"", "1"), "x", "missing");
            }),
            refusal);
  EXPECT_FALSE(exists("missing"));
}

TEST_P(Conditions, AnOldVersionIsReadableByItsVersion) {
  const auto first = put_with(PutMode::overwrite(), "first");
  put("key", "second");
  if (!first.version) return;  // a bucket without versions
  EXPECT_EQ(get([&](GetRequest& r) { r.version = first.version; }).body.view(), "first");
  EXPECT_EQ(get([&](GetRequest& r) { r.version = store->head("key").version; }).body.view(), "second");
  EXPECT_EQ(kind_thrown([&] { get([&](GetRequest& r) { r.version = "1"; }); }), ErrorKind::not_found);
}

TEST_P(Conditions, FiveWorkersCountToFiftyByCompareAndSwap) {
  if (!GetParam().updates) return;  // as UpdatingWithAStaleEtagIsAPreconditionError has it
  put("key", "0");
  std::vector<std::jthread> workers;
  for (int w = 0; w < 5; ++w) {
    workers.emplace_back([this] {
      for (int done = 0; done < 10;) {
        const auto read = store->get(GetRequest("key"));
        try {
          put_with(PutMode::update(read.meta.e_tag, read.meta.version),
                   std::to_string(std::stoi(read.body.to_string()) + 1));
          ++done;
        } catch (const Error& error) {
          ASSERT_EQ(error.kind(), ErrorKind::precondition) << error.what();
        }
      }
    });
  }
  workers.clear();
  EXPECT_EQ(text("key"), "50");
}

STORELINK_ON_EVERY_BACKEND(Conditions);

}  // namespace
}  // namespace storelink::testing
