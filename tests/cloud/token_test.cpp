// Bearer tokens: how answers of token services are read, and what their failures say.
#include "cloud/token.hpp"

#include <gtest/gtest.h>

#include "support/fake_transport.hpp"
#include "support/kind_thrown.hpp"

namespace storelink::testing {
namespace {

using namespace cloud;

class Token : public ::testing::Test {
 protected:
  TokenCache::Entry fetch() {
    RetryConfig retry;
    retry.init_backoff = retry.max_backoff = std::chrono::microseconds(10);
    retry.max_retries = 2;
    return drive(fetch_token_async(http::Client(transport, retry),
                                   form_request("https://token/", {{"grant_type", "a b"}, {"x", "1&2"}}),
                                   "the token endpoint https://token/"));
  }
  Error failure() {
    try {
      (void)fetch();
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "nothing was thrown";
    return Error(ErrorKind::generic, "");
  }
  std::shared_ptr<FakeTransport> transport = std::make_shared<FakeTransport>();
};

TEST_F(Token, IsAskedForByAForm) {
  transport->reply(200, R"({"access_token": "t0k", "expires_in": 3600, "token_type": "Bearer"})");
  const auto before = signing_time();
  const auto entry = fetch();
  EXPECT_EQ(entry.credential, "t0k");
  EXPECT_GE(*entry.expires_at, before + std::chrono::hours(1));
  EXPECT_LE(*entry.expires_at, signing_time() + std::chrono::hours(1));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.body.view(), "grant_type=a%20b&x=1%262");
  EXPECT_EQ(header(sent, "content-type"), "application/x-www-form-urlencoded");
}

TEST_F(Token, MayExpireAtATimeOrNever) {
  transport->reply(200, R"({"access_token": "t", "expires_on": "1700000000"})");
  EXPECT_EQ(fetch().expires_at, Timestamp(std::chrono::seconds(1'700'000'000)));
  transport->reply(200, R"({"access_token": "t"})");
  EXPECT_EQ(fetch().expires_at, std::nullopt);
}

TEST_F(Token, ThatExpiresInAbsurdTimesIsTakenAllTheSame) {
  transport->reply(200, R"({"access_token": "t", "expires_in": 9223372036854775807})");
  EXPECT_GT(*fetch().expires_at, signing_time() + std::chrono::hours(24 * 365));
  transport->reply(200, R"({"access_token": "t", "expires_on": 9223372036854775807})");
  EXPECT_GT(*fetch().expires_at, signing_time());
  transport->reply(200, R"({"access_token": "t", "expires_in": -9223372036854775808})");
  const auto expired = *fetch().expires_at;
  EXPECT_LE(expired, signing_time());
}

TEST_F(Token, RefusalsGiveTheServicesWords) {
  transport->reply(400, R"({"error": "invalid_grant", "error_description": "Invalid JWT Signature."})");
  Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(error.status(), 400);
  EXPECT_EQ(error.message(),
            "the token endpoint https://token/ refused: invalid_grant: Invalid JWT Signature.");
  transport->reply(403, R"({"error": {"code": 403, "message": "Permission denied", "status": "X"}})");
  error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_NE(error.message().find("refused: Permission denied"), std::string::npos);
  transport->reply(404, "<html>not here</html>");
  EXPECT_NE(failure().message().find("not here"), std::string::npos);
}

TEST_F(Token, IsAskedForAgainAfterFailuresOfTheServer) {
  transport->reply(503).fail(true).reply(200, R"({"access_token": "t"})");
  EXPECT_EQ(fetch().credential, "t");
  transport->reply(500).reply(500).reply(500, "down");
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_EQ(error.status(), 500);
}

TEST_F(Token, ServicesThatDoNotAnswerAreNamed) {
  transport->fail(false).fail(false).fail(false).fail(false);
  const Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_TRUE(error.message().starts_with("the token endpoint https://token/ did not answer: "))
      << error.message();
  EXPECT_EQ(error.details().may_have_arrived, std::nullopt) << "the request to be signed was never sent";
}

TEST_F(Token, AnswersWithoutAUsableTokenAreErrorsThatDoNotQuoteThem) {
  for (const char* body :
       {"", "sesame", R"({"token": "sesame"})", R"({"access_token": ""})", R"({"access_token": "sesame\n"})",
        R"({"access_token": "sesame", "expires_in": "s"})"}) {
    transport->reply(200, body);
    const Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::generic) << body;
    EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
  }
}

TEST_F(Token, GoesOntoRequestsInPlaceOfAnOlderOneAndOutOfMessages) {
  class Plain final : public BearerSigner {
   public:
    using BearerSigner::BearerSigner;
    Task<std::string> presign_async(std::string, std::string, std::chrono::seconds) override {
      co_return std::string();
    }
  };
  Plain signer(fixed_token("sesame"), std::chrono::seconds(0));
  HttpRequest request;
  request.headers = {{"authorization", "Bearer old"}, {"range", "bytes=0-1"}};
  drive(signer.sign_async(&request));
  EXPECT_EQ(header(request, "authorization"), "Bearer sesame");
  EXPECT_EQ(request.headers.size(), 2U);
  std::string text = "no sesame for you";
  signer.redact(text);
  EXPECT_EQ(text, "no REDACTED for you");

  Plain anonymous(nullptr, std::chrono::seconds(0));
  HttpRequest bare;
  drive(anonymous.sign_async(&bare));
  EXPECT_TRUE(bare.headers.empty());
}

TEST_F(Token, OfAProviderIsChecked) {
  const auto source_of = [](std::string token) {
    return provided_tokens([token]() -> Task<BearerToken> {
      return [](std::string text) -> Task<BearerToken> {
        BearerToken given;
        given.token = std::move(text);
        co_return given;
      }(token);
    });
  };
  EXPECT_EQ(drive(source_of("good")()).credential, "good");
  for (const char* bad : {"", "two words", "line\n", "\xC3\xBC"})
    EXPECT_EQ(kind_thrown([&] { (void)drive(source_of(bad)()); }), ErrorKind::unauthenticated) << bad;
}

TEST(JwtExpiry, IsTheClaimExp) {
  // {"exp": 4102444800}, then {"exp": "x"} and text
  EXPECT_EQ(jwt_expiry("eyJhbGciOiJub25lIn0.eyJleHAiOiA0MTAyNDQ0ODAwfQ.c2ln"),
            Timestamp(std::chrono::seconds(4'102'444'800)));
  for (const char* token :
       {"", "a.b", "a.b.c", "..", "eyJhbGciOiJub25lIn0.eyJleHAiOiAieCJ9.c2ln", "no token"})
    EXPECT_EQ(jwt_expiry(token), std::nullopt) << token;
}

}  // namespace
}  // namespace storelink::testing
