#include "base/wakeup.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

namespace storelink::testing {

namespace {

bool is_readable(const Wakeup& wakeup) {
  pollfd watched{wakeup.descriptor(), POLLIN, 0};
  return ::poll(&watched, 1, 0) == 1;
}

}  // namespace

TEST(Wakeup, IsReadableFromWakeUntilClear) {
  Wakeup wakeup;
  ASSERT_TRUE(wakeup);
  for (int round = 0; round < 3; ++round) {
    EXPECT_FALSE(is_readable(wakeup));
    wakeup.clear();  // with nothing to clear it does not wait
    wakeup.wake();
    wakeup.wake();
    EXPECT_TRUE(is_readable(wakeup));
    wakeup.clear();
  }
  EXPECT_FALSE(is_readable(wakeup));
}

TEST(Wakeup, TakesMoreWakesThanAPipeHolds) {
  Wakeup wakeup;
  std::thread other([&] {
    for (int i = 0; i < 100'000; ++i) wakeup.wake();
  });
  other.join();
  EXPECT_TRUE(is_readable(wakeup));
  wakeup.clear();
  EXPECT_FALSE(is_readable(wakeup));
}

}  // namespace storelink::testing
