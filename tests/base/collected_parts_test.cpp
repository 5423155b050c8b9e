#include "base/collected_parts.hpp"

#include <gtest/gtest.h>

namespace storelink {
namespace {

// Never stopped.
class QuietContext final : public Context {
 public:
  Executor& executor() override { std::abort(); }
};

TEST(CollectedParts, AreJoinedByIndex) {
  QuietContext context;
  CollectedParts parts;
  parts.put(1, Bytes::copy("two"));
  parts.put(0, Bytes::copy("one"));
  EXPECT_EQ(parts.complete(context).view(), "onetwo");
}

TEST(CollectedParts, NoneMakeEmptyBytes) {
  QuietContext context;
  EXPECT_TRUE(CollectedParts().complete(context).empty());
}

TEST(CollectedParts, SlicesOfOneBufferAreNotCopied) {
  QuietContext context;
  const Bytes whole = Bytes::copy("one buffer, cut in pieces");
  CollectedParts parts;
  for (std::size_t i = 0; i * 10 < whole.size(); ++i) parts.put(i, whole.slice(i * 10, 10));
  const Bytes joined = parts.complete(context);
  EXPECT_EQ(joined.data(), whole.data());
  EXPECT_EQ(joined.size(), whole.size());
}

TEST(CollectedParts, SlicesInAnotherOrderAreCopied) {
  QuietContext context;
  const Bytes whole = Bytes::copy("onetwo");
  CollectedParts parts;
  parts.put(0, whole.slice(3, 3));
  parts.put(1, whole.slice(0, 3));
  EXPECT_EQ(parts.complete(context).view(), "twoone");
}

TEST(CollectedParts, AMissingPartIsAnErrorThatCanBeMadeGood) {
  QuietContext context;
  CollectedParts parts;
  parts.put(1, Bytes::copy("two"));
  EXPECT_THROW((void)parts.complete(context), Error);
  parts.put(0, Bytes::copy("one"));
  EXPECT_EQ(parts.complete(context).view(), "onetwo");
}

TEST(CollectedParts, AnEndedUploadTakesNoMore) {
  QuietContext context;
  CollectedParts parts;
  parts.abort();
  parts.abort();
  EXPECT_THROW(parts.put(0, Bytes::copy("late")), Error);
  EXPECT_THROW((void)parts.complete(context), Error);
}

}  // namespace
}  // namespace storelink
