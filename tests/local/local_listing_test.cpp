// Listings of directory trees: links, order, continued pages.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "local/fixture.hpp"

namespace storelink::testing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class LocalListing : public LocalFixture {};

TEST_F(LocalListing, IsInTheOrderOfKeysNotOfFileNames) {
  for (const char* name : {"a/x", "a.b", "a0", "a-b/y", "ab"}) write_file(name, "1");
  EXPECT_EQ(paths(open()->list()), (Strings{"a-b/y", "a.b", "a/x", "a0", "ab"}));
}

TEST_F(LocalListing, DirectoriesThatLinkToEachOtherAreListedOnce) {
  write_file("dir/file", "1");
  fs::create_directory_symlink(".", root + "/dir/self");
  fs::create_directory_symlink(".", root + "/dir/again");
  fs::create_directory_symlink("../dir", root + "/dir/round");
  EXPECT_EQ(paths(open()->list()), Strings{"dir/file"});
  EXPECT_EQ(paths(open()->list("dir")), Strings{"dir/file"});
  const auto delimited = open()->list_with_delimiter("dir");
  EXPECT_EQ(paths(delimited.objects), Strings{"dir/file"});
  EXPECT_TRUE(delimited.common_prefixes.empty());
}

TEST_F(LocalListing, ADirectoryWithoutObjectsIsNoCommonPrefix) {
  const auto store = open();
  store->put("dir/sub/key", Bytes::copy("x"));
  store->remove("dir/sub/key");
  EXPECT_TRUE(fs::exists(root + "/dir/sub"));
  EXPECT_TRUE(store->list_with_delimiter().common_prefixes.empty());
  EXPECT_TRUE(store->list_with_delimiter("dir").common_prefixes.empty());
}

TEST_F(LocalListing, ADirectoryOfLinksInACircleHoldsNoObject) {
  fs::create_directory(root + "/empty");
  fs::create_directory_symlink("..", root + "/empty/up");
  EXPECT_TRUE(open()->list_with_delimiter().common_prefixes.empty());
}

TEST_F(LocalListing, LinksToFilesWithinTheRootAreObjects) {
  write_file("real", "text");
  fs::create_symlink("real", root + "/link");
  fs::create_symlink("nowhere", root + "/dangling");
  const auto listed = open()->list();
  ASSERT_EQ(paths(listed), (Strings{"link", "real"}));
  EXPECT_EQ(listed[0].size, 4u);
  EXPECT_EQ(listed[0].e_tag, listed[1].e_tag);
}

TEST_F(LocalListing, GoesOnInAnotherStoreAndAfterOthers) {
  Strings all;
  for (int i = 100; i < 160; ++i)
    write_file(all.emplace_back("d" + std::to_string(i / 10) + "/f" + std::to_string(i)), "1");
  Strings seen;
  ListRequest request;
  request.max_keys = 7;
  const auto first = open();
  for (int page = 0;; ++page) {
    // Every other page from a store that has not seen the one before.
    const auto result = (page % 2 == 0 ? first : open())->list_page(request);
    for (const auto& object : result.objects) seen.push_back(object.path);
    if (result.next_page_token.empty()) break;
    request.page_token = result.next_page_token;
    for (int other = 0; other < 3; ++other) {
      ListRequest unrelated("d1" + std::to_string(other));
      unrelated.max_keys = 1;
      (void)first->list_page(unrelated);
    }
  }
  EXPECT_EQ(seen, all);
}

TEST_F(LocalListing, AbandonedPagesHoldNoDescriptors) {
  for (int i = 0; i < 20; ++i) write_file("a/b/c/" + std::to_string(i), "1");
  const auto store = open();
  auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  for (int i = 0; i < 30; ++i) {
    ListRequest request;
    request.max_keys = 1;
    request.offset = std::string(1, static_cast<char>('A' + i % 20));
    EXPECT_FALSE(store->list_page(request).next_page_token.empty());
  }
  EXPECT_EQ(descriptors(), before);
}

TEST_F(LocalListing, AVanishedDirectoryEndsNothing) {
  for (int i = 0; i < 4; ++i) write_file("d" + std::to_string(i) + "/f", "1");
  const auto store = open();
  ListRequest request;
  request.max_keys = 1;
  request.page_token = store->list_page(request).next_page_token;
  fs::remove_all(root + "/d1");
  fs::remove_all(root + "/d2");
  EXPECT_EQ(paths(store->list_page(request).objects), Strings{"d3/f"});
}

TEST_F(LocalListing, ADirectoryThatMayNotBeReadIsAnError) {
  write_file("open/f", "1");
  write_file("closed/f", "1");
  ::chmod((root + "/closed").c_str(), 0);
  ::chmod(root.c_str(), 0755);
  const auto store = open();
  EXPECT_TRUE(is_denied_to_others([&] { (void)store->list(); }));
  ::chmod((root + "/closed").c_str(), 0755);
}

TEST_F(LocalListing, APrefixThatNoKeyCanHaveListsNothing) {
  write_file("a/b", "1");
  for (const char* prefix : {"a//", "..", "../x", "a/./b", "a/b/c"})
    EXPECT_TRUE(open()->list(prefix).empty()) << prefix;
}

TEST_F(LocalListing, AFlatDirectoryOfManyFilesIsReadOnce) {
  for (int i = 0; i < 20'000; ++i) write_file("flat/" + std::to_string(i), "");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(open()->list("flat").size(), 20'000u);
  // Reading and sorting it again for each of its twenty pages took half a minute under a sanitizer.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(LocalListing, NamesThatAreNoUtf8AreListedEscapedAndLeadBack) {
  write_file("caf\xe9", "latin");
  write_file("dir\xff/sub/\xe2\x82", "cut");
  write_file("caf\xc3\xa9", "utf-8");
  const auto store = open();
  EXPECT_EQ(paths(store->list()), (Strings{"caf%E9", "caf\xc3\xa9", "dir%FF/sub/%E2%82"}));
  for (const ObjectMeta& object : store->list())
    EXPECT_EQ(store->get(object.path).size(), object.size) << object.path;
  EXPECT_EQ(walk(*store), (Strings{"caf%E9", "caf\xc3\xa9", "dir%FF/sub/%E2%82"}));
  EXPECT_EQ(kind_thrown([&] { (void)store->get("caf%C3%A9"); }), ErrorKind::not_found)
      << "an escape of what is UTF-8 is none";
  write_file("d\xff/k", "x");
  for (const auto& outcome : store->remove_many({"d%FF/k"})) EXPECT_FALSE(outcome);
  EXPECT_EQ(kind_thrown([&] { (void)store->head("d%FF/k"); }), ErrorKind::not_found) << "it is gone indeed";
  store->put("caf%E9", Bytes::copy("changed"));
  EXPECT_EQ(store->list().size(), 3U) << "the file that is there was replaced";
  EXPECT_EQ(store->get("caf%E9").view(), "changed");
  store->remove("caf%E9");
  store->rename(CopyRequest("dir%FF/sub/%E2%82", "moved"));
  EXPECT_EQ(paths(store->list()), (Strings{"caf\xc3\xa9", "moved"}));
  store->put("caf%E9", Bytes::copy("new"));
  EXPECT_EQ(store->get("caf%E9").view(), "new");
  EXPECT_EQ(kind_thrown([&] { (void)store->put("caf\xe9", Bytes()); }), ErrorKind::invalid_path);
}

}  // namespace
}  // namespace storelink::testing
