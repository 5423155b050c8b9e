#include "codec/percent.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace storelink::codec {
namespace {

constexpr std::string_view unreserved_bytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

TEST(Percent, KeepsUnreservedCharacters) {
  EXPECT_EQ(percent_encode(unreserved_bytes, Keep::unreserved), unreserved_bytes);
}

TEST(Percent, EncodesEverythingElseInUpperCaseHex) {
  EXPECT_EQ(percent_encode(" !$&'()*+,;=:@?#[]%", Keep::unreserved),
            "%20%21%24%26%27%28%29%2A%2B%2C%3B%3D%3A%40%3F%23%5B%5D%25");
  EXPECT_EQ(percent_encode("\xE1\x88\xB4", Keep::unreserved), "%E1%88%B4");
  EXPECT_EQ(percent_encode(std::string_view("\0\x7F", 2), Keep::unreserved), "%00%7F");
}

TEST(Percent, KeepsTheSlashOnlyOnRequest) {
  EXPECT_EQ(percent_encode("a/b c", Keep::unreserved_and_slash), "a/b%20c");
  EXPECT_EQ(percent_encode("a/b c", Keep::unreserved), "a%2Fb%20c");
}

TEST(Percent, EncodesWhatARequestCannotCarryAndKeepsTheRest) {
  EXPECT_EQ(encode_unprintable("/a+b;c=%2f%/\xC3\xBC x\n\x7F"), "/a+b;c=%2f%/%C3%BC%20x%0A%7F");
}

TEST(Percent, AppendsBehindWhatIsThere) {
  std::string out = "x=";
  append_percent_encoded(out, "&", Keep::unreserved);
  EXPECT_EQ(out, "x=%26");
}

TEST(Percent, DecodesEitherCase) {
  EXPECT_EQ(percent_decode("%2f%2F%e1%88%b4"), "//\xE1\x88\xB4");
}

TEST(Percent, KeepsMalformedEscapes) {
  EXPECT_EQ(percent_decode("100%"), "100%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%zz%41"), "%zzA");
  EXPECT_EQ(percent_decode("%%41"), "%A");
}

TEST(Percent, LeavesPlusAlone) {
  EXPECT_EQ(percent_decode("a+b"), "a+b");
}

TEST(Percent, DecodesWhatItEncodedForEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(percent_encode(all, Keep::unreserved)), all);
  EXPECT_EQ(percent_decode(percent_encode(all, Keep::unreserved_and_slash)), all);
}

TEST(XmlEscape, EscapesMarkup) {
  EXPECT_EQ(xml_escape("<a b='c'>\"&"), "&lt;a b=&apos;c&apos;&gt;&quot;&amp;");
}

TEST(XmlEscape, WritesControlCharactersAsReferences) {
  EXPECT_EQ(xml_escape("a\r\n\tb\x01\x1F\x7F"), "a&#xD;&#xA;&#x9;b&#x1;&#x1F;&#x7F;");
}

TEST(XmlEscape, KeepsUtf8) {
  EXPECT_EQ(xml_escape("na\xC3\xAFve"), "na\xC3\xAFve");
}

}  // namespace
}  // namespace storelink::codec
