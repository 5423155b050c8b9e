#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/background.hpp"
#include "base/blocking.hpp"
#include "base/runtime.hpp"
#include "storelink/task.hpp"
#include "support/run_task.hpp"

namespace storelink {
namespace {

using testing::run_in_background;
using testing::run_on;

Task<int> ready(int value) {
  co_return value;
}

Task<long> sum_of_ready(int count) {
  long sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await ready(1);
  co_return sum;
}

TEST(Task, AwaitsAMillionReadyTasksInConstantStack) {
  EXPECT_EQ(drive(sum_of_ready(1'000'000)), 1'000'000);
}

Task<int> failing() {
  throw Error(ErrorKind::not_found, "gone");
  co_return 0;
}

Task<int> passes_on() {
  co_return co_await failing() + 1;
}

TEST(Task, PassesExceptionsThroughAwaits) {
  try {
    (void)drive(passes_on());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
  }
}

Task<int> on_the_pool() {
  const auto caller = std::this_thread::get_id();
  const bool elsewhere = co_await run_blocking([caller] { return std::this_thread::get_id() != caller; });
  co_return elsewhere ? 1 : 0;
}

TEST(Task, RunsBlockingWorkInPlaceInABlockingCall) {
  EXPECT_EQ(drive(on_the_pool()), 0);
}

TEST(Task, RunsBlockingWorkOnThePoolWhenItsThreadIsALoop) {
  EXPECT_EQ(run_in_background(on_the_pool()), 1);
}

Task<void> sleeps(std::chrono::nanoseconds time) {
  co_await sleep_for(time);
}

TEST(Sleep, LastsAtLeastItsTime) {
  const auto begin = std::chrono::steady_clock::now();
  drive(sleeps(std::chrono::milliseconds(20)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(20));
}

TEST(Sleep, EndsWhenTheOperationIsStopped) {
  std::stop_source stop;
  std::jthread stopper([&stop] {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    stop.request_stop();
  });
  try {
    run_in_background(sleeps(std::chrono::hours(1)), stop.get_token());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
}

TEST(Sleep, WorksInAContextWithoutALoop) {
  ExecutorContext context(thread_pool(), nullptr, true, {});
  EXPECT_NO_THROW(run_on(thread_pool(), context, sleeps(std::chrono::milliseconds(5))));
}

TEST(Interrupt, EndsABlockingCallSoon) {
  const Interrupt interrupt = [] { return true; };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_THROW(drive(sleeps(std::chrono::hours(1)), &interrupt), Error);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

Task<void> concurrent_sum(std::atomic<int>* sum, std::atomic<int>* most, std::size_t limit) {
  std::atomic<int> running{0};
  std::function<Task<void>(std::size_t)> body = [sum, most, &running](std::size_t index) {
    return [](std::atomic<int>* s, std::atomic<int>* m, std::atomic<int>* r, std::size_t i) -> Task<void> {
      const int now = ++*r;
      if (now > m->load()) m->store(now);
      co_await sleep_for(std::chrono::milliseconds(1));
      --*r;
      *s += static_cast<int>(i);
    }(sum, most, &running, index);
  };
  co_await for_each_concurrent(50, limit, std::move(body));
}

TEST(ForEachConcurrent, RunsEveryItemAndKeepsItsLimit) {
  std::atomic<int> sum{0};
  std::atomic<int> most{0};
  drive(concurrent_sum(&sum, &most, 7));
  EXPECT_EQ(sum.load(), 49 * 50 / 2);
  EXPECT_EQ(most.load(), 7);
}

Task<void> one_fails(std::atomic<int>* stopped) {
  std::function<Task<void>(std::size_t)> body = [stopped](std::size_t index) {
    return [](std::atomic<int>* count, std::size_t i) -> Task<void> {
      if (i == 3) throw Error(ErrorKind::io, "three");
      try {
        co_await sleep_for(std::chrono::hours(1));
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) ++*count;
        throw;
      }
    }(stopped, index);
  };
  co_await for_each_concurrent(8, 0, std::move(body));
}

TEST(ForEachConcurrent, StopsTheOthersAndThrowsTheFirstFailure) {
  std::atomic<int> stopped{0};
  try {
    drive(one_fails(&stopped));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
  }
  EXPECT_EQ(stopped.load(), 3);  // those that had begun; the rest were never started
}

TEST(Background, RunsATaskToItsEnd) {
  auto done = std::make_shared<std::atomic<bool>>(false);
  spawn_background([](std::shared_ptr<std::atomic<bool>> flag) -> Task<void> {
    co_await sleep_for(std::chrono::milliseconds(1));
    flag->store(true);
    flag->notify_all();
  }(done));
  done->wait(false);
  EXPECT_TRUE(done->load());
}

}  // namespace
}  // namespace storelink
