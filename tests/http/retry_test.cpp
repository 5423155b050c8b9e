// The retry rules: how long a try waits, and when there are no more.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "http/retry.hpp"

namespace storelink::http {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, TheDefaultsAreTenTriesWithinThreeMinutesFromATenthOfASecondToFifteenSeconds) {
  const RetryConfig config;
  for (int round = 0; round < 50; ++round) {
    Backoff backoff(config);
    std::chrono::nanoseconds previous = config.init_backoff;
    for (int retry = 0; retry < 10; ++retry) {
      const auto wait = backoff.next({});
      ASSERT_TRUE(wait);
      EXPECT_GE(*wait, milliseconds(100));
      EXPECT_LE(*wait, std::min<std::chrono::nanoseconds>(seconds(15), 2 * previous))
          << "decorrelated jitter: at most twice the one before";
      previous = *wait;
    }
    EXPECT_FALSE(backoff.next({})) << "ten retries are all";
  }
  EXPECT_EQ(config.retry_timeout, seconds(180));
}

TEST(Backoff, WaitsAreDrawnAndNotCounted) {
  RetryConfig config;
  config.base = 1000;
  std::set<std::chrono::nanoseconds> first;
  for (int round = 0; round < 20; ++round) {
    Backoff backoff(config);
    (void)backoff.next({});
    first.insert(*backoff.next({}));
  }
  EXPECT_GT(first.size(), 10U);
}

TEST(Backoff, TheLongestWaitBoundsWhatIsDrawnButNotWhatTheServerAsksFor) {
  RetryConfig config;
  config.base = 1e6;
  config.max_backoff = milliseconds(150);
  Backoff backoff(config);
  for (int retry = 0; retry < 5; ++retry) EXPECT_LE(*backoff.next({}), milliseconds(150));
  EXPECT_EQ(backoff.next(seconds(7)), seconds(7));
}

TEST(Backoff, AWaitThatEndsBehindTheTimeLimitIsNone) {
  RetryConfig config;
  config.retry_timeout = seconds(5);
  Backoff backoff(config);
  EXPECT_TRUE(backoff.next({}));
  EXPECT_FALSE(backoff.next(seconds(6)));
}

TEST(Backoff, ConnectionsAreTriedThreeTimesMoreUntilProgressIsMade) {
  const RetryConfig config;
  Backoff backoff(config);
  for (int retry = 0; retry < 3; ++retry) EXPECT_TRUE(backoff.next_connection());
  EXPECT_FALSE(backoff.next_connection());
  EXPECT_TRUE(backoff.next({})) << "a server that answers is another matter";
  backoff.reset();
  EXPECT_TRUE(backoff.next_connection());
  EXPECT_EQ(backoff.retries(), 1U);
}

TEST(RetryableStatus, FollowsWhetherARequestMayBeRepeated) {
  for (const int status : {429, 503}) {
    EXPECT_TRUE(retryable_status(status, Repeat::always));
    EXPECT_TRUE(retryable_status(status, Repeat::if_not_arrived)) << "the server did nothing";
  }
  for (const int status : {408, 500, 502, 504}) {
    EXPECT_TRUE(retryable_status(status, Repeat::always));
    EXPECT_FALSE(retryable_status(status, Repeat::if_not_arrived));
  }
  for (const int status : {200, 400, 403, 404, 409, 412, 501, 505})
    EXPECT_FALSE(retryable_status(status, Repeat::always));
}

}  // namespace
}  // namespace storelink::http
