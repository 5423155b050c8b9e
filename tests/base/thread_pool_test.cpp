#include "base/thread_pool.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <latch>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace storelink {
namespace {

constexpr std::chrono::seconds patience{10};

TEST(ThreadPool, WorkThatWaitsForOtherWorkHoldsNothingUp) {
  constexpr int count = 16;
  ThreadPool pool(count);
  for (int round = 0; round < 200; ++round) {
    std::latch all_run(count);
    std::latch ended(count);
    for (int i = 0; i < count; ++i)
      pool.post([&] {
        all_run.arrive_and_wait();  // needs a thread for each
        ended.count_down();
      });
    ended.wait();
  }
  EXPECT_TRUE(pool.stop(patience));
}

TEST(ThreadPool, MakesNoMoreThreadsThanItsLimit) {
  constexpr int count = 1000;
  ThreadPool pool(3);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::latch ended(count);
  for (int i = 0; i < count; ++i)
    pool.post([&] {
      {
        const std::lock_guard lock(mutex);
        threads.insert(std::this_thread::get_id());
      }
      ended.count_down();
    });
  ended.wait();
  EXPECT_LE(threads.size(), 3U);
  EXPECT_TRUE(pool.stop(patience));
}

TEST(ThreadPool, TakesWorkFromManyThreadsAndFromItsOwn) {
  constexpr int posters = 4;
  constexpr int each = 5000;
  ThreadPool pool(8);
  std::latch ended(2L * posters * each);
  {
    std::vector<std::jthread> threads;
    for (int poster = 0; poster < posters; ++poster)
      threads.emplace_back([&] {
        for (int i = 0; i < each; ++i)
          pool.post([&] {
            pool.post([&] { ended.count_down(); });
            ended.count_down();
          });
      });
  }
  ended.wait();
  EXPECT_TRUE(pool.stop(patience));
}

TEST(ThreadPool, StopsWhenTheThreadsOwnStateIsGone) {
  static std::atomic<bool> gone{false};
  pthread_key_t key{};
  // As OpenSSL keeps its state for each thread.
  ASSERT_EQ(pthread_key_create(&key,
                               [](void*) {
                                 std::this_thread::sleep_for(std::chrono::milliseconds(50));
                                 gone = true;
                               }),
            0);
  ThreadPool pool(1);
  std::latch ran(1);
  pool.post([&] {
    pthread_setspecific(key, &ran);
    ran.count_down();
  });
  ran.wait();
  EXPECT_TRUE(pool.stop(patience));
  EXPECT_TRUE(gone);
  pthread_key_delete(key);
}

}  // namespace
}  // namespace storelink
