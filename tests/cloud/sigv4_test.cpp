#include "cloud/aws/sigv4.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include <storelink/error.hpp>

#include "codec/digest.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"
#include "codec/url.hpp"

namespace storelink::cloud {
namespace {

using namespace std::chrono_literals;

codec::Timestamp time_of(std::string_view rfc3339) {
  return codec::parse_rfc3339(rfc3339).value();
}

std::string header_of(const HeaderList& headers, std::string_view name) {
  std::string found;
  for (const auto& [key, value] : headers) {
    if (!codec::iequals(key, name)) continue;
    EXPECT_TRUE(found.empty()) << name << " stands twice";
    found = value;
  }
  return found;
}

std::string text_after(std::string_view text, std::string_view mark) {
  const std::size_t at = text.find(mark);
  return at == std::string_view::npos ? std::string() : std::string(text.substr(at + mark.size()));
}

std::string signature_in(const HeaderList& headers) {
  return text_after(header_of(headers, "authorization"), "Signature=");
}

std::string signed_names_in(const HeaderList& headers) {
  const std::string tail = text_after(header_of(headers, "authorization"), "SignedHeaders=");
  return tail.substr(0, tail.find(','));
}

// The examples of "Signature Calculations for the Authorization Header: Transferring Payload in a Single
// Chunk" in the Amazon S3 API reference.
class SigV4S3 : public testing::Test {
 protected:
  void sign(std::string_view method, std::string_view path, std::string_view query,
            std::string_view payload_hash = empty_payload_hash) {
    signer.sign({method, host, path, query, headers}, credentials, now, payload_hash);
  }

  const SigV4Signer signer{"us-east-1"};
  AwsCredentials credentials{"AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
  const codec::Timestamp now = time_of("2013-05-24T00:00:00Z");
  const std::string host = "examplebucket.s3.amazonaws.com";
  HeaderList headers;
};

TEST_F(SigV4S3, SignsThePublishedGetObject) {
  headers = {{"Range", "bytes=0-9"}};
  sign("GET", "/test.txt", "");
  EXPECT_EQ(header_of(headers, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
            "SignedHeaders=host;range;x-amz-content-sha256;x-amz-date, "
            "Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(header_of(headers, "x-amz-date"), "20130524T000000Z");
  EXPECT_EQ(header_of(headers, "x-amz-content-sha256"), empty_payload_hash);
  EXPECT_EQ(headers.size(), 4U);
}

TEST_F(SigV4S3, SignsThePublishedPutObject) {
  headers = {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}};
  sign("PUT", "/test%24file.text", "", codec::to_hex(codec::sha256("Welcome to Amazon S3.")));
  EXPECT_EQ(signature_in(headers), "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST_F(SigV4S3, SignsThePublishedGetBucketLifecycle) {
  sign("GET", "/", "lifecycle");
  EXPECT_EQ(signature_in(headers), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
  sign("GET", "", "lifecycle=");
  EXPECT_EQ(signature_in(headers), "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
}

TEST_F(SigV4S3, SignsThePublishedListObjects) {
  sign("GET", "/", "prefix=J&max-keys=2");
  EXPECT_EQ(signature_in(headers), "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST_F(SigV4S3, PresignsThePublishedUrl) {
  const codec::Url url = codec::parse_url("https://examplebucket.s3.amazonaws.com/test.txt");
  EXPECT_EQ(signer.presign("GET", url, credentials, now, 24h),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host"
            "&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST_F(SigV4S3, PresignsHeadersQueryAndToken) {
  credentials.session_token = "to/ken=";
  const codec::Url url = codec::parse_url("http://user:pw@localhost:9000/b/k?versionId=3&acl#f");
  const std::string signed_url = signer.presign("PUT", url, credentials, now, 1s,
                                                {{"Content-Type", "text/plain"}, {"X-Amz-Meta-A", "b"}});
  EXPECT_EQ(signed_url,
            "http://localhost:9000/b/k?X-Amz-Algorithm=AWS4-HMAC-SHA256"
            "&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request"
            "&X-Amz-Date=20130524T000000Z&X-Amz-Expires=1&X-Amz-Security-Token=to%2Fken%3D"
            "&X-Amz-SignedHeaders=content-type%3Bhost%3Bx-amz-meta-a&acl=&versionId=3"
            "&X-Amz-Signature=e8ea95521a0330681d21fd49603e74af8b7d5fae1daf7f854d68cc7b4ae8534c");
}

TEST_F(SigV4S3, PresignRefusesExpiryOutsideOneSecondToSevenDays) {
  const codec::Url url = codec::parse_url("https://h/k");
  for (const std::chrono::seconds expires_in : {0s, -1s, 604'801s}) {
    try {
      signer.presign("GET", url, credentials, now, expires_in);
      FAIL() << expires_in.count();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::generic);
    }
  }
  EXPECT_NO_THROW(signer.presign("GET", url, credentials, now, 604'800s));
}

TEST_F(SigV4S3, SigningAgainReplacesTheEarlierSignature) {
  headers = {{"range", "bytes=0-9"}};
  credentials.session_token = "token";
  signer.sign({"GET", host, "/test.txt", "", headers}, credentials, now + 25h, unsigned_payload);
  EXPECT_EQ(header_of(headers, "x-amz-security-token"), "token");
  EXPECT_EQ(header_of(headers, "x-amz-content-sha256"), unsigned_payload);
  credentials.session_token.clear();
  sign("GET", "/test.txt", "");
  EXPECT_EQ(signature_in(headers), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
  EXPECT_EQ(header_of(headers, "x-amz-security-token"), "");
}

TEST_F(SigV4S3, LeavesHeadersOutThatChangeOnTheWay) {
  headers = {{"Range", "bytes=0-9"},    {"User-Agent", "x"},         {"Content-Length", "0"},
             {"Connection", "close"},   {"Accept-Encoding", "gzip"}, {"Host", "other"},
             {"Expect", "100-continue"}};
  sign("GET", "/test.txt", "");
  EXPECT_EQ(signed_names_in(headers), "host;range;x-amz-content-sha256;x-amz-date");
  EXPECT_EQ(signature_in(headers), "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST_F(SigV4S3, SignsThePathAsItIs) {
  sign("GET", "/a//b/../c%20d", "");
  EXPECT_EQ(signature_in(headers), "9246b830505c59fffbd49eda1eb5cf43a7023cfb0fe366b42965c9cf0f5a993b");
}

TEST_F(SigV4S3, FollowsChangesOfSecretAndDay) {
  headers = {{"Range", "bytes=0-9"}};
  sign("GET", "/test.txt", "");
  const std::string first = signature_in(headers);
  const AwsCredentials other{"AKIAIOSFODNN7EXAMPLE", "other", ""};
  signer.sign({"GET", host, "/test.txt", "", headers}, other, now, empty_payload_hash);
  EXPECT_NE(signature_in(headers), first);
  signer.sign({"GET", host, "/test.txt", "", headers}, credentials, now + 24h, empty_payload_hash);
  EXPECT_NE(signature_in(headers), first);
  sign("GET", "/test.txt", "");
  EXPECT_EQ(signature_in(headers), first);
}

TEST_F(SigV4S3, SignsOnManyThreadsWithChangingSecrets) {
  const auto sign_often = [this](const std::string& secret) {
    const AwsCredentials own{"AKIAIOSFODNN7EXAMPLE", secret, ""};
    std::string expected;
    for (int i = 0; i < 200; ++i) {
      HeaderList own_headers = {{"range", "bytes=0-9"}};
      signer.sign({"GET", host, "/test.txt", "", own_headers}, own, now, empty_payload_hash);
      if (expected.empty()) expected = signature_in(own_headers);
      EXPECT_EQ(signature_in(own_headers), expected);
    }
  };
  std::vector<std::thread> threads;
  for (const char* secret : {"one", "two", "one", "two"}) threads.emplace_back(sign_often, secret);
  for (std::thread& thread : threads) thread.join();
}

// The AWS Signature Version 4 test suite (aws-sig-v4-test-suite).
class SigV4Suite : public testing::Test {
 protected:
  // The signature; the suite gives paths not yet encoded.
  std::string sign(std::string_view method, std::string_view path, std::string_view query = "",
                   std::string_view body = "") {
    const std::string hash = codec::to_hex(codec::sha256(body));
    signer.sign({method, "example.amazonaws.com", path, query, headers}, credentials, now, hash);
    EXPECT_EQ(header_of(headers, "x-amz-content-sha256"), "");
    return signature_in(headers);
  }

  const SigV4Signer signer{"us-east-1", "service", SigV4Rules::generic};
  AwsCredentials credentials{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
  const codec::Timestamp now = time_of("2015-08-30T12:36:00Z");
  HeaderList headers;
};

constexpr std::string_view get_vanilla = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
constexpr std::string_view post_vanilla = "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b";
constexpr std::string_view unreserved = "-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

TEST_F(SigV4Suite, GetVanilla) {
  EXPECT_EQ(sign("GET", "/"), get_vanilla);
  EXPECT_EQ(header_of(headers, "authorization"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
            "SignedHeaders=host;x-amz-date, Signature=" +
                std::string(get_vanilla));
}

TEST_F(SigV4Suite, GetHeaderKeyDuplicate) {
  headers = {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}};
  EXPECT_EQ(sign("GET", "/"), "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea");
  EXPECT_EQ(signed_names_in(headers), "host;my-header1;x-amz-date");
}

TEST_F(SigV4Suite, GetHeaderValueMultiline) {
  headers = {{"My-Header1", "value1,value2,value3"}};
  EXPECT_EQ(sign("GET", "/"), "ba17b383a53190154eb5fa66a1b836cc297cc0a3d70a5d00705980573d8ff790");
}

TEST_F(SigV4Suite, GetHeaderValueOrder) {
  headers = {
      {"My-Header1", "value4"}, {"My-Header1", "value1"}, {"My-Header1", "value3"}, {"My-Header1", "value2"}};
  EXPECT_EQ(sign("GET", "/"), "08c7e5a9acfcfeb3ab6b2185e75ce8b1deb5e634ec47601a50643f830c755c01");
}

TEST_F(SigV4Suite, GetHeaderValueTrim) {
  headers = {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}};
  EXPECT_EQ(sign("GET", "/"), "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736");
}

TEST_F(SigV4Suite, GetUnreserved) {
  EXPECT_EQ(sign("GET", "/" + std::string(unreserved)),
            "07ef7494c76fa4850883e2b006601f940f8a34d404d0cfa977f52a65bbf5f24f");
}

TEST_F(SigV4Suite, GetUtf8) {
  EXPECT_EQ(sign("GET", "/\xE1\x88\xB4"), "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85");
}

TEST_F(SigV4Suite, GetSpace) {
  EXPECT_EQ(sign("GET", "/example space/"),
            "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741");
}

TEST_F(SigV4Suite, GetRelativeAndSlash) {
  for (const std::string_view path : {"/example/..", "/example1/example2/../..", "//", "/./", "/"}) {
    EXPECT_EQ(sign("GET", path), get_vanilla) << path;
  }
}

TEST_F(SigV4Suite, GetSlashes) {
  EXPECT_EQ(sign("GET", "//example//"), "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84");
}

TEST_F(SigV4Suite, GetSlashPointlessDot) {
  EXPECT_EQ(sign("GET", "/./example"), "ef75d96142cf21edca26f06005da7988e4f8dc83a165a80865db7089db637ec5");
}

TEST_F(SigV4Suite, GetVanillaEmptyQueryKey) {
  EXPECT_EQ(sign("GET", "/", "Param1=value1"),
            "a67d582fa61cc504c4bae71f336f98b97f1ea3c7a6bfe1b6e45aec72011b9aeb");
}

TEST_F(SigV4Suite, GetVanillaQueryOrderKeyCase) {
  EXPECT_EQ(sign("GET", "/", "Param2=value2&Param1=value1"),
            "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST_F(SigV4Suite, GetVanillaQueryUnreserved) {
  const std::string text(unreserved);
  EXPECT_EQ(sign("GET", "/", codec::encode_query({{text, text}})),
            "9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197");
}

TEST_F(SigV4Suite, GetVanillaUtf8Query) {
  EXPECT_EQ(sign("GET", "/", codec::encode_query({{"\xE1\x88\xB4", "bar"}})),
            "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04");
}

TEST_F(SigV4Suite, PostVanilla) {
  EXPECT_EQ(sign("POST", "/"), post_vanilla);
}

TEST_F(SigV4Suite, PostHeaderKeySort) {
  headers = {{"My-Header1", "value1"}};
  EXPECT_EQ(sign("POST", "/"), "c5410059b04c1ee005303aed430f6e6645f61f4dc9e1461ec8f8916fdf18852c");
}

TEST_F(SigV4Suite, PostHeaderValueCase) {
  headers = {{"My-Header1", "VALUE1"}};
  EXPECT_EQ(sign("POST", "/"), "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d");
}

TEST_F(SigV4Suite, PostStsHeaderBefore) {
  credentials.session_token =
      "AQoDYXdzEPT//////////"
      "wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpSPfIeoIYRqTflfKD8YUu"
      "wthAx7mSEI/qkPpKPi/"
      "kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQc"
      "HNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+"
      "scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/o"
      "LxBA==";
  EXPECT_EQ(sign("POST", "/"), "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

// In this case of the suite the token is added after signing, so the signature is that of post-vanilla.
TEST_F(SigV4Suite, PostStsHeaderAfter) {
  EXPECT_EQ(sign("POST", "/"), post_vanilla);
  headers.emplace_back("x-amz-security-token", "added later");
  EXPECT_EQ(signature_in(headers), post_vanilla);
}

TEST_F(SigV4Suite, PostVanillaQuery) {
  EXPECT_EQ(sign("POST", "/", "Param1=value1"),
            "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11");
}

TEST_F(SigV4Suite, PostVanillaQueryNonunreserved) {
  EXPECT_EQ(sign("POST", "/", codec::encode_query({{"@#$%^", ""}, {"+", "/,?><`\";:\\|][{}"}})),
            "66c82657c86e26fb25238d0e69f011edc4c6df5ae71119d7cb98ed9b87393c1e");
}

TEST_F(SigV4Suite, PostVanillaQuerySpace) {
  EXPECT_EQ(sign("POST", "/", "p"), "e71688addb58a26418614085fb730ba3faa623b461c17f48f2fbdb9361b94a9b");
}

TEST_F(SigV4Suite, PostXWwwFormUrlencoded) {
  headers = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Content-Length", "13"}};
  EXPECT_EQ(sign("POST", "/", "", "Param1=value1"),
            "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST_F(SigV4Suite, PostXWwwFormUrlencodedParameters) {
  headers = {{"Content-Type", "application/x-www-form-urlencoded; charset=utf8"}};
  EXPECT_EQ(sign("POST", "/", "", "Param1=value1"),
            "1a72ec8f64bd914b0e42e42607c7fbce7fb2c7465f63e3092b3b0d39fa77a6fe");
}

TEST(SigV4Query, SortsByNameBeforeValue) {
  const AwsCredentials credentials{"a", "b", ""};
  const SigV4Signer signer("us-east-1");
  const codec::Timestamp now = time_of("2013-05-24T00:00:00Z");
  HeaderList first;
  HeaderList second;
  signer.sign({"GET", "h", "/", "a-b=1&a=2&a=1", first}, credentials, now, empty_payload_hash);
  signer.sign({"GET", "h", "/", "a=1&a=2&a-b=1", second}, credentials, now, empty_payload_hash);
  EXPECT_EQ(signature_in(first), signature_in(second));
  const std::string url =
      signer.presign("GET", codec::parse_url("https://h/?a-b=1&a=2&a=1"), credentials, now, 60s);
  EXPECT_NE(url.find("&a=1&a=2&a-b=1&X-Amz-Signature="), std::string::npos) << url;
}

}  // namespace
}  // namespace storelink::cloud
