// Single objects: put, get, head, delete, copy, rename.
#include <array>
#include <thread>

#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

class Objects : public Conformance {};

TEST_P(Objects, RoundTripWithEmojiSpacesAndPercentSigns) {
  Strings keys = {"plain",      "a/b/c", "with space/and more", "emoji 🦀/ünï",
                  "100%/50%25", "a%2Fb", "q?x=1&y=2#frag",      "plus+and=signs;,:@!$'()*~"};
  if (GetParam().backslash) keys.emplace_back("back\\slash");
  keys.emplace_back(".hidden/..two");
  for (const std::string& key : keys) {
    put(key, "body of " + key);
    EXPECT_EQ(text(key), "body of " + key);
    EXPECT_EQ(store->head(key).path, key);
  }
  if (!GetParam().lists_hidden) keys.pop_back();
  EXPECT_EQ(store->list().size(), keys.size());
  for (const auto& meta : store->list()) EXPECT_EQ(text(meta.path), "body of " + meta.path);
}

TEST_P(Objects, KeysThatAreNoPathsAreKeptOrRefusedCleanly) {
  for (const std::string key : {"a//b", "a/../b"}) {
    if (GetParam().odd_keys) {
      put(key, key);
      EXPECT_EQ(text(key), key);
    } else if (GetParam().name == "Local") {
      EXPECT_EQ(kind_thrown([&] { put(key); }), ErrorKind::invalid_path);
    }
  }
  const Strings expected = GetParam().odd_keys ? Strings{"a/../b", "a//b"} : Strings{};
  EXPECT_EQ(paths(store->list("a")), expected);
}

TEST_P(Objects, EmptyObjectsAreObjects) {
  put("empty", "");
  EXPECT_EQ(text("empty"), "");
  EXPECT_EQ(store->head("empty").size, 0u);
  GetRequest request("empty");
  request.sink = Sink::stream;
  EXPECT_TRUE(store->get(std::move(request)).stream->collect().empty());
}

TEST_P(Objects, MissingObjectsAreNotFound) {
  EXPECT_EQ(kind_thrown([&] { (void)store->get("missing"); }), ErrorKind::not_found);
  EXPECT_EQ(kind_thrown([&] { (void)store->head("missing"); }), ErrorKind::not_found);
  put("dir/file");
  EXPECT_EQ(kind_thrown([&] { (void)store->get("dir"); }), ErrorKind::not_found);
  EXPECT_EQ(kind_thrown([&] { (void)store->head("dir"); }), ErrorKind::not_found);
}

TEST_P(Objects, ErrorsNameStoreAndPath) {
  try {
    (void)store->get("no/such/key");
    FAIL();
  } catch (const Error& error) {
    EXPECT_FALSE(error.store().empty());
    EXPECT_EQ(error.path(), "no/such/key");
  }
}

TEST_P(Objects, RangesAreClampedAtTheEnd) {
  put("digits", "0123456789");
  EXPECT_EQ(store->get_range("digits", 2, 5).view(), "234");
  EXPECT_EQ(store->get_range("digits", 8, 100).view(), "89");
  auto ranged = [&](GetRange range) { return store->get(GetRequest("digits", range)); };
  EXPECT_EQ(ranged(GetRange::offset(7)).body.view(), "789");
  EXPECT_EQ(ranged(GetRange::suffix(3)).body.view(), "789");
  EXPECT_EQ(ranged(GetRange::suffix(100)).body.view(), "0123456789");
  const auto part = ranged(GetRange::bounded(2, 5));
  EXPECT_EQ(part.meta.size, 10u);
  EXPECT_EQ(part.start, 2u);
  EXPECT_EQ(part.end, 5u);
}

TEST_P(Objects, ARangePastTheEndIsAnError) {
  put("digits", "0123456789");
  EXPECT_THROW((void)store->get_range("digits", 10, 12), Error);
  EXPECT_THROW((void)store->get_range("digits", 100, 120), Error);
  EXPECT_THROW((void)store->get(GetRequest("digits", GetRange::offset(10))), Error);
  EXPECT_THROW((void)store->get_range("digits", 5, 5), Error);
  EXPECT_THROW((void)store->get_range("digits", 5, 4), Error);
}

TEST_P(Objects, SeveralRangesKeepTheOrderAsked) {
  put("digits", "0123456789");
  const auto got = store->get_ranges("digits", {{7, 9}, {0, 1}, {3, 6}, {8, 20}});
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[0].view(), "78");
  EXPECT_EQ(got[1].view(), "0");
  EXPECT_EQ(got[2].view(), "345");
  EXPECT_EQ(got[3].view(), "89");
  EXPECT_TRUE(store->get_ranges("digits", {}).empty());
  EXPECT_THROW((void)store->get_ranges("digits", {{0, 1}, {50, 60}}), Error);
}

TEST_P(Objects, FarRangesAreFetchedApart) {
  std::string body(5u << 20, '.');
  body.replace(0, 5, "front").replace(body.size() - 4, 4, "back");
  put("large", body);
  const auto got = store->get_ranges("large", {{body.size() - 4, body.size()}, {0, 5}});
  EXPECT_EQ(got[0].view(), "back");
  EXPECT_EQ(got[1].view(), "front");
}

TEST_P(Objects, GetIntoWritesTheCallersBuffer) {
  put("digits", "0123456789");
  std::array<std::byte, 6> buffer{};
  EXPECT_EQ(store->get_into("digits", GetRange::bounded(4, 9), buffer), 5u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer.data()), 5), "45678");
  EXPECT_EQ(kind_thrown([&] { (void)store->get_into("digits", GetRange(), buffer); }), ErrorKind::generic);
}

TEST_P(Objects, StreamsGiveTheWholeBodyInOrder) {
  std::string body;
  for (int i = 0; body.size() < (9u << 20); ++i) body += std::to_string(i) + ',';
  put("large", body);
  GetRequest request("large");
  request.sink = Sink::stream;
  auto result = store->get(std::move(request));
  EXPECT_EQ(result.meta.size, body.size());
  std::string read;
  for (Bytes piece = result.stream->next(); !piece.empty(); piece = result.stream->next())
    read += piece.view();
  EXPECT_TRUE(read == body);
}

TEST_P(Objects, ASmallBodyOfAStreamMayComeCollected) {
  put("key", "0123456789");
  for (const GetRange range :
       {GetRange(), GetRange::bounded(2, 5), GetRange::offset(7), GetRange::suffix(2)}) {
    GetRequest request("key", range);
    request.sink = Sink::stream;
    request.collect_up_to = 10;
    auto result = store->get(std::move(request));
    const auto [start, end] = range.resolve(10);
    const Bytes body = result.stream ? result.stream->collect() : result.body;
    EXPECT_EQ(body.view(), std::string("0123456789").substr(start, end - start));
    EXPECT_EQ(result.start, start);
    EXPECT_EQ(result.end, end);
  }
}

TEST_P(Objects, AStreamMayBeDroppedHalfWay) {
  put("large", std::string(20u << 20, 'z'));
  GetRequest request("large");
  request.sink = Sink::stream;
  auto result = store->get(std::move(request));
  EXPECT_FALSE(result.stream->next().empty());
  result.stream.reset();
  EXPECT_EQ(store->head("large").size, 20u << 20);
}

TEST_P(Objects, HeadHasNoBody) {
  put("key", "text");
  GetRequest request("key");
  request.head = true;
  const auto result = store->get(std::move(request));
  EXPECT_TRUE(result.body.empty());
  EXPECT_EQ(result.meta.size, 4u);
  EXPECT_TRUE(result.meta.e_tag.has_value());
  const auto age = std::chrono::system_clock::now() - result.meta.last_modified;
  EXPECT_LT(age, std::chrono::hours(1));
  EXPECT_GT(age, -std::chrono::hours(1));
}

TEST_P(Objects, OverwritingChangesTheEtag) {
  put("key", "first");
  const auto first = store->head("key").e_tag;
  const std::string other = GetParam().fine_etags ? "other" : "another one";
  put("key", other);
  EXPECT_NE(store->head("key").e_tag, first);
  EXPECT_EQ(text("key"), other);
}

TEST_P(Objects, DeleteRemoves) {
  put("a/key");
  put("a/other");
  store->remove("a/key");
  EXPECT_FALSE(exists("a/key"));
  EXPECT_TRUE(exists("a/other"));
  if (GetParam().missing_delete_fails)
    EXPECT_EQ(kind_thrown([&] { store->remove("missing"); }), ErrorKind::not_found);
  else
    EXPECT_NO_THROW(store->remove("missing"));
}

TEST_P(Objects, BulkDeleteWithAMissingKeySucceedsForTheOthers) {
  Strings keys;
  for (int i = 0; i < 40; ++i) put(keys.emplace_back("bulk/key <&> " + std::to_string(i)));
  keys.emplace_back("bulk/missing");
  const auto outcomes = store->remove_many(keys);
  ASSERT_EQ(outcomes.size(), keys.size());
  for (const auto& outcome : outcomes) EXPECT_FALSE(outcome.has_value());
  EXPECT_TRUE(store->list("bulk").empty());
}

TEST_P(Objects, CopyAndRenameIntoNestedKeys) {
  put("source key", "text");
  store->copy(CopyRequest("source key", "deep/er/copy of it"));
  EXPECT_EQ(text("source key"), "text");
  EXPECT_EQ(text("deep/er/copy of it"), "text");
  put("moved", "old");
  store->rename(CopyRequest("source key", "moved"));
  EXPECT_EQ(text("moved"), "text");
  EXPECT_FALSE(exists("source key"));
}

TEST_P(Objects, CopyIfNotExistsKeepsTheTarget) {
  put("source", "new");
  put("target", "old");
  EXPECT_EQ(kind_thrown([&] { store->copy(CopyRequest("source", "target", false)); }),
            ErrorKind::already_exists);
  EXPECT_EQ(text("target"), "old");
  store->copy(CopyRequest("source", "fresh", false));
  EXPECT_EQ(text("fresh"), "new");
  EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest("source", "target", false)); }),
            ErrorKind::already_exists);
  EXPECT_EQ(text("source"), "new");
}

TEST_P(Objects, CopyOfAMissingSourceIsNotFound) {
  for (const bool overwrite : {true, false}) {
    EXPECT_EQ(kind_thrown([&] { store->copy(CopyRequest("missing", "to", overwrite)); }),
              ErrorKind::not_found);
    EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest("missing", "to", overwrite)); }),
              ErrorKind::not_found);
  }
  EXPECT_FALSE(exists("to"));
}

TEST_P(Objects, AttributesAndMetadataRoundTrip) {
  PutRequest request("key", Bytes::copy("{}"));
  request.attributes.content_type = "application/json";
  request.attributes.cache_control = "max-age=60";
  request.attributes.content_disposition = "attachment; filename=\"x.json\"";
  request.attributes.content_language = "en";
  request.attributes.metadata["owner"] = "someone";
  if (!store->capabilities().attributes || !GetParam().attributes) {
    EXPECT_EQ(kind_thrown([&] { store->put(request); }), ErrorKind::not_supported);
    EXPECT_FALSE(exists("key"));
    return;
  }
  store->put(request);
  EXPECT_EQ(attributes("key"), request.attributes);
  store->copy(CopyRequest("key", "copy"));
  EXPECT_EQ(attributes("copy"), request.attributes);
}

TEST_P(Objects, CompressedObjectsComeAsTheyAreStored) {
  if (!store->capabilities().attributes || !GetParam().attributes)
    return;  // as AttributesAndMetadataRoundTrip has it
  // "hello, hello" in the format of gzip.
  constexpr std::string_view compressed(
      "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xcb\x48\xcd\xc9\xc9\xd7\x51\xc8\x00\x51\x00\xff\xc5\xcc\xf3"
      "\x0c\x00\x00\x00",
      29);
  PutRequest request("key", Bytes::copy(compressed));
  request.attributes.content_encoding = "gzip";
  store->put(std::move(request));
  EXPECT_TRUE(store->get("key").view() == compressed);
  EXPECT_TRUE(store->get_range("key", 2, 5).view() == compressed.substr(2, 3));
  EXPECT_EQ(store->head("key").size, compressed.size());
  EXPECT_EQ(attributes("key").content_encoding, "gzip");
}

TEST_P(Objects, ManyThreadsShareOneStore) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 10; ++i) {
        const std::string key = "thread/" + std::to_string(t) + "/" + std::to_string(i);
        put(key, key);
        EXPECT_EQ(text(key), key);
      }
    });
  }
  threads.clear();
  EXPECT_EQ(store->list("thread").size(), 80u);
}

TEST_P(Objects, FurtherHeadersGoToTheServerOrAreRefused) {
  put("key", "text");
  GetRequest get("key");
  get.headers = {{"x-storelink-test", "1"}};
  PutRequest put("other", Bytes::copy("text"));
  put.headers = get.headers;
  if (store->capabilities().headers) {
    EXPECT_EQ(store->get(get).body.view(), "text");
    store->put(std::move(put));
    EXPECT_EQ(text("other"), "text");
  } else {
    EXPECT_EQ(kind_thrown([&] { store->get(get); }), ErrorKind::not_supported);
    EXPECT_EQ(kind_thrown([&] { store->put(std::move(put)); }), ErrorKind::not_supported);
    EXPECT_FALSE(exists("other"));
  }
}

STORELINK_ON_EVERY_BACKEND(Objects);

}  // namespace
}  // namespace storelink::testing
