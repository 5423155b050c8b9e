// What is special about memory: nothing is copied, nothing waits, and a fork finds every store whole.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <thread>

#include "storelink/stores.hpp"
#include "support/sanitizer.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

class Memory : public ::testing::Test {
 protected:
  const std::shared_ptr<ObjectStore> store = make_memory_store();
};

TEST_F(Memory, PutAdoptsAndGetSharesTheBytes) {
  const Bytes body = Bytes::copy("0123456789");
  store->put("key", body);
  EXPECT_EQ(store->get("key").data(), body.data());
  EXPECT_EQ(store->get_range("key", 3, 6).data(), body.data() + 3);
  const auto ranges = store->get_ranges("key", {{8, 10}, {0, 2}});
  EXPECT_EQ(ranges[0].data(), body.data() + 8);
  EXPECT_EQ(ranges[1].data(), body.data());
  GetRequest request("key");
  request.sink = Sink::stream;
  EXPECT_EQ(store->get(std::move(request)).stream->next().data(), body.data());
  store->copy(CopyRequest("key", "copy"));
  EXPECT_EQ(store->get("copy").data(), body.data());
}

TEST_F(Memory, AnUploadOfOnePartSharesItsBytes) {
  const Bytes body = Bytes::copy("part");
  const auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(0, body);
  upload->complete();
  EXPECT_EQ(store->get("key").data(), body.data());
}

TEST_F(Memory, WhatWasReadOutlivesTheObject) {
  store->put("key", Bytes::copy("old"));
  const Bytes old = store->get("key");
  store->put("key", Bytes::copy("new"));
  store->remove("key");
  EXPECT_EQ(old.view(), "old");
}

TEST_F(Memory, EveryTaskEndsWithoutSuspending) {
  // A context that could not resume anything.
  class Nowhere final : public Context {
   public:
    Executor& executor() override { throw std::logic_error("a task suspended"); }
  } context;
  auto run = [&context](auto task) {
    bool ended = false;
    task.start(context, [](void* flag) noexcept { *static_cast<bool*>(flag) = true; }, &ended);
    EXPECT_TRUE(ended);
    return task.result();
  };
  run(store->put_async(PutRequest("key", Bytes::copy("text"))));
  EXPECT_EQ(run(store->get_async(GetRequest("key"))).body.view(), "text");
  EXPECT_EQ(run(store->head_async("key")).size, 4u);
  EXPECT_EQ(run(store->get_ranges_async("key", {{0, 1}, {2, 4}})).size(), 2u);
  run(store->copy_async(CopyRequest("key", "copy")));
  run(store->rename_async(CopyRequest("copy", "moved")));
  EXPECT_EQ(run(store->list_async(ListRequest())).objects.size(), 2u);
  const auto upload = run(store->start_multipart_async(MultipartRequest("large")));
  run(upload->put_part_async(0, Bytes::copy("part")));
  run(upload->complete_async());
  run(store->delete_many_async({"key", "moved", "large"}));
  EXPECT_TRUE(run(store->list_async(ListRequest())).objects.empty());
}

TEST_F(Memory, KeysAreTakenAsTheyAre) {
  const std::vector<std::string> keys = {
      "/", "//", "/a", "a/", "a//b", "a/../b", "a\nb", std::string("a\0b", 3), "\xff\xfe"};
  for (const auto& key : keys) store->put(key, Bytes::copy(key));
  EXPECT_EQ(store->list().size(), keys.size());
  for (const auto& meta : store->list()) EXPECT_EQ(store->get(meta.path).view(), meta.path);
}

TEST_F(Memory, AMarkerIsNotBelowItsPrefix) {
  store->put("dir/", Bytes());
  store->put("dir/a", Bytes());
  EXPECT_EQ(paths(store->list("dir")), std::vector<std::string>{"dir/a"});
}

TEST_F(Memory, RenameIsOneStep) {
  store->put("a", Bytes::copy("x"));
  std::jthread mover([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      store->rename(CopyRequest("a", "b"));
      store->rename(CopyRequest("b", "a"));
    }
  });
  for (int i = 0; i < 50'000; ++i) ASSERT_EQ(store->list().size(), 1u);
}

TEST_F(Memory, RenameToItselfKeepsTheObject) {
  store->put("a", Bytes::copy("x"));
  store->rename(CopyRequest("a", "a"));
  EXPECT_EQ(store->get("a").view(), "x");
  EXPECT_EQ(kind_thrown([&] { store->rename(CopyRequest("a", "a", false)); }), ErrorKind::already_exists);
}

TEST_F(Memory, AnUploadOutlivesItsStore) {
  auto mine = make_memory_store();
  const auto upload = mine->start_multipart(MultipartRequest("key"));
  mine.reset();
  upload->put_part(0, Bytes::copy("part"));
  EXPECT_NO_THROW(upload->complete());
}

TEST_F(Memory, ManyKeysComeInPages) {
  for (int i = 0; i < 2500; ++i) store->put("k" + std::to_string(i), Bytes());
  const auto page = store->list_page(ListRequest());
  EXPECT_EQ(page.objects.size(), 1000u);
  EXPECT_EQ(page.next_page_token, page.objects.back().path);
  EXPECT_EQ(store->list().size(), 2500u);
}

#ifndef STORELINK_THREAD_SANITIZER
TEST_F(Memory, AForkedChildFindsEveryStoreWhole) {
  store->put("key", Bytes::copy("x"));
  std::vector<std::jthread> writers;
  for (int t = 0; t < 2; ++t) {
    writers.emplace_back([this](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        store->put("key", Bytes::copy("x"));
        (void)store->list();
      }
    });
  }
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::alarm(20);  // a lock that nobody holds any more would never be had
      store->put("mine", Bytes::copy("y"));
      ::_exit(store->get("key").view() == "x" && store->list().size() == 2 ? 0 : 1);
    }
    int status = -1;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_EQ(status, 0);
  }
}
#endif

}  // namespace
}  // namespace storelink::testing
