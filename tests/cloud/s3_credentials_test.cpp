// Where AWS credentials come from: the exact requests for each source, and which source is taken.
#include <cstdlib>
#include <fstream>

#include "cloud/s3_fixture.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

constexpr const char* json_answer =
    R"({"Code": "Success", "AccessKeyId": "ASIA1", "SecretAccessKey": "s1", "Token": "t1",
        "Expiration": "2200-01-01T00:00:00Z"})";

class S3Credentials : public FakeS3 {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }
  void set_variable(const std::string& name, const std::string& value) {
    variables_.push_back(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  static std::string file(const std::string& text) {
    const std::string path = temporary_directory() + "/token";
    std::ofstream(path) << text;
    return path;
  }
  // A store without keys.
  std::shared_ptr<ObjectStore> bare(Settings config = {}) {
    S3Options options = fake_s3_options(transport);
    options.config = std::move(config);
    options.read_environment = true;
    return make_s3_store(std::move(options));
  }
  // What a get asks for: the requests for credentials, then the get itself.
  std::vector<HttpRequest> requests_of_a_get(const std::shared_ptr<ObjectStore>& from) {
    transport->reply(200, "", object_headers(0));
    from->get("k");
    return transport->requests();
  }
  static void expect_signed_by(const HttpRequest& request, const std::string& key, const std::string& token) {
    EXPECT_TRUE(header(request, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=" + key + "/"))
        << header(request, "authorization");
    EXPECT_EQ(header(request, "x-amz-security-token"), token);
  }
  static std::string sts_answer(const std::string& expiry = "2200-01-01T00:00:00Z") {
    return R"(<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
      <AssumeRoleWithWebIdentityResult><SubjectFromWebIdentityToken>s</SubjectFromWebIdentityToken>
      <Credentials><SessionToken>t2</SessionToken><SecretAccessKey>s2</SecretAccessKey>
      <Expiration>)" +
           expiry + R"(</Expiration><AccessKeyId>ASIA2</AccessKeyId></Credentials>
      </AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>)";
  }

 private:
  std::vector<std::string> variables_;
};

TEST_F(S3Credentials, AWebIdentityIsExchangedAtTheRegionsTokenService) {
  const auto workload = bare({{"web_identity_token_file", file(" ey.J+w\n")},
                              {"role_arn", "arn:aws:iam::1:role/r"},
                              {"region", "eu-north-1"}});
  transport->reply(200, sts_answer());
  const auto sent = requests_of_a_get(workload);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "POST https://sts.eu-north-1.amazonaws.com/");
  EXPECT_EQ(header(sent[0], "content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(header(sent[0], "accept"), "text/xml");
  EXPECT_EQ(header(sent[0], "authorization"), "(none)");
  EXPECT_EQ(sent[0].body.view(),
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&DurationSeconds=3600&"
            "RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&RoleSessionName=WebIdentitySession&"
            "WebIdentityToken=ey.J%2Bw");
  expect_signed_by(sent[1], "ASIA2", "t2");
  EXPECT_EQ(requests_of_a_get(workload).size(), 3U) << "one credential for two gets";
}

TEST_F(S3Credentials, AWebIdentityOfTheEnvironmentMayNameSessionAndService) {
  set_variable("AWS_WEB_IDENTITY_TOKEN_FILE", file("token"));
  set_variable("AWS_ROLE_ARN", "arn");
  set_variable("AWS_ROLE_SESSION_NAME", "pod");
  set_variable("AWS_ENDPOINT_URL_STS", "https://sts.example.com:8443/here");
  set_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/comes/later");
  transport->reply(200, sts_answer());
  const auto sent = requests_of_a_get(bare());
  EXPECT_EQ(sent[0].url, "https://sts.example.com:8443/here/");
  EXPECT_NE(std::string(sent[0].body.view()).find("&RoleSessionName=pod&"), std::string::npos);
}

TEST_F(S3Credentials, TheTokenFileIsReadForEachRefresh) {
  const std::string path = file("first");
  const auto workload = bare({{"web_identity_token_file", path}, {"role_arn", "arn"}});
  transport->reply(200, sts_answer("2001-01-01T00:00:00Z"));
  requests_of_a_get(workload);
  std::ofstream(path) << "second";
  transport->reply(200, sts_answer());
  const auto sent = requests_of_a_get(workload);
  EXPECT_TRUE(std::string(sent[2].body.view()).ends_with("WebIdentityToken=second"));
}

TEST_F(S3Credentials, ARefusalGivesTheServicesWordsAndNoToken) {
  const auto workload = bare({{"web_identity_token_file", file("sesame")}, {"role_arn", "arn"}});
  transport->reply(400,
                   "<ErrorResponse><Error><Type>Sender</Type><Code>InvalidIdentityToken</Code>"
                   "<Message>No OpenIDConnect provider found</Message></Error></ErrorResponse>");
  const Error error = error_of([&] { workload->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(error.message(),
            "the token service https://sts.us-east-1.amazonaws.com/ refused: InvalidIdentityToken: No "
            "OpenIDConnect provider found");
  EXPECT_EQ(transport->count(), 1U) << "nothing was sent without a credential";
  for (const char* body : {"", "<a/>", "{}"}) {
    transport->reply(200, body);
    EXPECT_EQ(kind_thrown([&] { workload->get("k"); }), ErrorKind::generic) << body;
  }
}

TEST_F(S3Credentials, AMissingTokenFileIsNamed) {
  const auto workload = bare({{"web_identity_token_file", "/no/such/token"}, {"role_arn", "arn"}});
  const Error error = error_of([&] { workload->get("k"); });
  EXPECT_NE(error.message().find("\"/no/such/token\""), std::string::npos) << error.message();
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(S3Credentials, ATaskOfEcsAsksItsAgent) {
  set_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/v2/credentials/x?id=1");
  transport->reply(200, json_answer);
  const auto sent = requests_of_a_get(bare());
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "GET http://169.254.170.2/v2/credentials/x?id=1");
  EXPECT_EQ(header(sent[0], "authorization"), "(none)");
  expect_signed_by(sent[1], "ASIA1", "t1");
}

TEST_F(S3Credentials, APodOfEksShowsItsToken) {
  set_variable("AWS_CONTAINER_CREDENTIALS_FULL_URI", "http://169.254.170.23/v1/credentials");
  set_variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE", file("pod-token\n"));
  transport->reply(200, json_answer);
  const auto sent = requests_of_a_get(bare());
  EXPECT_EQ(sent[0].url, "http://169.254.170.23/v1/credentials");
  EXPECT_EQ(header(sent[0], "authorization"), "pod-token");
  expect_signed_by(sent[1], "ASIA1", "t1");
}

TEST_F(S3Credentials, AMachineAsksItsMetadataServiceInASession) {
  transport->reply(200, "session").reply(200, "the role\n").reply(200, json_answer);
  const auto sent = requests_of_a_get(bare());
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "PUT http://169.254.169.254/latest/api/token");
  EXPECT_EQ(header(sent[0], "x-aws-ec2-metadata-token-ttl-seconds"), "600");
  EXPECT_EQ(sent[1].method + " " + sent[1].url,
            "GET http://169.254.169.254/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(header(sent[1], "x-aws-ec2-metadata-token"), "session");
  EXPECT_EQ(sent[2].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/the%20role");
  EXPECT_EQ(header(sent[2], "x-aws-ec2-metadata-token"), "session");
  expect_signed_by(sent[3], "ASIA1", "t1");
}

TEST_F(S3Credentials, WithoutSessionsTheMetadataServiceIsAskedOnlyWhereThatIsAllowed) {
  const Settings address = {{"metadata_endpoint", "http://[fd00:ec2::254]:81/"}};
  transport->reply(403);
  EXPECT_EQ(kind_thrown([&] { bare(address)->get("k"); }), ErrorKind::unauthenticated);
  EXPECT_EQ(transport->count(), 1U);

  Settings with_fallback = address;
  with_fallback.emplace_back("imdsv1_fallback", "true");
  transport->reply(403).reply(200, "role").reply(200, json_answer);
  const auto sent = requests_of_a_get(bare(with_fallback));
  ASSERT_EQ(sent.size(), 5U);
  EXPECT_EQ(sent[2].url, "http://[fd00:ec2::254]:81/latest/meta-data/iam/security-credentials/");
  EXPECT_EQ(header(sent[2], "x-aws-ec2-metadata-token"), "(none)");
  expect_signed_by(sent[4], "ASIA1", "t1");
}

TEST_F(S3Credentials, WithoutAnyTheErrorSaysWhatIsAccepted) {
  transport->otherwise([](const HttpRequest&) -> HttpResponse {
    throw TransportError(ErrorKind::io, "no route to host", false);
  });
  const Error error = error_of([store = bare()] { store->put("k", Bytes()); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  for (const char* name : {"aws_access_key_id", "AWS_SECRET_ACCESS_KEY", "aws_web_identity_token_file",
                           "provider", "aws_skip_signature", "169.254.169.254", "no route to host"})
    EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
  EXPECT_LE(transport->count(), 4U) << "a service that is not there is soon given up";
}

TEST_F(S3Credentials, AnswersThatAreNoneAreNotQuoted) {
  const char* answers[] = {
      "sesame", "{}", R"({"AccessKeyId": "sesame"})",
      R"({"AccessKeyId": "sesame", "SecretAccessKey": "sesame", "Expiration": "sesame"})"};
  for (const char* answer : answers) {
    transport->reply(200, answer);
    const Error error = error_of([&] { bare({{"container_credentials_relative_uri", "/x"}})->get("k"); });
    EXPECT_EQ(error.kind(), ErrorKind::generic) << answer;
    EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
  }
}

TEST_F(S3Credentials, AFailedRefreshKeepsACredentialThatIsStillValid) {
  // Ten seconds to go, less than the five minutes before which it is renewed.
  const auto soon = std::chrono::system_clock::now() + std::chrono::seconds(10);
  char text[32];
  const std::time_t time = std::chrono::system_clock::to_time_t(soon);
  std::tm parts{};
  ::gmtime_r(&time, &parts);
  std::strftime(text, sizeof text, "%FT%TZ", &parts);
  const auto task = bare({{"container_credentials_relative_uri", "/x"}});
  transport->reply(
      200, std::string(R"({"AccessKeyId": "OLD", "SecretAccessKey": "s", "Expiration": ")") + text + "\"}");
  requests_of_a_get(task);
  transport->reply(404);
  EXPECT_EQ(transport->count(), 2U);
  const auto sent = requests_of_a_get(task);
  ASSERT_EQ(sent.size(), 4U);
  expect_signed_by(sent[3], "OLD", "(none)");
}

TEST_F(S3Credentials, AnonymousRequestsAskNobody) {
  set_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/x");
  const auto sent = requests_of_a_get(bare({{"skip_signature", "true"}}));
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(header(sent[0], "authorization"), "(none)");
}

}  // namespace
}  // namespace storelink::testing
