// Credentials as the services of real servers give them, and stores that use them: SeaweedFS's token service,
// the metadata service and the credential server of MiniStack.
#include <filesystem>
#include <fstream>

#include "conformance/fixture.hpp"
#include "storelink/aws_credentials.hpp"
#include "support/fake_transport.hpp"
#include "support/tapped_transport.hpp"

namespace storelink::testing {
namespace {

// A file of its own directory.
std::string file_of(const std::string& text) {
  const std::string path = temporary_directory() + "/file";
  std::ofstream(path) << text;
  return path;
}

std::string text_of(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

class AwsTokenService : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_server("S3")) GTEST_SKIP() << "no S3 server";
    options = s3_options();
    options.transport = tap;
    keys.access_key_id = variable("STORELINK_TEST_S3_ACCESS_KEY_ID");
    keys.secret_access_key = variable("STORELINK_TEST_S3_SECRET_ACCESS_KEY");
    owner = make_s3_store(options);
    std::erase_if(options.config, [](const auto& setting) { return setting.first.starts_with("aws_"); });
  }
  AwsRoleOptions role(const std::string& arn) const {
    AwsRoleOptions made;
    made.role_arn = arn;
    made.source = static_aws_credentials(keys);
    made.endpoint = variable("STORELINK_TEST_S3_ENDPOINT");
    made.client_options = {{"allow_http", "true"}};
    return made;
  }
  std::shared_ptr<ObjectStore> store_with(AwsCredentialProvider provider) const {
    S3Options made = options;
    made.credential_provider = std::move(provider);
    return make_s3_store(std::move(made));
  }
  std::shared_ptr<ObjectStore> workload_with(const std::string& token_file) const {
    S3Options made = options;
    made.config.insert(made.config.end(), {{"web_identity_token_file", token_file},
                                           {"role_arn", variable("STORELINK_TEST_S3_WORKLOAD_ROLE")},
                                           {"endpoint_url_sts", variable("STORELINK_TEST_S3_ENDPOINT")}});
    return make_s3_store(std::move(made));
  }
  void expect_session(const std::shared_ptr<ObjectStore>& store) const {
    store->put("dir/key", Bytes::copy("text"));
    EXPECT_EQ(store->get("dir/key").view(), "text");
    EXPECT_EQ(paths(store->list()), Strings{"dir/key"});
    const HttpRequest last = tap->requests().back();
    EXPECT_NE(header(last, "x-amz-security-token"), "(none)");
    EXPECT_EQ(header(last, "authorization").find(keys.access_key_id), std::string::npos);
  }

  const std::shared_ptr<TappedTransport> tap = std::make_shared<TappedTransport>();
  AwsCredential keys;
  S3Options options;  // without keys
  std::shared_ptr<ObjectStore> owner;
};

TEST_F(AwsTokenService, AnAssumedRoleReadsAndWrites) {
  expect_session(store_with(aws_role_credentials(role(variable("STORELINK_TEST_S3_WRITER_ROLE")))));
}

TEST_F(AwsTokenService, ARoleThatMayOnlyReadWritesNothing) {
  owner->put("key", Bytes::copy("text"));
  const auto reader = store_with(aws_role_credentials(role(variable("STORELINK_TEST_S3_READER_ROLE"))));
  EXPECT_EQ(reader->get("key").view(), "text");
  EXPECT_EQ(kind_thrown([&] { reader->put("key", Bytes::copy("other")); }), ErrorKind::permission_denied);
  EXPECT_EQ(owner->get("key").view(), "text");
}

TEST_F(AwsTokenService, ARoleThatIsNotTheCallersIsRefusedInTheServicesWords) {
  for (const std::string& arn :
       {variable("STORELINK_TEST_S3_WORKLOAD_ROLE"), std::string("arn:aws:iam::000000000000:role/nobody")}) {
    const auto nobody = store_with(aws_role_credentials(role(arn)));
    const Error error = error_of([&] { nobody->get("key"); });
    EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
    EXPECT_NE(error.message().find("AccessDenied: user admin is not authorized to assume role " + arn),
              std::string::npos)
        << error.message();
  }
  EXPECT_TRUE(tap->requests().empty()) << "nothing was asked of the bucket";
}

TEST_F(AwsTokenService, AWrongSecretOfTheSourceIsRefused) {
  keys.secret_access_key = "sesame";
  const auto stranger = store_with(aws_role_credentials(role(variable("STORELINK_TEST_S3_WRITER_ROLE"))));
  const Error error = error_of([&] { stranger->get("key"); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
}

TEST_F(AwsTokenService, ASessionWithoutItsTokenIsRefused) {
  AwsCredential session = drive(aws_role_credentials(role(variable("STORELINK_TEST_S3_WRITER_ROLE")))());
  EXPECT_TRUE(session.expires_at.has_value());
  expect_session(store_with(static_aws_credentials(session)));
  session.session_token.clear();
  const auto half = store_with(static_aws_credentials(session));
  EXPECT_EQ(kind_thrown([&] { half->get("dir/key"); }), ErrorKind::permission_denied);
}

TEST_F(AwsTokenService, AProfileOfTheSharedFilesAssumesARoleWithAnother) {
  AwsProfileOptions profile;
  profile.profile = "writer";
  profile.config_file = file_of("[profile writer]\nsource_profile = base\nrole_arn = " +
                                variable("STORELINK_TEST_S3_WRITER_ROLE") + "\n");
  profile.credentials_file = file_of("[base]\naws_access_key_id = " + keys.access_key_id +
                                     "\naws_secret_access_key = " + keys.secret_access_key + "\n");
  profile.sts_endpoint = variable("STORELINK_TEST_S3_ENDPOINT");
  profile.client_options = {{"allow_http", "true"}};
  expect_session(store_with(aws_profile_credentials(profile)));
}

TEST_F(AwsTokenService, AWorkloadsTokenIsExchangedForASession) {
  expect_session(workload_with(variable("STORELINK_TEST_S3_WEB_IDENTITY_TOKEN_FILE")));
  EXPECT_EQ(tap->requests().front().method, "POST");
}

TEST_F(AwsTokenService, AForgedTokenIsRefused) {
  std::string token = text_of(variable("STORELINK_TEST_S3_WEB_IDENTITY_TOKEN_FILE"));
  char& inside = token.at(token.rfind('.') + 10);  // of the signature
  inside = inside == 'A' ? 'B' : 'A';
  const Error error = error_of([&] { workload_with(file_of(token))->get("key"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_NE(error.message().find("signature is invalid"), std::string::npos) << error.message();
  EXPECT_EQ(error.message().find(token), std::string::npos) << error.message();
  EXPECT_EQ(tap->requests().size(), 1U) << "nothing was asked of the bucket";
}

class AwsHostServices : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_server("MINISTACK")) GTEST_SKIP() << "no server with AWS's services of a host";
  }
  // The requests of a put and a get in a store whose credentials come from a service of the host.
  std::vector<HttpRequest> requests_with(const std::string& setting, const std::string& path) {
    const std::string endpoint = variable("STORELINK_TEST_MINISTACK_ENDPOINT");
    S3Options options = s3_options("MINISTACK");
    options.config = {{"endpoint", endpoint}, {setting, endpoint + path}};
    const auto tap = std::make_shared<TappedTransport>();
    options.transport = tap;
    const auto store = make_s3_store(std::move(options));
    store->put("key", Bytes::copy("text"));
    EXPECT_EQ(store->get("key").view(), "text");
    return tap->requests();
  }
  static void expect_session(const HttpRequest& request) {
    EXPECT_TRUE(header(request, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=ASIA"))
        << header(request, "authorization");
    EXPECT_GT(header(request, "x-amz-security-token").size(), 20U);
  }
};

TEST_F(AwsHostServices, TheMetadataServiceOfAMachineGivesTheKeysOfItsRole) {
  const auto sent = requests_with("metadata_endpoint", "");
  ASSERT_EQ(sent.size(), 5U);
  EXPECT_EQ(sent[0].method, "PUT") << "a session first";
  EXPECT_TRUE(sent[1].url.ends_with("/iam/security-credentials/")) << sent[1].url;
  EXPECT_TRUE(sent[2].url.ends_with("/iam/security-credentials/ministack-instance-role")) << sent[2].url;
  expect_session(sent[3]);
  expect_session(sent[4]);
}

TEST_F(AwsHostServices, TheCredentialServerOfAContainerGivesTheKeysOfItsRole) {
  const auto sent = requests_with("container_credentials_full_uri", "/v2/credentials/a-task");
  ASSERT_EQ(sent.size(), 3U);
  expect_session(sent[1]);
  expect_session(sent[2]);
}

}  // namespace
}  // namespace storelink::testing
