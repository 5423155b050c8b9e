// What is special about files: names, links, staging, clean-up.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>

#include "local/directory.hpp"
#include "local/file_names.hpp"
#include "local/fixture.hpp"
#include "storelink/stores.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

namespace fs = std::filesystem;

class Local : public LocalFixture {};

TEST(FileNames, EveryKeyHasOneNameAndTheReverse) {
  using local::file_path;
  using local::segment_of;
  for (const std::string key :
       {"plain", "100%", "%41", "%2F", "a%0Ab", "a\nb", "%0A", "%250A", "%25250A", "\x7f", ".storelink~x",
        "%2Estorelink~x", "%252Estorelink~x", "x.storelink~", "%", "%0", ".hidden", "emoji 🦀"}) {
    EXPECT_EQ(segment_of(file_path(key)), key);
  }
  EXPECT_EQ(file_path("a\nb"), "a%0Ab");
  EXPECT_EQ(file_path("a%0Ab"), "a%250Ab");
  EXPECT_EQ(file_path("%41/100%"), "%41/100%");
  EXPECT_FALSE(local::is_staged(file_path(".storelink~x")));
}

TEST(FileNames, RefuseWhatIsNoPath) {
  for (const std::string key : {"", "/a", "a/", "a//b", ".", "..", "a/./b", "a/../b", "../a"})
    EXPECT_EQ(kind_thrown([&] { (void)local::file_path(key); }), ErrorKind::invalid_path) << key;
  EXPECT_EQ(kind_thrown([] { (void)local::file_path(std::string(256, 'n')); }), ErrorKind::invalid_path);
}

TEST(SystemErrors, SayWhatToDo) {
  const std::pair<int, const char*> cases[] = {{ENOSPC, "free some space"},
                                               {EDQUOT, "free some space"},
                                               {EFBIG, "ulimit -f"},
                                               {EACCES, "needs permission"},
                                               {EMFILE, "ulimit -n"}};
  for (const auto& [code, advice] : cases) {
    try {
      local::throw_system_error(code, "write the object", "file:///root", "key");
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), code == EACCES ? ErrorKind::permission_denied : ErrorKind::io);
      EXPECT_NE(error.message().find(advice), std::string::npos) << error.message();
      EXPECT_EQ(error.path(), "key");
    }
  }
}

TEST_F(Local, AMissingRootIsNotFoundUnlessMkdir) {
  LocalOptions options;
  options.root = root + "/not/yet";
  EXPECT_EQ(kind_thrown([&] { make_local_store(options); }), ErrorKind::not_found);
  options.mkdir = true;
  make_local_store(options)->put("key", Bytes::copy("x"));
  EXPECT_TRUE(fs::exists(root + "/not/yet/key"));
}

TEST_F(Local, ReadsAndListsFilesOfOthers) {
  write_file("dir/plain", "1");
  write_file("dir/new\nline", "2");
  write_file("dir/100%", "3");
  const auto store = open();
  const auto listed = store->list();
  ASSERT_EQ(listed.size(), 3u);
  for (const auto& object : listed) EXPECT_EQ(store->get(object.path).size(), 1u) << object.path;
  store->remove("dir/new\nline");
  EXPECT_FALSE(fs::exists(root + "/dir/new\nline"));
}

TEST_F(Local, NoKeyEscapesTheRootThroughALink) {
  const std::string outside = temporary_directory();
  std::ofstream(outside + "/secret") << "secret";
  fs::create_directory_symlink(outside, root + "/link");
  fs::create_symlink(outside + "/secret", root + "/file");
  fs::create_directory_symlink("..", root + "/up");
  const auto store = open(true);
  for (const std::string key : {"link/secret", "file", "up/x"})
    EXPECT_EQ(kind_thrown([&] { (void)store->get(key); }), ErrorKind::permission_denied) << key;
  EXPECT_THROW(store->put("link/new", Bytes::copy("x")), Error);
  EXPECT_THROW(store->put("link/deep/new", Bytes::copy("x")), Error);
  EXPECT_THROW(store->remove("link/secret"), Error);
  EXPECT_THROW(store->copy(CopyRequest("link/secret", "copy")), Error);
  EXPECT_THROW((void)store->start_multipart(MultipartRequest("link/new"))->put_part(0, Bytes::copy("x")),
               Error);
  EXPECT_TRUE(store->list().empty());
  EXPECT_EQ(std::distance(fs::directory_iterator(outside), fs::directory_iterator()), 1);
}

TEST_F(Local, APutOverALinkReplacesTheLink) {
  const std::string outside = temporary_directory();
  std::ofstream(outside + "/file") << "old";
  fs::create_symlink(outside + "/file", root + "/key");
  open()->put("key", Bytes::copy("new"));
  EXPECT_FALSE(fs::is_symlink(root + "/key"));
  EXPECT_EQ(fs::file_size(outside + "/file"), 3u);
}

TEST_F(Local, LinksWithinTheRootAreFollowed) {
  write_file("real/file", "text");
  fs::create_directory_symlink("real", root + "/link");
  const auto store = open();
  EXPECT_EQ(store->get("link/file").view(), "text");
  EXPECT_EQ(paths(store->list()), (std::vector<std::string>{"link/file", "real/file"}));
}

TEST_F(Local, ALinkToADirectoryAboveItDoesNotListForEver) {
  write_file("dir/file", "text");
  fs::create_directory_symlink("..", root + "/dir/loop");  // the root itself, from below
  EXPECT_GE(open()->list().size(), 1u);
}

TEST_F(Local, StagedFilesAreNeverListed) {
  const auto store = open();
  const auto upload = store->start_multipart(MultipartRequest("dir/key"));
  upload->put_part(0, Bytes::copy("part"));
  EXPECT_GE(files().size(), 2u);
  EXPECT_TRUE(store->list().empty());
  EXPECT_TRUE(store->list_with_delimiter().common_prefixes.empty());
  upload->complete();
  EXPECT_EQ(files(), (std::vector<std::string>{"dir", "dir/key"}));
}

TEST_F(Local, ADroppedUploadLeavesNothing) {
  const auto store = open(true);
  auto upload = store->start_multipart(MultipartRequest("dir/key"));
  upload->put_part(0, Bytes::copy("part"));
  upload->put_part(1, Bytes::copy("part"));
  upload.reset();
  EXPECT_TRUE(files().empty());
}

TEST_F(Local, CleanUpRemovesEmptyDirectoriesOnlyWhenAsked) {
  for (const bool cleanup : {false, true}) {
    const auto store = open(cleanup);
    store->put("a/b/c", Bytes::copy("x"));
    store->put("a/other", Bytes::copy("x"));
    store->remove("a/b/c");
    EXPECT_EQ(fs::exists(root + "/a/b"), !cleanup);
    store->rename(CopyRequest("a/other", "elsewhere"));
    EXPECT_EQ(fs::exists(root + "/a"), !cleanup);
    store->remove("elsewhere");
    fs::remove_all(root + "/a");
  }
  EXPECT_TRUE(fs::exists(root));
}

TEST_F(Local, PutsAndCleanUpsMayRace) {
  const auto store = open(true);
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&store, t] {
      for (int i = 0; i < 200; ++i) {
        const std::string key = "a/b/c/" + std::to_string(t);
        store->put(key, Bytes::copy("x"));
        EXPECT_EQ(store->get(key).view(), "x");
        store->remove(key);
      }
    });
  }
  threads.clear();
  EXPECT_TRUE(files().empty());
}

TEST_F(Local, TwoStoresOfOneDirectoryUpdateAtomically) {
  open()->put("count", Bytes::copy("0"));
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this] {
      const auto store = open();
      for (int done = 0; done < 25;) {
        const auto read = store->get(GetRequest("count"));
        PutRequest request("count", Bytes::copy(std::to_string(std::stoi(read.body.to_string()) + 1)));
        request.mode = PutMode::update(read.meta.e_tag);
        try {
          store->put(std::move(request));
          ++done;
        } catch (const Error& error) {
          ASSERT_EQ(error.kind(), ErrorKind::precondition);
        }
      }
    });
  }
  threads.clear();
  EXPECT_EQ(open()->get("count").view(), "100");
}

TEST_F(Local, AnObjectAndADirectoryCannotShareAName) {
  const auto store = open();
  store->put("a/b", Bytes::copy("x"));
  EXPECT_THROW(store->put("a", Bytes::copy("y")), Error);
  EXPECT_THROW(store->put("a/b/c", Bytes::copy("y")), Error);
  EXPECT_EQ(store->get("a/b").view(), "x");
  EXPECT_EQ(files(), (std::vector<std::string>{"a", "a/b"}));
  EXPECT_EQ(kind_thrown([&] { store->remove("a"); }), ErrorKind::not_found);
}

// In a child process with a limit on the size of files, which fails a write like a full disk does.
TEST_F(Local, AWriteThatFailsMidwayLeavesTheOldObject) {
  const auto store = open();
  store->put("key", Bytes::copy("old"));
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1u << 20, 1u << 20};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      store->put("key", Bytes::adopt(std::string(16u << 20, 'n')));
      ::_exit(1);
    } catch (const Error& error) {
      ::_exit(error.kind() == ErrorKind::io && error.path() == "key" ? 0 : 2);
    }
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(store->get("key").view(), "old");
  EXPECT_EQ(files(), (std::vector<std::string>{"key"}));
}

TEST_F(Local, AKilledWriterLeavesTheOldObjectOrTheNewOne) {
  const auto store = open();
  const std::string body(8u << 20, 'n');
  store->put("key", Bytes::copy("old"));
  for (int round = 0; round < 10; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (;;) store->put("key", Bytes::copy(body));
    }
    ::usleep(static_cast<useconds_t>(3000 + 1000 * round));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    const auto text = store->get("key").to_string();
    EXPECT_TRUE(text == "old" || text == body);
    EXPECT_EQ(store->list().size(), 1u);
  }
}

TEST_F(Local, AnUnreadableFileIsPermissionDenied) {
  write_file("key", "text");
  ::chmod((root + "/key").c_str(), 0);
  ::chmod(root.c_str(), 0755);
  const auto store = open();
  EXPECT_TRUE(is_denied_to_others([&] { (void)store->get("key"); }));
}

TEST_F(Local, AFifoIsNoObjectAndBlocksNobody) {
  ASSERT_EQ(::mkfifo((root + "/pipe").c_str(), 0644), 0);
  const auto store = open();
  EXPECT_EQ(kind_thrown([&] { (void)store->get("pipe"); }), ErrorKind::not_found);
  EXPECT_TRUE(store->list().empty());
}

}  // namespace
}  // namespace storelink::testing
