#include <algorithm>

#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

class Listing : public Conformance {
 protected:
  // As the backend lists these keys, which have '.' and '/' in one place.
  Strings in_order(Strings keys) {
    if (!GetParam().ordered)
      std::sort(keys.begin(), keys.end(), [](std::string a, std::string b) {
        std::replace(a.begin(), a.end(), '/', '\x1f');
        std::replace(b.begin(), b.end(), '/', '\x1f');
        return a < b;
      });
    return keys;
  }
  Strings offset_list(const std::string& prefix, const std::string& offset) {
    ListRequest request(prefix);
    request.offset = offset;
    return paths(drive(store->list_async(std::move(request))).objects);
  }
};

TEST_P(Listing, AnEmptyStoreListsNothing) {
  EXPECT_TRUE(store->list().empty());
  EXPECT_TRUE(store->list("any").empty());
  EXPECT_TRUE(store->list_with_delimiter().common_prefixes.empty());
}

TEST_P(Listing, GivesKeysSizesAndEtagsInOrder) {
  put("b", "22");
  put("a/z", "1");
  put("a.b", "333");
  const auto listed = store->list();
  EXPECT_EQ(paths(listed), in_order({"a.b", "a/z", "b"}));
  EXPECT_EQ(listed[2].size, 2u);
  if (GetParam().lists_etags) {
    EXPECT_EQ(listed[2].e_tag, store->head("b").e_tag);
  }
}

TEST_P(Listing, APrefixIsWholeSegments) {
  put("foo/a");
  put("foo/b/c");
  put("foo.bar/d");
  put("foobar");
  EXPECT_EQ(paths(store->list("foo")), (Strings{"foo/a", "foo/b/c"}));
  EXPECT_EQ(paths(store->list("foo/")), (Strings{"foo/a", "foo/b/c"}));
  EXPECT_TRUE(store->list("fo").empty());
  EXPECT_TRUE(store->list("foo/a").empty());
}

TEST_P(Listing, ARawPrefixIsAnyLeadingPart) {
  put("foo/a");
  put("foo.bar/d");
  put("fzz");
  ListRequest request("fo");
  request.raw_prefix = true;
  EXPECT_EQ(paths(drive(store->list_async(std::move(request))).objects), in_order({"foo.bar/d", "foo/a"}));
}

TEST_P(Listing, AnOffsetExcludesItself) {
  for (const char* key : {"p/a", "p/b", "p/c", "q/d"}) put(key);
  EXPECT_EQ(offset_list("", "p/b"), (Strings{"p/c", "q/d"}));
  EXPECT_EQ(offset_list("p", "p/a"), (Strings{"p/b", "p/c"}));
  EXPECT_EQ(offset_list("p", "p/aa"), (Strings{"p/b", "p/c"}));
  EXPECT_TRUE(offset_list("", "q/d").empty());
}

TEST_P(Listing, ADelimiterGivesObjectsAndCommonPrefixes) {
  for (const char* key : {"top", "dir/a", "dir/b", "dir/sub/c", "other dir/d"}) put(key);
  const auto root = store->list_with_delimiter();
  EXPECT_EQ(paths(root.objects), (Strings{"top"}));
  EXPECT_EQ(root.common_prefixes, (Strings{"dir", "other dir"}));
  const auto below = store->list_with_delimiter("dir");
  EXPECT_EQ(paths(below.objects), (Strings{"dir/a", "dir/b"}));
  EXPECT_EQ(below.common_prefixes, (Strings{"dir/sub"}));
  EXPECT_TRUE(store->list_with_delimiter("di").objects.empty());
  EXPECT_TRUE(store->list_with_delimiter("di").common_prefixes.empty());
  EXPECT_TRUE(store->list_with_delimiter("missing").common_prefixes.empty());
}

TEST_P(Listing, AWalkOverCommonPrefixesFindsEveryKey) {
  Strings keys = {"a/b", "a/c/d", "a.b", "top"};
  if (GetParam().odd_keys)
    for (const char* key : {"/", "//", "//x", "/lead", "a//b", "a///c", "a/c//d/e", "a/../b", "trail/"})
      keys.emplace_back(key);
  for (const auto& key : keys) put(key);
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(walk(*store, true), keys);
  // By whole segments a key that is a prefix with its slash is not below that prefix.
  std::erase_if(keys, [](const std::string& key) { return key.ends_with('/'); });
  EXPECT_EQ(walk(*store), keys);
}

TEST_P(Listing, AnEmptySegmentIsOne) {
  if (!GetParam().odd_keys) {
    put("a/b");
    for (const char* prefix : {"/", "a//"}) EXPECT_TRUE(store->list(prefix).empty()) << prefix;
    return;
  }
  for (const char* key : {"/lead", "a//b", "a/c", "x"}) put(key);
  EXPECT_EQ(paths(store->list("/")), (Strings{"/lead"}));
  EXPECT_EQ(paths(store->list("a")), (Strings{"a//b", "a/c"}));
  EXPECT_EQ(paths(store->list("a/")), (Strings{"a//b", "a/c"}));
  EXPECT_EQ(paths(store->list("a//")), (Strings{"a//b"}));
  EXPECT_EQ(store->list_with_delimiter().common_prefixes, (Strings{"/", "a"}));
  EXPECT_EQ(store->list_with_delimiter("a").common_prefixes, (Strings{"a//"}));
}

TEST_P(Listing, PagesHoldAtMostMaxKeysAndMissNothing) {
  Strings all;
  for (int i = 0; i < 25; ++i)
    put(all.emplace_back("n/" + std::string(1, static_cast<char>('a' + i)) + "/x"));
  for (const bool delimiter : {false, true}) {
    Strings seen;
    ListRequest request("n");
    request.max_keys = 7;
    request.delimiter = delimiter;
    for (;;) {
      const auto page = store->list_page(request);
      EXPECT_LE(page.objects.size() + page.common_prefixes.size(), 7u);
      for (const auto& object : page.objects) seen.push_back(object.path);
      for (const auto& prefix : page.common_prefixes) seen.push_back(prefix + "/x");
      if (page.next_page_token.empty()) break;
      request.page_token = page.next_page_token;
    }
    EXPECT_EQ(seen, all);
  }
}

TEST_P(Listing, MoreThanAPageIsListedWhole) {
  const int count = GetParam().name == "S3" ? 1050 : 2500;
  std::function<Task<void>(std::size_t)> put_one = [this](std::size_t i) -> Task<void> {
    return [](std::shared_ptr<ObjectStore> to, std::size_t n) -> Task<void> {
      PutRequest request("many/" + std::to_string(n), Bytes());
      co_await to->put_async(std::move(request));
    }(store, i);
  };
  drive(for_each_concurrent(static_cast<std::size_t>(count), 16, std::move(put_one)));
  EXPECT_EQ(store->list("many").size(), static_cast<std::size_t>(count));
}

STORELINK_ON_EVERY_BACKEND(Listing);

}  // namespace
}  // namespace storelink::testing
