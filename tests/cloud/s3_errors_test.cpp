// What answers mean as errors, and that no error holds a secret.
#include "cloud/errors.hpp"
#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

using S3Errors = FakeS3;

TEST_F(S3Errors, StatusesBecomeKinds) {
  const std::pair<int, ErrorKind> table[] = {
      {304, ErrorKind::not_modified},    {400, ErrorKind::generic},
      {401, ErrorKind::unauthenticated}, {403, ErrorKind::permission_denied},
      {404, ErrorKind::not_found},       {405, ErrorKind::generic},
      {409, ErrorKind::generic},         {412, ErrorKind::precondition},
      {416, ErrorKind::generic},         {301, ErrorKind::generic},
      {501, ErrorKind::not_implemented},
  };
  for (const auto& [status, kind] : table) {
    transport->reply(status);
    const Error error = error_of([&] { store->get("dir/k"); });
    EXPECT_EQ(error.kind(), kind) << status;
    EXPECT_EQ(error.status(), status);
    EXPECT_EQ(error.store(), "s3://bucket");
    EXPECT_EQ(error.path(), "dir/k");
  }
}

TEST_F(S3Errors, NameTheServicesCodeMessageAndRequest) {
  transport->reply(404, error_document("NoSuchKey", "The specified key does not exist."),
                   {{"x-amz-request-id", "REQ1"}});
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.message(), "get failed: NoSuchKey: The specified key does not exist");
  EXPECT_EQ(error.request_id(), "REQ1");
  EXPECT_STREQ(
      error.what(),
      "get failed: NoSuchKey: The specified key does not exist [store s3://bucket, path k, HTTP status 404, "
      "request id REQ1]");
}

TEST_F(S3Errors, SayWhatToCheck) {
  const auto message = [&](int status, const std::string& document, Headers headers = {}) {
    transport->reply(status, document, std::move(headers));
    return error_of([&] { store->get("k"); }).message();
  };
  EXPECT_NE(message(403, error_document("SignatureDoesNotMatch", "m")).find("secret access key"),
            std::string::npos);
  EXPECT_NE(message(403, error_document("RequestTimeTooSkewed", "m")).find("clock"), std::string::npos);
  // Where the region that the answer names does not help either.
  const std::string malformed =
      error_document("AuthorizationHeaderMalformed", "m", "<Region>eu-west-1</Region>");
  transport->reply(400, malformed);
  EXPECT_NE(message(400, malformed).find("\"eu-west-1\""), std::string::npos);
  const Headers elsewhere = {{"x-amz-bucket-region", "eu-west-2"}};
  transport->reply(301, "", elsewhere);
  EXPECT_NE(message(301, "", elsewhere).find("\"eu-west-2\""), std::string::npos);
}

TEST_F(S3Errors, ExpiredTokensAreAboutCredentialsWhateverTheStatus) {
  transport->reply(400, error_document("ExpiredToken", "The provided token has expired."));
  EXPECT_EQ(error_of([&] { store->get("k"); }).kind(), ErrorKind::unauthenticated);
}

TEST_F(S3Errors, ModesOfAPutChangeTheMeaning) {
  PutRequest create("k", Bytes::copy("x"));
  create.mode = PutMode::create();
  PutRequest update("k", Bytes::copy("x"));
  update.mode = PutMode::update("\"e\"");
  for (const int status : {409, 412}) {
    transport->reply(status);
    EXPECT_EQ(error_of([&] { store->put(create); }).kind(), ErrorKind::already_exists) << status;
    transport->reply(status);
    EXPECT_EQ(error_of([&] { store->put(update); }).kind(), ErrorKind::precondition) << status;
  }
  transport->reply(404, error_document("NoSuchKey", "gone"));
  EXPECT_EQ(error_of([&] { store->put(update); }).kind(), ErrorKind::precondition);
  transport->reply(404, error_document("NoSuchBucket", "gone"));
  EXPECT_EQ(error_of([&] { store->put(update); }).kind(), ErrorKind::not_found);
}

TEST_F(S3Errors, AConditionalPutThatMetAnotherOneIsAskedAgain) {
  transport->reply(409, error_document("ConditionalRequestConflict", "again"))
      .reply(200, "", {{"etag", "\"n\""}});
  PutRequest update("k", Bytes::copy("x"));
  update.mode = PutMode::update("\"e\"");
  EXPECT_EQ(store->put(update).e_tag, "\"n\"");
}

TEST_F(S3Errors, AConditionalPutThatMayHaveArrivedIsNotRepeated) {
  PutRequest create("k", Bytes::copy("x"));
  create.mode = PutMode::create();
  transport->fail(true);
  EXPECT_EQ(error_of([&] { store->put(create); }).kind(), ErrorKind::io);
  EXPECT_EQ(transport->count(), 1U);
  transport->fail(false).reply(200);
  store->put(create);
  EXPECT_EQ(transport->count(), 3U) << "one that never arrived is";
  transport->fail(true).reply(200);
  store->put("k", Bytes::copy("x"));
  EXPECT_EQ(transport->count(), 5U) << "a plain one is";
  transport->fail(true);
  EXPECT_EQ(error_of([&] { store->copy(CopyRequest("a", "b", false)); }).kind(), ErrorKind::io);
  EXPECT_EQ(transport->count(), 6U);
}

TEST_F(S3Errors, EachTryIsSignedAnewAndServerErrorsAreRetried) {
  transport->reply(503).reply(500).reply(200, "x", object_headers(1));
  EXPECT_EQ(store->get("k").view(), "x");
  EXPECT_EQ(transport->count(), 3U);
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 503;
    response.body = Bytes::copy(error_document("SlowDown", "Reduce your request rate."));
    return response;
  });
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_EQ(error.status(), 503);
  EXPECT_NE(error.message().find("SlowDown"), std::string::npos);
}

TEST_F(S3Errors, AnErrorInsideASuccessIsAnError) {
  transport->reply(200, error_document("InternalError", "try again")).reply(200, "<CopyObjectResult/>");
  store->copy(CopyRequest("a", "b"));
  EXPECT_EQ(transport->count(), 2U) << "retried";
  transport->reply(200, error_document("PreconditionFailed", "it exists"));
  EXPECT_EQ(error_of([&] { store->copy(CopyRequest("a", "b", false)); }).kind(), ErrorKind::already_exists);
}

TEST_F(S3Errors, LostConnectionsNameStoreAndPath) {
  transport->fail(true).fail(true).fail(true).fail(true);
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(error.store(), "s3://bucket");
  EXPECT_EQ(error.path(), "k");
}

TEST_F(S3Errors, HoldNoSecretThatTheServiceEchoes) {
  store = make({{"session_token", "tok/en+1"}});
  const std::string echo =
      "denied for KEYID with sesame/open and tok/en+1: "
      "https://h/k?X-Amz-Credential=KEYID%2F2026&X-Amz-Signature=abcdef01 "
      "Authorization: AWS4-HMAC-SHA256 Credential=AAA/2026, SignedHeaders=host, Signature=0123456789abcdef";
  transport->reply(403, error_document("AccessDenied", echo)).reply(400, "plain: " + echo.substr(0, 60));
  for (int i = 0; i < 2; ++i) {
    const std::string text = error_of([&] { store->get("k"); }).what();
    for (const char* secret : {"KEYID", "sesame", "tok/en", "abcdef", "AAA/2026"})
      EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << text;
  }
  EXPECT_EQ(store->describe(), "S3Store(bucket=\"bucket\")");
}

TEST_F(S3Errors, OddErrorDocumentsAreNoTrouble) {
  for (const std::string& document :
       std::initializer_list<std::string>{"", "<", "<Error/>", "<html>x</html>", "\xFF\xFE", "{\"a\":1}"}) {
    transport->reply(404, document);
    EXPECT_EQ(error_of([&] { store->get("k"); }).kind(), ErrorKind::not_found) << document;
  }
}

TEST(Redact, KeepsMessagesShortAndOnOneLine) {
  EXPECT_EQ(cloud::redact("a\r\nb\tc"), "a  b c");
  const std::string text = cloud::redact(std::string(999, 'x') + "ä" + std::string(99, 'y'));
  EXPECT_EQ(text, std::string(999, 'x') + "…") << "cut before a character, not inside";
  EXPECT_EQ(cloud::redact("SIGNATURE=x&sig=y Bearer z"), "SIGNATURE=REDACTED&sig=REDACTED Bearer REDACTED");
}

}  // namespace
}  // namespace storelink::testing
