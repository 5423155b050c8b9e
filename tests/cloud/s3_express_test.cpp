// Directory buckets: sessions, their signatures, and what such buckets do otherwise.
#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

const std::string session_answer =
    "<CreateSessionResult><Credentials><SessionToken>st</SessionToken><SecretAccessKey>ss</SecretAccessKey>"
    "<AccessKeyId>SESSION</AccessKeyId><Expiration>2200-01-01T00:00:00Z</Expiration></Credentials>"
    "</CreateSessionResult>";

class S3Express : public FakeS3 {
 protected:
  std::shared_ptr<ObjectStore> express(Settings more = {}) {
    S3Options options = fake_s3_options(transport, {{"s3_express", "true"}, {"region", "us-west-2"}});
    options.bucket = "data--usw2-az1--x-s3";
    options.config.insert(options.config.end(), more.begin(), more.end());
    return make_s3_store(std::move(options));
  }
  const std::string host = "https://data--usw2-az1--x-s3.s3express-usw2-az1.us-west-2.amazonaws.com/";
};

TEST_F(S3Express, ASessionIsCreatedAndSignsTheRequests) {
  const auto bucket = express({{"session_token", "own"}});
  transport->reply(200, session_answer).reply(200, "", object_headers(0)).reply(200, "", object_headers(0));
  bucket->get("k");
  bucket->get("k");
  const auto sent = transport->requests();
  ASSERT_EQ(sent.size(), 3U) << "one session for two gets";
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "GET " + host + "?session=");
  EXPECT_EQ(header(sent[0], "x-amz-create-session-mode"), "ReadWrite");
  EXPECT_EQ(header(sent[0], "x-amz-security-token"), "own");
  EXPECT_TRUE(header(sent[0], "authorization").starts_with("AWS4-HMAC-SHA256 Credential=KEYID/"));
  EXPECT_NE(header(sent[0], "authorization").find("/us-west-2/s3express/aws4_request"), std::string::npos);

  EXPECT_EQ(sent[1].url, host + "k");
  EXPECT_EQ(header(sent[1], "x-amz-s3session-token"), "st");
  EXPECT_EQ(header(sent[1], "x-amz-security-token"), "(none)");
  EXPECT_TRUE(header(sent[1], "authorization").starts_with("AWS4-HMAC-SHA256 Credential=SESSION/"));
  EXPECT_NE(header(sent[1], "authorization").find("/us-west-2/s3express/aws4_request"), std::string::npos);
  EXPECT_NE(header(sent[1], "authorization").find(";x-amz-s3session-token"), std::string::npos)
      << "signed, too";
}

TEST_F(S3Express, ARefusedSessionGivesTheServicesWords) {
  const auto bucket = express();
  transport->reply(403, error_document("AccessDenied", "no sessions for you"));
  const Error error = error_of([&] { bucket->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_NE(error.message().find("AccessDenied: no sessions for you"), std::string::npos) << error.message();
}

TEST_F(S3Express, ListsAreUnorderedAndKnowNoOffset) {
  const auto bucket = express();
  EXPECT_FALSE(bucket->capabilities().ordered_list);
  transport->reply(200, session_answer)
      .reply(200,
             "<ListBucketResult><Contents><Key>d/b</Key><Size>1</Size></Contents>"
             "<Contents><Key>d/a</Key><Size>1</Size></Contents></ListBucketResult>");
  ListRequest request("d");
  request.offset = "d/a";
  const ListPage page = bucket->list_page(request);
  ASSERT_EQ(page.objects.size(), 1U);
  EXPECT_EQ(page.objects[0].path, "d/b");
  EXPECT_EQ(transport->last().url.find("start-after"), std::string::npos) << transport->last().url;
}

TEST_F(S3Express, BodiesHaveAChecksumInsteadOfAnMd5) {
  const auto bucket = express();
  transport->reply(200, session_answer).reply(200, "<DeleteResult/>");
  (void)bucket->remove_many({"a", "b"});
  EXPECT_EQ(header(transport->last(), "content-md5"), "(none)");
  EXPECT_NE(header(transport->last(), "x-amz-checksum-crc64nvme"), "(none)");
}

TEST_F(S3Express, UrlsAreNotSignedWithSessions) {
  EXPECT_FALSE(express()->capabilities().sign);
  SignRequest request;
  request.path = "k";
  request.method = "GET";
  EXPECT_EQ(kind_thrown([&] { express()->sign(request); }), ErrorKind::not_supported);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(S3Express, AnotherBucketsNameIsRefused) {
  for (const char* name : {"plain", "data--x-s3", "--usw2-az1--x-s3"}) {
    S3Options options = fake_s3_options(transport, {{"s3_express", "true"}});
    options.bucket = name;
    EXPECT_EQ(kind_thrown([&] { (void)make_s3_store(options); }), ErrorKind::generic) << name;
  }
}

TEST_F(S3Express, AnEndpointOfItsOwnIsTakenAsItIs) {
  transport->reply(200, session_answer).reply(200, "", object_headers(0));
  express({{"endpoint", "https://express.example.com"}})->get("k");
  EXPECT_EQ(transport->last().url, "https://express.example.com/data--usw2-az1--x-s3/k");
}

}  // namespace
}  // namespace storelink::testing
