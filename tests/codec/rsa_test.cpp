// RS256 signatures: checked with the public key, and against one that Google has published.
#include "codec/rsa.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "codec/digest.hpp"
#include "storelink/error.hpp"
#include "support/rsa_keys.hpp"

namespace storelink::codec {
namespace {

using testing::rsa_test_key;
using testing::rsa_verifies;

TEST(Rsa, SignsWithKeysOfBothForms) {
  for (const std::string& pem : {rsa_test_key().pkcs8, rsa_test_key().pkcs1}) {
    const RsaKey key(pem);
    for (const std::string& data : {std::string(), std::string("text"), std::string(100'000, 'x')}) {
      const std::string signature = key.sign_sha256(data);
      EXPECT_EQ(signature.size(), 256U);
      EXPECT_TRUE(rsa_verifies(rsa_test_key().public_key, data, signature));
      EXPECT_FALSE(rsa_verifies(rsa_test_key().public_key, data + "?", signature));
      EXPECT_EQ(key.sign_sha256(data), signature) << "PKCS #1 v1.5 signatures are deterministic";
    }
  }
}

TEST(Rsa, ManyThreadsShareAKey) {
  const RsaKey key(rsa_test_key().pkcs8);
  const std::string expected = key.sign_sha256("data");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([key, &expected] {
      for (int i = 0; i < 20; ++i) EXPECT_TRUE(key.sign_sha256("data") == expected);
    });
  }
}

TEST(Rsa, RefusesWhatIsNoRsaKeyWithoutQuotingIt) {
  const std::string encrypted =
      "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VzYW1l\n-----END ENCRYPTED PRIVATE KEY-----\n";
  for (const std::string& pem :
       {std::string(), std::string("sesame"), testing::ec_test_key(), rsa_test_key().public_key, encrypted}) {
    try {
      const RsaKey key(pem);
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::generic);
      EXPECT_EQ(
          error.message(),
          "the private key is no RSA key in PEM (\"-----BEGIN PRIVATE KEY-----\" …) without a passphrase");
    }
  }
}

TEST(Rsa, JsonWebTokensHaveThreeSignedParts) {
  const std::string token =
      sign_jwt(RsaKey(rsa_test_key().pkcs8), R"({"alg":"RS256","typ":"JWT"})", R"({"iss":"me?>"})");
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  EXPECT_EQ(token.substr(0, first), "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9");
  EXPECT_EQ(token.substr(first + 1, last - first - 1), "eyJpc3MiOiJtZT8-In0") << "URL-safe, without padding";
  std::string signature = token.substr(last + 1);
  for (char& c : signature) c = c == '-' ? '+' : c == '_' ? '/' : c;
  signature += "==";
  EXPECT_TRUE(rsa_verifies(rsa_test_key().public_key, token.substr(0, last), *base64_decode(signature)));
}

}  // namespace
}  // namespace storelink::codec
