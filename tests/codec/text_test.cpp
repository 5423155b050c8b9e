#include "codec/text.hpp"

#include <array>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace storelink::codec {
namespace {

TEST(Text, TrimsAsciiWhiteSpaceAtBothEnds) {
  EXPECT_EQ(trim(" \t\r\n a b \v\f"), "a b");
  EXPECT_EQ(trim("a"), "a");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

TEST(Text, LowersAsciiLettersOnly) {
  EXPECT_EQ(to_lower("X-Amz-DATE_09"), "x-amz-date_09");
  EXPECT_EQ(to_lower("\xC3\x84"), "\xC3\x84");
  EXPECT_EQ(to_lower("@[`{"), "@[`{");
}

TEST(Text, ComparesIgnoringAsciiCase) {
  EXPECT_TRUE(iequals("Content-Type", "content-type"));
  EXPECT_TRUE(iequals("", ""));
  EXPECT_FALSE(iequals("abc", "abcd"));
  EXPECT_FALSE(iequals("a@", "a`"));
}

TEST(Text, ParsesTheWordsForTrueAndFalse) {
  for (const std::string_view word : {"1", "true", "TRUE", "on", "On", "yes", "y", "Y", " true "}) {
    EXPECT_EQ(parse_bool(word), true) << word;
  }
  for (const std::string_view word : {"0", "false", "False", "off", "OFF", "no", "n", "N"}) {
    EXPECT_EQ(parse_bool(word), false) << word;
  }
  for (const std::string_view word : {"", "2", "truth", "t", "f", "yess", "10"}) {
    EXPECT_FALSE(parse_bool(word).has_value()) << word;
  }
}

constexpr std::array<std::string_view, 4> known_keys = {"region", "endpoint", "access_key_id",
                                                        "secret_access_key"};

TEST(NearestMatch, ForgivesTypingErrors) {
  EXPECT_EQ(nearest_match("regoin", known_keys), "region");
  EXPECT_EQ(nearest_match("acces_key_id", known_keys), "access_key_id");
  EXPECT_EQ(nearest_match("Endpoints", known_keys), "endpoint");
  EXPECT_EQ(nearest_match("secret_acess_kye", known_keys), "secret_access_key");
}

TEST(NearestMatch, FindsTheEntryItselfInAnyCase) {
  EXPECT_EQ(nearest_match("REGION", known_keys), "region");
}

TEST(NearestMatch, IsEmptyWhenNothingIsNear) {
  EXPECT_EQ(nearest_match("timeout", known_keys), "");
  EXPECT_EQ(nearest_match("", known_keys), "");
  EXPECT_EQ(nearest_match("region", {}), "");
  EXPECT_EQ(nearest_match(std::string(100'000, 'r'), known_keys), "");
}

TEST(NearestMatch, PrefersTheFirstOfEquallyNearEntries) {
  constexpr std::array<std::string_view, 2> twins = {"cat1", "cat2"};
  EXPECT_EQ(nearest_match("cat3", twins), "cat1");
}

TEST(Utf8, KnowsTheLengthOfEachCharacterAndWhatIsNone) {
  const std::pair<std::string_view, std::size_t> table[] = {
      {"", 0},
      {"a", 1},
      {"\x7f", 1},
      {"\xc2\x80", 2},
      {"\xdf\xbf", 2},
      {"\xe0\xa0\x80", 3},
      {"\xef\xbf\xbf", 3},
      {"\xf0\x90\x80\x80", 4},
      {"\xf4\x8f\xbf\xbf", 4},
      {"\x80", 0},
      {"\xc0\x80", 0},
      {"\xc1\xbf", 0},
      {"\xe0\x9f\xbf", 0},
      {"\xed\xa0\x80", 0},
      {"\xf0\x8f\xbf\xbf", 0},
      {"\xf4\x90\x80\x80", 0},
      {"\xf5\x80\x80\x80", 0},
      {"\xe2\x82", 0},
      {"\xff", 0},
  };
  for (const auto& [text, length] : table) EXPECT_EQ(codec::utf8_length(text), length) << text;
  EXPECT_TRUE(codec::is_utf8("a\xe2\x82\xac"));
  EXPECT_FALSE(codec::is_utf8("a\xe2\x82"));
  EXPECT_TRUE(codec::is_utf8("1234567\xe2\x82\xac 12345678 and on"));
  EXPECT_FALSE(codec::is_utf8("12345678\xff"));
  EXPECT_FALSE(codec::is_utf8("1234567\xff 12345678"));
}

}  // namespace
}  // namespace storelink::codec
