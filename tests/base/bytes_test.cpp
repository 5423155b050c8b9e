#include "storelink/bytes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <vector>

namespace storelink {
namespace {

constexpr std::size_t large = 32u << 20;

TEST(Bytes, SlicesShareMemoryAndAreClamped) {
  const Bytes whole = Bytes::copy("0123456789");
  const Bytes part = whole.slice(2, 3);
  EXPECT_EQ(part.view(), "234");
  EXPECT_EQ(part.data(), whole.data() + 2);
  EXPECT_EQ(whole.slice(8, 100).view(), "89");
  EXPECT_TRUE(whole.slice(100, 1).empty());
}

TEST(Bytes, OutliveWhatTheyWereSlicedFrom) {
  Bytes part;
  {
    Buffer buffer(4);
    std::copy_n("text", 4, buffer.data());
    part = std::move(buffer).freeze(4).slice(1, 2);
  }
  EXPECT_EQ(part.view(), "ex");
}

TEST(LargeBuffer, AFreedOneIsReusedForTheSameSize) {
  const char* first = Buffer(large).data();
  EXPECT_EQ(Buffer(large).data(), first);
  EXPECT_EQ(Buffer(large - 1).data(), first);
}

TEST(LargeBuffer, TwoAtOnceAreApart) {
  Buffer first(large);
  Buffer second(large);
  std::fill_n(first.data(), large, 'a');
  std::fill_n(second.data(), large, 'b');
  EXPECT_TRUE(std::all_of(first.data(), first.data() + large, [](char c) { return c == 'a'; }));
}

TEST(LargeBuffer, ManyThreadsMayMakeAndFreeThem) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      for (int i = 0; i < 50; ++i) {
        Buffer buffer(large);
        const char mark = static_cast<char>('a' + t);
        buffer.data()[0] = buffer.data()[large - 1] = mark;
        EXPECT_EQ(buffer.data()[0], mark);
        EXPECT_EQ(buffer.data()[large - 1], mark);
      }
    });
  }
}

}  // namespace
}  // namespace storelink
