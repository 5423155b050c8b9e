// LimitStore: how many at a time, in which order, and what a stopped one leaves behind.
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>
#include <thread>

#include "storelink/storelink.hpp"
#include "support/eventually.hpp"
#include "support/kind_thrown.hpp"
#include "support/run_task.hpp"
#include "support/slow_stores.hpp"

namespace storelink {
namespace {

using testing::eventually;
using testing::kind_thrown;

// Counts how many gets are under way; each ends when open() was called.
class Counting final : public testing::EmptyStore {
 public:
  Task<GetResult> get_async(GetRequest request) override {
    const int now = ++under_way;
    int seen = most.load();
    while (seen < now && !most.compare_exchange_weak(seen, now)) {
    }
    {
      const std::lock_guard lock(mutex_);
      order.push_back(request.path);
    }
    while (!open) co_await sleep_for(std::chrono::milliseconds(1));
    --under_way;
    co_return GetResult();
  }

  std::vector<std::string> arrived() {
    const std::lock_guard lock(mutex_);
    return order;
  }

  std::atomic<int> under_way{0}, most{0};
  std::atomic<bool> open{false};

 private:
  std::mutex mutex_;
  std::vector<std::string> order;
};

Task<void> get_one(std::shared_ptr<ObjectStore> store) {
  (void)co_await store->get_async(GetRequest("k"));
}

class LimitStore : public ::testing::Test {
 protected:
  std::shared_ptr<Counting> inner = std::make_shared<Counting>();
};

TEST_F(LimitStore, HoldsBackWhatIsTooMuchAndServesAll) {
  const auto store = make_limit_store(inner, 3);
  inner->open = true;
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 20; ++i) (void)store->get("k");
    });
  threads.clear();
  EXPECT_LE(inner->most.load(), 3);
  EXPECT_EQ(inner->arrived().size(), 160u);
}

TEST_F(LimitStore, HoldsForTheCallsOfOneTask) {
  const auto store = make_limit_store(inner, 2);
  inner->open = true;
  drive(for_each_concurrent(10, 0, [&store](std::size_t) { return get_one(store); }));
  EXPECT_LE(inner->most.load(), 2);
  EXPECT_EQ(inner->arrived().size(), 10u);
}

TEST_F(LimitStore, ServesInTheOrderOfComing) {
  const auto store = make_limit_store(inner, 1);
  std::vector<std::jthread> threads;
  for (const char* key : {"a", "b", "c", "d"}) {
    threads.emplace_back([&store, key] { (void)store->get(key); });
    ASSERT_TRUE(eventually([&] { return inner->under_way == 1; }));
    std::this_thread::sleep_for(std::chrono::milliseconds(30));  // so that it waits before the next comes
  }
  inner->open = true;
  threads.clear();
  EXPECT_EQ(inner->arrived(), (std::vector<std::string>{"a", "b", "c", "d"}));
}

TEST_F(LimitStore, AStoppedWaiterTakesNoPlace) {
  const auto store = make_limit_store(inner, 1);
  std::jthread first([&] { (void)store->get("first"); });
  ASSERT_TRUE(eventually([&] { return inner->under_way == 1; }));
  const Interrupt interrupt = [] { return true; };
  EXPECT_EQ(kind_thrown([&] { (void)drive(store->get_async(GetRequest("stopped")), &interrupt); }),
            ErrorKind::cancelled);
  inner->open = true;
  first.join();
  (void)store->get("last");
  EXPECT_EQ(inner->arrived(), (std::vector<std::string>{"first", "last"}));
}

TEST_F(LimitStore, AFailureGivesItsPlaceBack) {
  const auto store = make_limit_store(make_memory_store(), 1);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(kind_thrown([&] { (void)store->get("none"); }), ErrorKind::not_found);
}

TEST_F(LimitStore, AStreamHoldsItsPlaceUntilItsEndOrItsDestruction) {
  const auto memory = make_memory_store();
  memory->put("k", Bytes::copy("body"));
  const auto store = make_limit_store(memory, 1);
  GetRequest request("k");
  request.sink = Sink::stream;
  const auto blocked = [&] {
    const Interrupt interrupt = [] { return true; };
    return kind_thrown([&] { (void)drive(store->get_async(GetRequest("k")), &interrupt); }) ==
           ErrorKind::cancelled;
  };
  auto stream = store->get(request).stream;
  EXPECT_TRUE(blocked());
  EXPECT_EQ(stream->collect().view(), "body");
  EXPECT_EQ(store->get("k").view(), "body");
  stream = store->get(request).stream;
  stream.reset();
  EXPECT_EQ(store->get("k").view(), "body");
}

TEST_F(LimitStore, RefusesALimitThatLetsNothingThrough) {
  EXPECT_EQ(kind_thrown([&] { (void)make_limit_store(inner, 0); }), ErrorKind::generic);
}

}  // namespace
}  // namespace storelink
