#include "codec/url.hpp"

#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include <storelink/error.hpp>

namespace storelink::codec {
namespace {

std::string failure_of(std::string_view url) {
  try {
    parse_url(url);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    return error.message();
  }
  return "no error";
}

TEST(ParseUrl, SplitsAllParts) {
  const Url url = parse_url("HTTPS://user:p%40ss@Example.COM:8443/a%20b/c?x=1&y=2#frag");
  EXPECT_EQ(url.scheme, "https");
  EXPECT_EQ(url.user, "user");
  EXPECT_EQ(url.password, "p@ss");
  EXPECT_EQ(url.host, "example.com");
  EXPECT_EQ(url.host_as_given, "Example.COM");
  EXPECT_EQ(url.port, 8443);
  EXPECT_EQ(url.path, "/a%20b/c");
  EXPECT_EQ(url.query, "x=1&y=2");
  EXPECT_EQ(url.fragment, "frag");
  EXPECT_TRUE(url.has_authority);
}

TEST(ParseUrl, TakesUrlsWithLittleInThem) {
  EXPECT_EQ(parse_url("s3://bucket").host, "bucket");
  EXPECT_EQ(parse_url("s3://bucket").path, "");
  EXPECT_EQ(parse_url("file:///tmp/x").path, "/tmp/x");
  EXPECT_TRUE(parse_url("file:///tmp/x").has_authority);
  EXPECT_EQ(parse_url("memory:").path, "");
  EXPECT_FALSE(parse_url("memory:").has_authority);
  EXPECT_EQ(parse_url("file:/tmp/x").path, "/tmp/x");
  EXPECT_EQ(parse_url("http://host?q").query, "q");
  EXPECT_EQ(parse_url("http://host#f?q").fragment, "f?q");
  EXPECT_EQ(parse_url("http://host:/p").port, 0);
  EXPECT_EQ(parse_url("abfss://container@account.dfs.core.windows.net/p").user, "container");
}

TEST(ParseUrl, KeepsThePathAsWritten) {
  EXPECT_EQ(parse_url("s3://b//a/../b%2Fc d").path, "//a/../b%2Fc d");
  EXPECT_EQ(parse_url("s3://b/a@b:c").path, "/a@b:c");
}

TEST(ParseUrl, StripsTheBracketsOfIpv6Addresses) {
  const Url url = parse_url("http://[::1]:9000/x");
  EXPECT_EQ(url.host, "::1");
  EXPECT_EQ(url.port, 9000);
  EXPECT_EQ(url.authority(), "[::1]:9000");
  EXPECT_EQ(parse_url("http://[2001:DB8::1]").authority(), "[2001:db8::1]");
}

TEST(ParseUrl, EndsUserInfoAtTheLastAt) {
  const Url url = parse_url("http://me:a@b@host/");
  EXPECT_EQ(url.password, "a@b");
  EXPECT_EQ(url.host, "host");
}

TEST(ParseUrl, RefusesWhatIsNoUrl) {
  for (const std::string_view url : {"",
                                     "bucket",
                                     "/tmp/x",
                                     "://host",
                                     "1http://x",
                                     "a b://c",
                                     "http:",
                                     "http:///x",
                                     "https://user@/x",
                                     "http://:80/",
                                     "http://ho st/",
                                     "http://ho\\st/",
                                     "http://[::1/",
                                     "http://[::1]x/",
                                     "http://[host]/",
                                     "http://host:0/",
                                     "http://host:65536/",
                                     "http://host:99999999999/",
                                     "http://host:8o/",
                                     "http://host:-1/",
                                     "http://host:+1/",
                                     "http://host/a\r\nX: y",
                                     "s3://bucket:x/"}) {
    EXPECT_NE(failure_of(url), "no error") << url;
  }
}

TEST(ParseUrl, TakesTheLargestPort) {
  EXPECT_EQ(parse_url("http://host:65535").port, 65535);
}

TEST(ParseUrl, NamesTheUrlWithoutItsSecrets) {
  const std::string message = failure_of("https://AKIA:s3cret@host:99999/p?sig=hidden#token");
  EXPECT_NE(message.find("https://REDACTED@host:99999/p?REDACTED"), std::string::npos) << message;
  for (const std::string_view secret : {"AKIA", "s3cret", "hidden", "token"}) {
    EXPECT_EQ(message.find(secret), std::string::npos) << message;
  }
  for (const std::string_view url : {"https://me:s3c?ret@host/", "https://me:s3c/ret@host",
                                     "//me:s3cret@host", "me:s3cret@host:1", "ht tp://me:s3c#ret@h"}) {
    EXPECT_EQ(failure_of(url).find("s3c"), std::string::npos) << failure_of(url);
  }
}

TEST(Url, WritesTheUrlWithoutUserInfo) {
  EXPECT_EQ(parse_url("HTTP://u:p@Host:81/a?b=c#d").to_string(), "http://host:81/a?b=c#d");
  EXPECT_EQ(parse_url("file:///tmp/x").to_string(), "file:///tmp/x");
  EXPECT_EQ(parse_url("memory:").to_string(), "memory:");
}

TEST(Url, LeavesDefaultPortsOutOfTheAuthority) {
  EXPECT_EQ(parse_url("https://host:443/").authority(), "host");
  EXPECT_EQ(parse_url("http://host:80/").authority(), "host");
  EXPECT_EQ(parse_url("http://host:443/").authority(), "host:443");
}

TEST(Query, EncodesStrictlyInTheOrderGiven) {
  EXPECT_EQ(encode_query({{"prefix", "a/b c"}, {"delimiter", "/"}, {"acl", ""}}),
            "prefix=a%2Fb%20c&delimiter=%2F&acl=");
  EXPECT_EQ(encode_query({}), "");
}

TEST(Query, ParsesItemsAndDecodesThem) {
  const QueryItems expected = {{"a", "1 2"}, {"flag", ""}, {"b", "x=y"}, {"c", "+"}};
  EXPECT_EQ(parse_query("a=1%202&flag&&b=x=y&c=+&"), expected);
  EXPECT_TRUE(parse_query("").empty());
}

TEST(Query, ParsesWhatItEncoded) {
  const QueryItems items = {{"k&=", "v&=%"}, {"\xE1\x88\xB4", ""}, {"", "x"}};
  EXPECT_EQ(parse_query(encode_query(items)), items);
}

TEST(RedactQuery, HidesSignaturesAndTokens) {
  EXPECT_EQ(redact_query("https://b.s3.amazonaws.com/k?X-Amz-Credential=AK%2F2013&X-Amz-Date=1&"
                         "X-Amz-Security-Token=T&X-Amz-Signature=abc"),
            "https://b.s3.amazonaws.com/k?X-Amz-Credential=REDACTED&X-Amz-Date=1&"
            "X-Amz-Security-Token=REDACTED&X-Amz-Signature=REDACTED");
  EXPECT_EQ(redact_query("https://a.blob.core.windows.net/c?sv=1&sig=x%3D#f"),
            "https://a.blob.core.windows.net/c?sv=1&sig=REDACTED#f");
  EXPECT_EQ(redact_query("u?Signature=a&X-Goog-Signature=b&X-Goog-Credential=c"),
            "u?Signature=REDACTED&X-Goog-Signature=REDACTED&X-Goog-Credential=REDACTED");
}

TEST(RedactQuery, SeesThroughCaseAndEscapesOfNames) {
  EXPECT_EQ(redact_query("u?SIG=a&x-amz-%73ignature=b"), "u?SIG=REDACTED&x-amz-%73ignature=REDACTED");
}

TEST(RedactQuery, KeepsEverythingElse) {
  for (const std::string_view url :
       {"", "?", "https://h/p", "https://h/p?", "u?a=1&&b&sig", "u?signed=1&a=sig=1"}) {
    EXPECT_EQ(redact_query(url), url);
  }
}

}  // namespace
}  // namespace storelink::codec
