// Credentials that a store takes only when told to: assumed roles and the profiles of shared files.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cloud/aws/aws_config_file.hpp"
#include "cloud/aws/sigv4.hpp"
#include "cloud/s3_fixture.hpp"
#include "codec/json.hpp"
#include "codec/time.hpp"
#include "storelink/aws_credentials.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

const std::string role_answer =
    "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId>"
    "<SecretAccessKey>rs</SecretAccessKey><SessionToken>rt</SessionToken>"
    "<Expiration>2200-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";

AwsCredential keys(const std::string& id) {
  AwsCredential credential;
  credential.access_key_id = id;
  credential.secret_access_key = "sesame";
  return credential;
}

class AwsProfiles : public FakeS3 {
 protected:
  void SetUp() override {
    set_variable("HOME", home);
    for (const char* name : {"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"})
      set_variable(name, "");
  }
  void TearDown() override {
    for (const auto& [name, value] : old_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }
  void set_variable(const std::string& name, const std::string& value) {
    const char* old = std::getenv(name.c_str());
    old_.insert(old_.begin(), {name, old == nullptr ? std::optional<std::string>() : old});
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  void write(const std::string& below_home, const std::string& text) const {
    const std::filesystem::path path = home + "/" + below_home;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
  }
  AwsProfileOptions options(const std::string& profile = {}) {
    AwsProfileOptions made;
    made.profile = profile;
    made.transport = transport;
    made.retry.max_retries = 0;
    return made;
  }
  std::shared_ptr<ObjectStore> store_with(AwsCredentialProvider provider) {
    S3Options made = fake_s3_options(transport);
    made.config.clear();
    made.credential_provider = std::move(provider);
    return make_s3_store(std::move(made));
  }
  // What a get with that profile asks for.
  std::vector<HttpRequest> requests_of_a_get(const std::string& profile = {}) {
    transport->reply(200, "", object_headers(0));
    store_with(aws_profile_credentials(options(profile)))->get("k");
    return transport->requests();
  }
  Error failure(const std::string& profile = {}) {
    return error_of([&] { store_with(aws_profile_credentials(options(profile)))->get("k"); });
  }
  static void expect_signed_by(const HttpRequest& request, const std::string& key, const std::string& token) {
    EXPECT_TRUE(header(request, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=" + key + "/"))
        << header(request, "authorization");
    EXPECT_EQ(header(request, "x-amz-security-token"), token);
  }

  const std::string home = temporary_directory();

 private:
  std::vector<std::pair<std::string, std::optional<std::string>>> old_;
};

TEST_F(AwsProfiles, ARoleIsAssumedWithASignedForm) {
  AwsRoleOptions role;
  role.role_arn = "arn:aws:iam::1:role/r";
  role.source = static_aws_credentials(keys("AKIASOURCE"));
  role.external_id = "x&y";
  role.region = "eu-north-1";
  role.transport = transport;
  transport->reply(200, role_answer).reply(200, "", object_headers(0));
  store_with(aws_role_credentials(role))->get("k");
  const auto sent = transport->requests();
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "POST https://sts.eu-north-1.amazonaws.com/");
  EXPECT_EQ(
      sent[0].body.view(),
      "Action=AssumeRole&Version=2011-06-15&DurationSeconds=3600&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&"
      "RoleSessionName=storelink&ExternalId=x%26y");
  const std::string authorization = header(sent[0], "authorization");
  EXPECT_TRUE(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIASOURCE/")) << authorization;
  EXPECT_NE(authorization.find("/eu-north-1/sts/aws4_request"), std::string::npos) << authorization;
  EXPECT_NE(authorization.find("SignedHeaders=accept;content-type;host;x-amz-date"), std::string::npos)
      << authorization;
  EXPECT_EQ(header(sent[0], "x-amz-content-sha256"), "(none)");
  expect_signed_by(sent[1], "ASIAROLE", "rt");
}

TEST_F(AwsProfiles, ARoleThatCannotBeAssumedIsRefusedAtOnce) {
  AwsRoleOptions role;
  role.source = static_aws_credentials(keys("K"));
  EXPECT_EQ(kind_thrown([&] { (void)aws_role_credentials(role); }), ErrorKind::generic) << "no role";
  role.role_arn = "arn";
  role.duration = std::chrono::seconds(10);
  EXPECT_EQ(kind_thrown([&] { (void)aws_role_credentials(role); }), ErrorKind::generic) << "too short";
  role.duration = std::chrono::hours(1);
  role.endpoint = "http://sts";
  EXPECT_EQ(kind_thrown([&] { (void)aws_role_credentials(role); }), ErrorKind::generic) << "plain http";
  role.endpoint.clear();
  role.source = {};
  EXPECT_EQ(kind_thrown([&] { (void)aws_role_credentials(role); }), ErrorKind::generic) << "nobody";
  role.source = static_aws_credentials(AwsCredential());
  const auto empty = store_with(aws_role_credentials(role));
  EXPECT_EQ(kind_thrown([&] { empty->get("k"); }), ErrorKind::unauthenticated);
}

TEST_F(AwsProfiles, ARefusedRoleGivesTheServicesWords) {
  AwsRoleOptions role;
  role.role_arn = "arn";
  role.source = static_aws_credentials(keys("K"));
  role.transport = transport;
  transport->reply(403,
                   "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message></Error>"
                   "</ErrorResponse>");
  const Error error = error_of([&] { store_with(aws_role_credentials(role))->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_NE(error.message().find("AccessDenied: not you"), std::string::npos) << error.message();
}

TEST_F(AwsProfiles, FilesAreNeverReadUnlessAskedFor) {
  write(".aws/credentials", "[default]\naws_access_key_id = A\naws_secret_access_key = s\n");
  S3Options made = fake_s3_options(transport);
  made.config.clear();
  made.read_environment = true;
  set_variable("AWS_PROFILE", "default");
  transport->reply(404);
  EXPECT_EQ(kind_thrown([&] { make_s3_store(made)->get("k"); }), ErrorKind::unauthenticated);
  EXPECT_EQ(transport->last().url, "http://169.254.169.254/latest/api/token");
}

TEST_F(AwsProfiles, AStoreTakesAProfileThatItsSettingsName) {
  write(".aws/config",
        "[profile reader]\nrole_arn = arn\nsource_profile = base\n"
        "[profile base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  S3Options made = fake_s3_options(transport);
  made.config = {{"profile", "reader"}, {"region", "eu-west-3"}};
  made.read_environment = true;
  set_variable("AWS_ACCESS_KEY_ID", "ENV");
  set_variable("AWS_SECRET_ACCESS_KEY", "s");
  transport->reply(200, role_answer).reply(200, "", object_headers(0));
  make_s3_store(made)->get("k");
  EXPECT_EQ(transport->requests().at(0).url, "https://sts.eu-west-3.amazonaws.com/");
  expect_signed_by(transport->requests().at(1), "ASIAROLE", "rt");

  made.config.emplace_back("aws_endpoint_url_sts", "https://sts.example.com/here/");
  transport->reply(200, role_answer).reply(200, "", object_headers(0));
  make_s3_store(made)->get("k");
  EXPECT_EQ(transport->requests().at(2).url, "https://sts.example.com/here/");
}

TEST_F(AwsProfiles, AProfileBesideOtherCredentialsIsRefused) {
  const auto refusal = [&](Settings more, AwsCredentialProvider provider) {
    S3Options made = fake_s3_options(transport);
    made.config = {{"aws_profile", "reader"}};
    made.config.insert(made.config.end(), more.begin(), more.end());
    made.credential_provider = std::move(provider);
    const Error error = error_of([&] { (void)make_s3_store(made); });
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    EXPECT_NE(error.message().find("\"aws_profile\" was given beside"), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
  };
  refusal({{"access_key_id", "K"}, {"secret_access_key", "sesame"}}, {});
  refusal({{"token", "sesame"}}, {});
  refusal({{"web_identity_token_file", "/t"}, {"role_arn", "r"}}, {});
  refusal({}, static_aws_credentials(keys("K")));
}

TEST_F(AwsProfiles, TheCredentialsFileWinsOverTheConfigFile) {
  write(".aws/config",
        "# a comment\n[default]\naws_access_key_id = OLD\naws_session_token=old\ns3 =\n  addressing_style = "
        "path\n"
        "[profile named]\naws_access_key_id = NAMED\naws_secret_access_key = s=s\n[plugins]\nx = y\n");
  write(".aws/credentials", "[default]\n  \naws_access_key_id = NEW\nAWS_SECRET_ACCESS_KEY = s\n");
  expect_signed_by(requests_of_a_get().back(), "NEW", "old");
  expect_signed_by(requests_of_a_get("named").back(), "NAMED", "(none)");
  set_variable("AWS_PROFILE", "named");
  expect_signed_by(requests_of_a_get().back(), "NAMED", "(none)");
  write("other", "[x]\naws_access_key_id = OTHER\naws_secret_access_key = s\n");
  set_variable("AWS_SHARED_CREDENTIALS_FILE", home + "/other");
  expect_signed_by(requests_of_a_get("x").back(), "OTHER", "(none)");
}

TEST_F(AwsProfiles, AProfileAssumesARoleWithItsSourceProfile) {
  write(".aws/config",
        "[profile reader]\nrole_arn = arn:reader\nsource_profile = base\nregion = eu-west-3\n"
        "role_session_name = me\nexternal_id = e\nduration_seconds = 900\n"
        "[profile base]\nrole_arn = arn:base\nsource_profile = base\n");
  write(".aws/credentials", "[base]\naws_access_key_id = BASE\naws_secret_access_key = s\n");
  transport->reply(200, role_answer).reply(200, role_answer);
  const auto sent = requests_of_a_get("reader");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_NE(sent[0].body.view().find("RoleArn=arn%3Abase"), std::string::npos);
  expect_signed_by(sent[0], "BASE", "(none)");
  EXPECT_EQ(sent[1].url, "https://sts.eu-west-3.amazonaws.com/");
  EXPECT_EQ(
      sent[1].body.view(),
      "Action=AssumeRole&Version=2011-06-15&DurationSeconds=900&RoleArn=arn%3Areader&RoleSessionName=me&"
      "ExternalId=e");
  expect_signed_by(sent[1], "ASIAROLE", "rt");
}

TEST_F(AwsProfiles, ARoleMayBeAssumedByTheEnvironmentTheHostOrAWebIdentity) {
  set_variable("AWS_ACCESS_KEY_ID", "ENV");
  set_variable("AWS_SECRET_ACCESS_KEY", "s");
  set_variable("AWS_SESSION_TOKEN", "");
  set_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "/c");
  write("token", "jwt");
  write(".aws/config",
        "[profile env]\nrole_arn = a\ncredential_source = Environment\n"
        "[profile ecs]\nrole_arn = a\ncredential_source = EcsContainer\n"
        "[profile web]\nrole_arn = a\nweb_identity_token_file = " +
            home + "/token\n");
  transport->reply(200, role_answer);
  expect_signed_by(requests_of_a_get("env")[0], "ENV", "(none)");
  transport->reply(200, R"({"AccessKeyId": "ECS", "SecretAccessKey": "s"})").reply(200, role_answer);
  const auto ecs = requests_of_a_get("ecs");
  EXPECT_EQ(ecs[2].url, "http://169.254.170.2/c");
  expect_signed_by(ecs[3], "ECS", "(none)");
  transport->reply(200, role_answer);
  EXPECT_TRUE(requests_of_a_get("web")[5].body.view().ends_with("WebIdentityToken=jwt"));
}

TEST_F(AwsProfiles, AProgramMayGiveCredentials) {
  write("answer.json", R"({"Version": 1, "AccessKeyId": "PROG", "SecretAccessKey": "s", "SessionToken": "t",
                           "Expiration": "2200-01-01T00:00:00Z"})");
  write("old.json", R"({"Version": 2, "AccessKeyId": "sesame", "SecretAccessKey": "sesame"})");
  write(".aws/config",
        "[profile good]\ncredential_process = cat \"" + home +
            "/answer.json\"\n[profile old]\ncredential_process = cat " + home +
            "/old.json\n[profile bad]\ncredential_process = sh -c 'echo no; echo why >&2; exit 3'\n");
  expect_signed_by(requests_of_a_get("good").back(), "PROG", "t");
  EXPECT_NE(failure("old").message().find("Version 1"), std::string::npos);
  EXPECT_EQ(failure("old").message().find("sesame"), std::string::npos);
  const Error error = failure("bad");
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_NE(error.message().find("status 3: why"), std::string::npos) << error.message();
}

TEST_F(AwsProfiles, AnSsoSessionUsesTheTokenOfItsLogin) {
  write(".aws/config",
        "[profile sso]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = Read Only\n"
        "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.awsapps.com/start\n"
        "[profile legacy]\nsso_start_url = corp\nsso_region = us-west-2\nsso_account_id = 2\nsso_role_name = "
        "r\n");
  const Error missing = failure("sso");
  EXPECT_EQ(missing.kind(), ErrorKind::unauthenticated);
  EXPECT_NE(missing.message().find("aws sso login"), std::string::npos) << missing.message();

  // sha1sum of "corp".
  const std::string token = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
  write(token, R"({"accessToken": "sso-token", "expiresAt": "2001-01-01T00:00:00Z"})");
  EXPECT_NE(failure("sso").message().find("has expired"), std::string::npos);
  EXPECT_EQ(transport->count(), 0U);

  write(token, R"({"accessToken": "sso-token", "expiresAt": "2200-01-01T00:00:00Z"})");
  const char* answer = R"({"roleCredentials": {"accessKeyId": "SSO", "secretAccessKey": "s",
                           "sessionToken": "t", "expiration": 4102444800000}})";
  transport->reply(200, answer);
  const auto sent = requests_of_a_get("sso");
  EXPECT_EQ(sent[0].method + " " + sent[0].url,
            "GET https://portal.sso.eu-central-1.amazonaws.com/federation/credentials?account_id=1&"
            "role_name=Read%20Only");
  EXPECT_EQ(header(sent[0], "x-amz-sso_bearer_token"), "sso-token");
  expect_signed_by(sent[1], "SSO", "t");
  transport->reply(200, answer);
  EXPECT_EQ(requests_of_a_get("legacy")[2].url,
            "https://portal.sso.us-west-2.amazonaws.com/federation/credentials?account_id=2&role_name=r");
}

// A profile whose token can be renewed.
class SsoTokens : public AwsProfiles {
 protected:
  void SetUp() override {
    AwsProfiles::SetUp();
    write(".aws/config",
          "[profile sso]\nsso_session = corp\nsso_account_id = 1\nsso_role_name = r\n"
          "[sso-session corp]\nsso_region = eu-central-1\nsso_start_url = https://corp.awsapps.com/start\n");
  }
  void write_token(const std::string& expires_at,
                   const std::string& registered_until = "2200-01-01T00:00:00Z",
                   const std::string& refresh_token = R"("sesame\"1")") const {
    write(file, R"({"startUrl": "https://corp.awsapps.com/start", "region": "eu-central-1",
                    "accessToken": "old", "clientId": "client", "clientSecret": "sesame", "refreshToken": )" +
                    refresh_token + R"(, "expiresAt": ")" + expires_at + R"(", "registrationExpiresAt": ")" +
                    registered_until + "\"}");
  }
  codec::JsonObject kept() const {
    std::ifstream stream(home + "/" + file);
    return codec::JsonObject::parse(std::string(std::istreambuf_iterator<char>(stream), {}), "the file");
  }
  FakeTransport& reply_with_role() {
    return transport->reply(200, R"({"roleCredentials": {"accessKeyId": "SSO", "secretAccessKey": "s"}})");
  }
  static std::string in(std::chrono::seconds time) {
    return codec::format_rfc3339(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) +
                                 time);
  }

  // sha1sum of "corp".
  const std::string file = ".aws/sso/cache/ee0bfd2552fbd840c02cc48b6e823320543c450f.json";
  const std::string answer =
      R"({"accessToken": "new", "expiresIn": 28800, "refreshToken": "refresh2", "tokenType": "Bearer"})";
};

TEST_F(SsoTokens, AnExpiredTokenIsRenewedAndKeptAsTheCommandLineKeepsIt) {
  write_token("2001-01-01T00:00:00Z");
  std::filesystem::permissions(home + "/" + file, std::filesystem::perms(0644));
  transport->reply(200, answer);
  reply_with_role();
  const auto sent = requests_of_a_get("sso");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "POST https://oidc.eu-central-1.amazonaws.com/token");
  EXPECT_EQ(header(sent[0], "content-type"), "application/json");
  EXPECT_EQ(header(sent[0], "authorization"), "(none)");
  EXPECT_EQ(sent[0].body.view(),
            R"({"clientId":"client","clientSecret":"sesame","grantType":"refresh_token",)"
            R"("refreshToken":"sesame\"1"})");
  EXPECT_EQ(header(sent[1], "x-amz-sso_bearer_token"), "new");
  expect_signed_by(sent[2], "SSO", "(none)");

  EXPECT_EQ(kept().text("accessToken"), "new");
  EXPECT_EQ(kept().text("refreshToken"), "refresh2");
  EXPECT_EQ(kept().text("startUrl"), "https://corp.awsapps.com/start");
  EXPECT_EQ(kept().text("registrationExpiresAt"), "2200-01-01T00:00:00Z");
  const std::string until = kept().required_text("expiresAt");
  EXPECT_GT(until, in(std::chrono::hours(7)));
  EXPECT_LT(until, in(std::chrono::hours(9)));
  EXPECT_EQ(std::filesystem::status(home + "/" + file).permissions(), std::filesystem::perms(0600));
  const std::filesystem::directory_iterator files(home + "/.aws/sso/cache");
  EXPECT_EQ(std::distance(begin(files), end(files)), 1) << "nothing unfinished is left";

  reply_with_role();
  EXPECT_EQ(requests_of_a_get("sso").size(), 5U) << "the new token is used until it expires";
}

TEST_F(SsoTokens, AnAnswerWithoutARefreshTokenLeavesTheOldOne) {
  write_token("2001-01-01T00:00:00Z");
  transport->reply(200, R"({"accessToken": "new", "expiresIn": 60})");
  reply_with_role();
  requests_of_a_get("sso");
  EXPECT_EQ(kept().text("refreshToken"), "sesame\"1");
}

TEST_F(SsoTokens, ATokenThatExpiresSoonIsRenewedWhereThatSucceeds) {
  write_token(in(std::chrono::seconds(200)));
  transport->reply(400, R"({"error": "invalid_grant"})");
  reply_with_role();
  auto sent = requests_of_a_get("sso");
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(header(sent[1], "x-amz-sso_bearer_token"), "old");
  transport->reply(200, answer);
  reply_with_role();
  sent = requests_of_a_get("sso");
  EXPECT_EQ(header(sent[4], "x-amz-sso_bearer_token"), "new");

  write_token(in(std::chrono::minutes(20)));
  reply_with_role();
  EXPECT_EQ(requests_of_a_get("sso").size(), 8U) << "not yet";
}

TEST_F(SsoTokens, ARefusedRenewalGivesTheServicesWordsAndNoSecret) {
  write_token("2001-01-01T00:00:00Z");
  transport->reply(400, R"({"error": "invalid_grant", "error_description": "Invalid refresh token"})");
  const Error error = failure("sso");
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  for (const char* words : {"aws sso login", "eu-central-1", "invalid_grant: Invalid refresh token"})
    EXPECT_NE(error.message().find(words), std::string::npos) << error.message();
  EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
  EXPECT_EQ(kept().text("accessToken"), "old");
}

TEST_F(SsoTokens, WithoutARegistrationNothingIsAsked) {
  write_token("2001-01-01T00:00:00Z", "2001-01-01T00:00:00Z");
  EXPECT_NE(failure("sso").message().find("has expired: log in"), std::string::npos);
  write_token("2001-01-01T00:00:00Z", "2200-01-01T00:00:00Z", "null");
  EXPECT_NE(failure("sso").message().find("has expired: log in"), std::string::npos);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(SsoTokens, ARenewedTokenCountsWhereItsFileCannotBeWritten) {
  write_token("2001-01-01T00:00:00Z");
  transport->reply([this](const HttpRequest&) {
    std::filesystem::remove_all(home + "/.aws/sso");
    HttpResponse response;
    response.status = 200;
    response.body = Bytes::copy(answer);
    return response;
  });
  reply_with_role();
  EXPECT_EQ(header(requests_of_a_get("sso")[1], "x-amz-sso_bearer_token"), "new");
}

TEST_F(AwsProfiles, WhatCannotBeUsedIsNamedAndNotQuoted) {
  write(
      ".aws/config",
      "[profile empty]\nregion = r\n[profile half]\naws_access_key_id = sesame\n"
      "[profile role]\nrole_arn = a\n[profile mfa]\nrole_arn = a\nsource_profile = half\nmfa_serial = m\n"
      "[profile one]\nrole_arn = a\nsource_profile = two\n[profile two]\nrole_arn = a\nsource_profile = one\n"
      "[profile lost]\nrole_arn = a\nsource_profile = nowhere\n"
      "[profile sso]\nsso_session = s\nsso_account_id = 1\nsso_role_name = r\n"
      "[profile short]\nrole_arn = a\ncredential_source = Environment\nduration_seconds = 5\n");
  const std::tuple<const char*, ErrorKind, const char*> table[] = {
      {"none", ErrorKind::generic, "no AWS profile \"none\""},
      {"empty", ErrorKind::generic, "credential_process"},
      {"half", ErrorKind::generic, "aws_secret_access_key"},
      {"role", ErrorKind::generic, "source_profile"},
      {"mfa", ErrorKind::not_implemented, "aws sts assume-role --serial-number"},
      {"one", ErrorKind::generic, "its own source"},
      {"lost", ErrorKind::generic, "\"nowhere\""},
      {"sso", ErrorKind::generic, "sso-session"},
      {"short", ErrorKind::generic, "15 minutes"},
  };
  for (const auto& [profile, kind, reason] : table) {
    const Error error = failure(profile);
    EXPECT_EQ(error.kind(), kind) << profile << ": " << error.message();
    EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
  }
  write(".aws/credentials", "\nsesame\n");
  const Error malformed = failure("empty");
  EXPECT_NE(malformed.message().find("line 2"), std::string::npos) << malformed.message();
  EXPECT_EQ(malformed.message().find("sesame"), std::string::npos) << malformed.message();
  EXPECT_EQ(transport->count(), 0U);
}

}  // namespace
}  // namespace storelink::testing
