// Writes that race, fail or cross borders: renames, uploads, compare-and-swap, links, old kernels.
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <thread>

#include "local/directory.hpp"
#include "local/fixture.hpp"

namespace storelink::testing {
namespace {

namespace fs = std::filesystem;
using Strings = std::vector<std::string>;

class LocalWrites : public LocalFixture {
 protected:
  // Adds one to the number in `key` by compare-and-swap, `times` times.
  static void count_up(ObjectStore& store, const std::string& key, int times) {
    while (times > 0) {
      const auto read = store.get(GetRequest(key));
      PutRequest request(key, Bytes::copy(std::to_string(std::stoi(read.body.to_string()) + 1)));
      request.mode = PutMode::update(read.meta.e_tag);
      try {
        store.put(std::move(request));
        --times;
      } catch (const Error& error) {
        if (error.kind() != ErrorKind::precondition) throw;
      }
    }
  }
};

TEST_F(LocalWrites, ProcessesWithDifferentRootsCountByCompareAndSwap) {
  write_file("dir/count", "0");
  std::vector<pid_t> children;
  for (int c = 0; c < 5; ++c) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        const auto store = c % 2 == 0 ? open() : open(false, "/dir");
        count_up(*store, c % 2 == 0 ? "dir/count" : "count", 10);
        ::_exit(0);
      } catch (const std::exception&) {
        ::_exit(1);
      }
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(open()->get("dir/count").view(), "50");
}

TEST_F(LocalWrites, AnUpdateNeverBringsBackWhatWasDeleted) {
  const auto store = open();
  for (int round = 0; round < 300; ++round) {
    const auto put = store->put("key", Bytes::copy("first"));
    bool updated = false;
    std::jthread updater([&] {
      PutRequest request("key", Bytes::copy("second"));
      request.mode = PutMode::update(put.e_tag);
      try {
        store->put(std::move(request));
        updated = true;
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::precondition);
      }
    });
    store->remove("key");
    updater.join();
    EXPECT_TRUE(files().empty());
  }
}

TEST_F(LocalWrites, EtagsOfQuickOverwritesAllDiffer) {
  const auto store = open();
  std::set<std::string> seen;
  for (int i = 0; i < 500; ++i)
    EXPECT_TRUE(seen.insert(*store->put("key", Bytes::copy("same size")).e_tag).second);
  EXPECT_EQ(*store->head("key").e_tag, *store->get(GetRequest("key")).meta.e_tag);
}

TEST_F(LocalWrites, RenamesAndCleanUpsMayRace) {
  const auto store = open(true);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string source = "source" + std::to_string(t);
        const std::string target = "x/y/" + std::to_string(t);
        store->put(source, Bytes::copy("1"));
        store->rename(CopyRequest(source, target, i % 2 == 0));
        EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest(source, target)); }), ErrorKind::not_found);
        store->remove(target);
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(files().empty());
}

TEST_F(LocalWrites, RenamingToItselfKeepsTheObject) {
  const auto store = open(true);
  store->put("a/key", Bytes::copy("x"));
  fs::create_symlink("key", root + "/a/link");
  for (const char* key : {"a/key", "a/link"}) {
    store->rename(CopyRequest(key, key));
    EXPECT_EQ(store->get(key).view(), "x");
    EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest(key, key, false)); }), ErrorKind::already_exists);
  }
  EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest("no", "no")); }), ErrorKind::not_found);
}

TEST_F(LocalWrites, ADirectoryIsNotRenamedOrDeleted) {
  const auto store = open();
  store->put("dir/key", Bytes::copy("x"));
  for (const bool overwrite : {true, false})
    EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest("dir", "other", overwrite)); }),
              ErrorKind::not_found);
  EXPECT_EQ(kind_thrown([&] { store->copy(CopyRequest("dir", "other")); }), ErrorKind::not_found);
  EXPECT_EQ(kind_thrown([&] { store->remove("dir"); }), ErrorKind::not_found);
  EXPECT_EQ(files(), (Strings{"dir", "dir/key"}));
}

TEST_F(LocalWrites, ARenamedLinkBecomesTheObjectThatItNamed) {
  write_file("dir/real", "text");
  fs::create_symlink("real", root + "/dir/link");
  const auto store = open();
  store->rename(CopyRequest("dir/link", "moved"));
  EXPECT_EQ(store->get("moved").view(), "text");  // the relative link would lead nowhere from there
  EXPECT_FALSE(fs::is_symlink(root + "/dir/link"));
  EXPECT_EQ(store->get("dir/real").view(), "text");
}

TEST_F(LocalWrites, ObjectsAndDirectoriesInTheWayAreNamedAsSuch) {
  const auto store = open();
  store->put("a/b", Bytes::copy("x"));
  for (const auto& action : std::vector<std::function<void()>>{
           [&] { store->put("a", Bytes::copy("y")); }, [&] { store->put("a/b/c", Bytes::copy("y")); },
           [&] { store->copy(CopyRequest("a/b", "a/b/c")); }, [&] { store->rename(CopyRequest("a/b", "a")); },
           [&] { (void)store->start_multipart(MultipartRequest("a/b/c")); }}) {
    EXPECT_EQ(kind_thrown(action), ErrorKind::generic);
  }
  EXPECT_EQ(files(), (Strings{"a", "a/b"}));
}

TEST_F(LocalWrites, PartsOfOneSizeAreWrittenWhereTheyBelong) {
  const auto store = open();
  const auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(1, Bytes::copy("bbb"));
  upload->put_part(3, Bytes::copy("d"));
  upload->put_part(0, Bytes::copy("aaa"));
  upload->put_part(2, Bytes::copy("ccc"));
  EXPECT_EQ(files().size(), 1u);
  upload->complete();
  EXPECT_EQ(store->get("key").view(), "aaabbbcccd");
  EXPECT_EQ(files(), Strings{"key"});
}

TEST_F(LocalWrites, PartsOfAnySizesAreAssembled) {
  const auto store = open();
  const std::vector<std::vector<std::pair<std::size_t, std::string>>> orders = {
      {{2, "c"}, {0, "aaaa"}, {1, "bbbbbb"}},               // the short last part first
      {{0, "aaaa"}, {1, "b"}, {2, "cccc"}},                 // a short one in the middle
      {{0, "xxxx"}, {1, "bbbbbb"}, {0, "aaaa"}, {2, "c"}},  // one put again
      {{0, ""}, {1, "b"}, {2, ""}, {3, "dd"}},              // empty ones
      {{0, "aaaa"}, {1, "bbbb"}, {1, "b"}},                 // the last one replaced by a shorter one
  };
  for (const auto& order : orders) {
    std::map<std::size_t, std::string> expected;
    const auto upload = store->start_multipart(MultipartRequest("key"));
    for (const auto& [index, text] : order) {
      upload->put_part(index, Bytes::copy(text));
      expected[index] = text;
    }
    upload->complete();
    std::string whole;
    for (const auto& [index, text] : expected) whole += text;
    EXPECT_EQ(store->get("key").view(), whole);
    EXPECT_EQ(files(), Strings{"key"});
  }
}

TEST_F(LocalWrites, PartsFromManyThreadsAreAssembledInOrder) {
  const auto store = open();
  const auto upload = store->start_multipart(MultipartRequest("key"));
  std::string whole;
  for (int i = 0; i < 64; ++i)
    whole += std::string(1000 + static_cast<std::size_t>(i % 3 == 0), static_cast<char>('0' + i));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = t; i < 64; i += 4)
        upload->put_part(static_cast<std::size_t>(i),
                         Bytes::adopt(std::string(1000 + static_cast<std::size_t>(i % 3 == 0),
                                                  static_cast<char>('0' + i))));
    });
  }
  threads.clear();
  upload->complete();
  EXPECT_TRUE(store->get("key").view() == whole);
}

TEST_F(LocalWrites, ManyPartsNeedNoDescriptorEach) {
  const auto store = open();
  const auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(0, Bytes::copy("x"));
  upload->put_part(0, Bytes::copy("xx"));  // with a second file, too
  const auto before = std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  for (std::size_t i = 1; i < 500; ++i) upload->put_part(i, Bytes::copy("x"));
  EXPECT_EQ(std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator()), before);
  upload->complete();
  EXPECT_EQ(store->head("key").size, 501u);
}

TEST_F(LocalWrites, AnUploadThatCannotBeWrittenFailsAtItsStart) {
  const auto store = open();
  EXPECT_EQ(kind_thrown([&] { (void)store->start_multipart(MultipartRequest("a//b")); }),
            ErrorKind::invalid_path);
  EXPECT_TRUE(files().empty());
}

TEST_F(LocalWrites, AForkedChildLeavesTheUploadOfItsParentAlone) {
  const auto store = open();
  auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(0, Bytes::copy("part"));
  const pid_t child = ::fork();
  if (child == 0) {
    upload.reset();
    ::_exit(0);
  }
  ::waitpid(child, nullptr, 0);
  upload->complete();
  EXPECT_EQ(store->get("key").view(), "part");
}

// On a file system of its own that has room for little more than the old object.
TEST_F(LocalWrites, AFullDiskIsAnInputOutputErrorAndLeavesTheOldObject) {
  const std::string disk = root + "/disk";
  fs::create_directory(disk);
  if (::mount("storelink-test", disk.c_str(), "tmpfs", 0, "size=256k") != 0) {
    std::fprintf(stderr,
                 "no permission to mount: the full disk is not tested, a file size limit is (Local.*)\n");
    return;
  }
  {
    const auto store = open(false, "/disk");
    store->put("key", Bytes::copy("old"));
    try {
      store->put("key", Bytes::adopt(std::string(1u << 20, 'n')));
      ADD_FAILURE() << "the disk was not full";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io);
      EXPECT_NE(std::string(error.what()).find("No space left"), std::string::npos) << error.what();
      EXPECT_EQ(error.path(), "key");
    }
    EXPECT_EQ(store->get("key").view(), "old");
    const auto upload = store->start_multipart(MultipartRequest("key"));
    EXPECT_EQ(kind_thrown([&] { upload->put_part(0, Bytes::adopt(std::string(1u << 20, 'n'))); }),
              ErrorKind::io);
    upload->abort();
    // To another file system: the rename is a copy.
    store->put("move me", Bytes::copy("moved"));
    const auto above = open();
    above->rename(CopyRequest("disk/move me", "here"));
    EXPECT_EQ(above->get("here").view(), "moved");
    EXPECT_EQ(paths(store->list()), Strings{"key"});
  }
  EXPECT_EQ(files(), (Strings{"disk", "disk/key", "here"}));
  ::umount(disk.c_str());
}

TEST_F(LocalWrites, WithoutOpenat2LinksAreFollowedWithinTheRootOnly) {
  write_file("real/file", "text");
  fs::create_directories(root + "/a");
  fs::create_directory_symlink("real", root + "/link");
  fs::create_directory_symlink("../a/../link/.", root + "/a/round");
  fs::create_symlink("link//file", root + "/file");
  fs::create_symlink("circle", root + "/circle");
  fs::create_symlink("../" + fs::path(root).filename().string() + "/file", root + "/outside");
  fs::create_symlink(root + "/file", root + "/absolute");
  fs::create_symlink("nowhere", root + "/dangling");
  local::avoid_openat2(true);
  const auto store = open(true);
  local::avoid_openat2(false);
  for (const char* key : {"real/file", "link/file", "file", "a/round/file"})
    EXPECT_EQ(store->get(key).view(), "text") << key;
  for (const char* key : {"circle", "outside", "absolute"})
    EXPECT_EQ(kind_thrown([&] { (void)store->get(key); }), ErrorKind::permission_denied) << key;
  for (const char* key : {"dangling", "real/file/x", "file/x", "real"})
    EXPECT_EQ(kind_thrown([&] { (void)store->get(key); }), ErrorKind::not_found) << key;
  EXPECT_EQ(paths(store->list()), (Strings{"a/round/file", "file", "link/file", "real/file"}));
  store->put("a/round/new", Bytes::copy("x"));
  EXPECT_TRUE(fs::is_regular_file(root + "/real/new"));
  store->put("a/b/c", Bytes::copy("x"));
  store->rename(CopyRequest("a/b/c", "d"));
  EXPECT_TRUE(fs::is_regular_file(root + "/d"));
}

TEST_F(LocalWrites, EveryFileSystemFailureLeavesNothingStaged) {
  const auto store = open();
  store->put("key", Bytes::copy("old"));
  PutRequest create("key", Bytes::copy("new"));
  create.mode = PutMode::create();
  EXPECT_EQ(kind_thrown([&] { store->put(create); }), ErrorKind::already_exists);
  PutRequest update("key", Bytes::copy("new"));
  update.mode = PutMode::update("stale");
  EXPECT_EQ(kind_thrown([&] { store->put(update); }), ErrorKind::precondition);
  update.mode = PutMode::update(std::nullopt);
  EXPECT_EQ(kind_thrown([&] { store->put(update); }), ErrorKind::generic);
  PutRequest tagged("key", Bytes::copy("new"));
  tagged.tags.emplace_back("tag", "value");
  EXPECT_EQ(kind_thrown([&] { store->put(tagged); }), ErrorKind::not_supported);
  PutRequest huge("key", Bytes::copy("new"));
  huge.attributes.metadata["m"] = std::string(1u << 20, 'v');
  EXPECT_THROW(store->put(huge), Error);
  EXPECT_EQ(files(), Strings{"key"});
  EXPECT_EQ(store->get("key").view(), "old");
}

}  // namespace
}  // namespace storelink::testing
