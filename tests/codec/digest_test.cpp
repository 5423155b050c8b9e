#include "codec/digest.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace storelink::codec {
namespace {

TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(to_hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(sha256(std::string(1'000'000, 'a'))),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256Hasher, GivesTheDigestOfAllPiecesAndStartsAnew) {
  Sha256Hasher hasher;
  hasher.update("a");
  hasher.update("");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish(), sha256("abc"));
  EXPECT_EQ(hasher.finish(), sha256(""));
  hasher.update("xyz");
  Sha256Hasher moved = std::move(hasher);
  EXPECT_EQ(moved.finish(), sha256("xyz"));
}

TEST(Sha256Hasher, IsIndependentOfOtherDigestsOnTheThread) {
  Sha256Hasher hasher;
  hasher.update("a");
  sha256("something else");
  hmac_sha256("key", "data");
  hasher.update("bc");
  EXPECT_EQ(hasher.finish(), sha256("abc"));
}

// Test cases 1, 2, 3 and 6 of RFC 4231.
TEST(HmacSha256, MatchesRfc4231) {
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
  EXPECT_EQ(
      to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(HmacSha256, TakesEmptyKeysAndData) {
  EXPECT_EQ(to_hex(hmac_sha256("", "")), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(Md5, MatchesRfc1321) {
  EXPECT_EQ(to_hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
  EXPECT_EQ(to_hex(md5("message digest")), "f96b697d7cb7938d525a2f31aaf161d0");
  // FIPS 180-4's example.
  EXPECT_EQ(to_hex(sha1("abc")), "a9993e364706816aba3e25717850c26c9cd0d89d");
}

TEST(Digest, WorksOnManyThreadsAtOnce) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int j = 0; j < 200; ++j) {
        EXPECT_EQ(to_hex(md5("")), "d41d8cd98f00b204e9800998ecf8427e");
        EXPECT_EQ(to_hex(sha256("abc")).substr(0, 8), "ba7816bf");
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

// The examples of RFC 4648, section 10.
TEST(Base64, MatchesRfc4648BothWays) {
  const std::vector<std::pair<std::string_view, std::string_view>> examples = {{"", ""},
                                                                               {"f", "Zg=="},
                                                                               {"fo", "Zm8="},
                                                                               {"foo", "Zm9v"},
                                                                               {"foob", "Zm9vYg=="},
                                                                               {"fooba", "Zm9vYmE="},
                                                                               {"foobar", "Zm9vYmFy"},
                                                                               {"\xFB\xEF\xFF", "++//"}};
  for (const auto& [plain, encoded] : examples) {
    EXPECT_EQ(base64_encode(plain), encoded);
    EXPECT_EQ(base64_decode(encoded), plain);
  }
}

TEST(Base64, EncodesForUrlsWithoutPadding) {
  EXPECT_EQ(base64url_encode("\xFB\xEF\xFF"), "--__");
  EXPECT_EQ(base64url_encode("f"), "Zg");
  EXPECT_EQ(base64url_encode("fo"), "Zm8");
}

TEST(Base64, DecodesWhatItEncodedForEveryByte) {
  std::string all;
  for (int i = 0; i < 256; ++i) {
    all.push_back(static_cast<char>(i));
    EXPECT_EQ(base64_decode(base64_encode(all)), all);
  }
}

TEST(Base64, RefusesOtherText) {
  for (const std::string_view text : {"Z", "Zg", "Zg=", "Zh==", "Zm9=", "Zm9v\n", "Zm 9",
                                      "Zg==Zg==", "====", "=Zg=", "Z===", "--__", "Zm9v=AAA"}) {
    EXPECT_EQ(base64_decode(text), std::nullopt) << text;
  }
}

TEST(Crc64Nvme, MatchesThePublishedCheckValue) {
  EXPECT_EQ(crc64_nvme("123456789"), 0xAE8B14860A799888U);
  EXPECT_EQ(crc64_nvme(""), 0U);
  // 4,096 bytes, from the NVM Express specification's table of CRC-64 examples.
  EXPECT_EQ(crc64_nvme(std::string(4096, '\0')), 0x6482D367EB22B64EU);
  EXPECT_EQ(crc64_nvme(std::string(4096, '\xFF')), 0xC0DDBA7302ECA3ACU);
}

TEST(Crc64Nvme, ChainsPiecesOfAnyLength) {
  std::string data;
  for (int i = 0; i < 100; ++i) data.push_back(static_cast<char>(i * 37));
  const std::uint64_t whole = crc64_nvme(data);
  for (std::size_t split = 0; split <= data.size(); ++split) {
    const std::string_view view = data;
    EXPECT_EQ(crc64_nvme(view.substr(split), crc64_nvme(view.substr(0, split))), whole) << split;
  }
}

}  // namespace
}  // namespace storelink::codec
