#include "base/list_page.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace storelink {
namespace {

using Names = std::vector<std::string>;

ObjectMeta object(std::string key) {
  ObjectMeta meta;
  meta.path = std::move(key);
  return meta;
}

ListPage page_of(const ListRequest& request, const Names& keys, const Names& prefixes = {}) {
  ListPageBuilder builder(request);
  for (const std::string& key : keys) builder.add(object(key));
  for (const std::string& prefix : prefixes) builder.add_common_prefix(prefix);
  return builder.finish();
}

Names keys_of(const ListPage& page) {
  Names keys;
  for (const ObjectMeta& meta : page.objects) keys.push_back(meta.path);
  return keys;
}

// Every page, as "key" and "prefix/" in the order they come.
std::vector<Names> all_pages(ListRequest request, const Names& keys, const Names& prefixes = {}) {
  std::vector<Names> pages;
  do {
    const ListPage page = page_of(request, keys, prefixes);
    Names names = keys_of(page);
    for (const std::string& prefix : page.common_prefixes) names.push_back(prefix + "/");
    pages.push_back(names);
    request.page_token = page.next_page_token;
  } while (!request.page_token.empty());
  return pages;
}

TEST(ListPage, CommonPrefixesBeforeTheOffsetAreLeftOut) {
  ListRequest request;
  request.delimiter = true;
  for (const auto& [offset, expected] :
       std::vector<std::pair<std::string, Names>>{{"", {"a", "b", "b0", "c"}},
                                                  {"a", {"a", "b", "b0", "c"}},
                                                  {"a/", {"a", "b", "b0", "c"}},
                                                  {"a/z", {"a", "b", "b0", "c"}},
                                                  {"a0", {"b", "b0", "c"}},
                                                  {"b/x", {"b", "b0", "c"}},
                                                  {"b0", {"b0", "c"}},
                                                  {"d", {}}}) {
    request.offset = offset;
    EXPECT_EQ(page_of(request, {}, {"a", "b/", "b0", "c/"}).common_prefixes, expected) << offset;
  }
}

TEST(ListPageBuilder, SortsKeys) {
  EXPECT_EQ(keys_of(page_of(ListRequest(), {"b", "a/x", "c", "a"})), (Names{"a", "a/x", "b", "c"}));
}

TEST(ListPageBuilder, KeepsWhatIsBelowThePrefixByWholeSegments) {
  const Names keys = {"foo", "foo/", "foo/bar", "foo.bar/x", "fo"};
  EXPECT_EQ(keys_of(page_of(ListRequest("foo"), keys)), (Names{"foo/bar"}));
  EXPECT_EQ(keys_of(page_of(ListRequest("foo/"), keys)), (Names{"foo/bar"}));
}

TEST(ListPageBuilder, ARawPrefixIsAnyLeadingPart) {
  ListRequest request("foo");
  request.raw_prefix = true;
  EXPECT_EQ(keys_of(page_of(request, {"foo", "foo.bar", "fo", "foo/x"})), (Names{"foo", "foo.bar", "foo/x"}));
}

TEST(ListPageBuilder, AnOffsetIsExclusive) {
  ListRequest request;
  request.offset = "b";
  EXPECT_EQ(keys_of(page_of(request, {"a", "b", "b/x", "c"})), (Names{"b/x", "c"}));
}

TEST(ListPageBuilder, ADelimiterGroupsWhatLiesDeeper) {
  ListRequest request("top");
  request.delimiter = true;
  const ListPage page = page_of(request, {"top/b/x", "top/a", "top/b/y", "top/c/d/e", "other/z"});
  EXPECT_EQ(keys_of(page), (Names{"top/a"}));
  EXPECT_EQ(page.common_prefixes, (Names{"top/b", "top/c"}));
}

TEST(ListPageBuilder, AWalkOverCommonPrefixesFindsEveryKey) {
  const Names keys = {"/x", "a", "a//b", "a//c//d", "a/e"};
  Names found;
  Names prefixes = {""};
  while (!prefixes.empty()) {
    ListRequest request(prefixes.back());
    request.delimiter = true;
    prefixes.pop_back();
    const ListPage page = page_of(request, keys);
    for (const std::string& key : keys_of(page)) found.push_back(key);
    prefixes.insert(prefixes.end(), page.common_prefixes.begin(), page.common_prefixes.end());
  }
  std::sort(found.begin(), found.end());
  EXPECT_EQ(found, keys);
}

TEST(ListPageBuilder, CommonPrefixesOfTheSourceAreMergedWithItsOwn) {
  ListRequest request;
  request.delimiter = true;
  EXPECT_EQ(page_of(request, {"b/x"}, {"c", "a/", "b"}).common_prefixes, (Names{"a", "b", "c"}));
  EXPECT_EQ(page_of(ListRequest("a"), {}, {"b"}).common_prefixes, Names{});
}

TEST(ListPageBuilder, PagesHoldEveryEntryOnce) {
  ListRequest request;
  request.max_keys = 2;
  EXPECT_EQ(all_pages(request, {"d", "a", "c", "e", "b"}),
            (std::vector<Names>{{"a", "b"}, {"c", "d"}, {"e"}}));
  request.delimiter = true;
  EXPECT_EQ(all_pages(request, {"b/2", "a", "b/1", "c", "d/1"}, {"b"}),
            (std::vector<Names>{{"a", "b/"}, {"c", "d/"}}));
}

TEST(ListPageBuilder, AFullLastPageHasNoToken) {
  ListRequest request;
  request.max_keys = 2;
  EXPECT_EQ(page_of(request, {"b", "a"}).next_page_token, "");
  EXPECT_EQ(page_of(request, {"b", "a", "c"}).next_page_token, "b");
}

TEST(ListPageBuilder, HoldsNoMoreThanAPageHoweverLongTheListingIs) {
  ListRequest request;
  request.max_keys = 3;
  ListPageBuilder builder(request);
  for (int i = 999; i >= 100; --i) builder.add(object(std::to_string(i)));
  EXPECT_EQ(keys_of(builder.finish()), (Names{"100", "101", "102"}));
}

}  // namespace
}  // namespace storelink
