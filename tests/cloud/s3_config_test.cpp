// Settings: names, values, the environment, and that secrets stay out of messages.
#include "cloud/s3/s3_config.hpp"

#include <cstdlib>

#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

using cloud::s3::parse_s3_config;
using cloud::s3::S3Config;

class S3Settings : public FakeS3 {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }
  void set_variable(const std::string& name, const std::string& value) {
    variables_.push_back(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }

  static S3Options options(Settings config) {
    S3Options made;
    made.bucket = "b";
    made.read_environment = false;
    made.config = std::move(config);
    return made;
  }
  static S3Config parse(Settings config) { return parse_s3_config(options(std::move(config))); }
  static S3Config parse_with_environment(Settings config = {}) {
    S3Options made = options(std::move(config));
    made.read_environment = true;
    return parse_s3_config(made);
  }
  Error refusal(Settings config) {
    return error_of([&] { parse(std::move(config)); });
  }

 private:
  std::vector<std::string> variables_;
};

TEST_F(S3Settings, KeysAreTakenInAnyCaseAndUnderEveryAlias) {
  for (const char* key : {"region", "aws_region", "AWS_REGION", "Region"})
    EXPECT_EQ(parse({{key, "eu-north-1"}}).region, "eu-north-1") << key;
  for (const char* key : {"aws_bucket", "aws_bucket_name", "bucket_name", "bucket"}) {
    S3Options made = options({{key, "named"}});
    made.bucket.clear();
    EXPECT_EQ(parse_s3_config(made).bucket, "named") << key;
  }
}

TEST_F(S3Settings, EveryRowOfTheTableIsKnown) {
  EXPECT_EQ(cloud::s3::s3_config_keys().size(), 32U);
  for (const auto& key : cloud::s3::s3_config_keys()) {
    EXPECT_TRUE(key.name.starts_with("aws_"));
    EXPECT_EQ(cloud::find_config_key(cloud::s3::s3_config_keys(), key.name), &key);
  }
}

TEST_F(S3Settings, AnUnknownKeyNamesTheNearestOne) {
  Error error = refusal({{"regionn", "x"}});
  EXPECT_EQ(error.kind(), ErrorKind::unknown_config_key);
  EXPECT_NE(error.message().find("\"regionn\""), std::string::npos);
  EXPECT_NE(error.message().find("\"region\""), std::string::npos) << error.message();
  error = refusal({{"aws_secret_acces_key", "hush"}});
  EXPECT_NE(error.message().find("\"aws_secret_access_key\""), std::string::npos) << error.message();
  EXPECT_EQ(error.message().find("hush"), std::string::npos);
  EXPECT_EQ(refusal({{"", "x"}}).kind(), ErrorKind::unknown_config_key);
}

TEST_F(S3Settings, TheSameKeyTwiceIsAnErrorAlsoUnderAnAlias) {
  for (const Settings& twice :
       {Settings{{"region", "a"}, {"region", "a"}}, Settings{{"region", "a"}, {"AWS_REGION", "b"}},
        Settings{{"token", "a"}, {"aws_session_token", "b"}},
        Settings{{"allow_http", "true"}, {"aws_allow_http", "true"}}}) {
    const Error error = refusal(twice);
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    EXPECT_NE(error.message().find("twice"), std::string::npos) << error.message();
  }
  S3Options made = options({{"allow_http", "true"}});
  made.client_options = {{"allow_http", "true"}};
  EXPECT_EQ(error_of([&] { parse_s3_config(made); }).kind(), ErrorKind::generic);
}

TEST_F(S3Settings, BadValuesNameTheKeyAndWhatIsAccepted) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"unsigned_payload", "maybe", "true and false"},
      {"checksum_algorithm", "md5", "\"sha256\""},
      {"conditional_put", "never", "\"etag\""},
      {"copy_if_not_exists", "please", "header"},
      {"copy_if_not_exists", "header-with-status: a: b: c", "STATUS"},
      {"server_side_encryption", "rot13", "\"aws:kms\""},
      {"region", "us east", "us-east-1"},
      {"endpoint", "localhost:9000", "https"},
      {"endpoint", "ftp://x", "https"},
      {"endpoint", "https://x/?q=1", "without"},
  };
  for (const auto& [key, value, accepted] : table) {
    const Error error = refusal({{key, value}});
    EXPECT_EQ(error.kind(), ErrorKind::generic) << key;
    EXPECT_NE(error.message().find(key), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(accepted), std::string::npos) << error.message();
  }
}

TEST_F(S3Settings, MessagesHoldNoSecrets) {
  const Settings bad[] = {
      {{"access_key_id", "open sesame"}, {"secret_access_key", "x"}},
      {{"access_key_id", "x"}, {"secret_access_key", "open sesame"}},
      {{"access_key_id", "x"}, {"secret_access_key", "y"}, {"session_token", "open sesame\n"}},
      {{"access_key_id", "sesame"}},
      {{"secret_access_key", "sesame"}},
      {{"server_side_encryption", "sse-c"}, {"sse_customer_key_base64", "sesame"}},
      {{"sse_customer_key_base64", "sesame"}},
      {{"endpoint", "https://user:sesame@host"}},
  };
  for (const Settings& config : bad) {
    const Error error = refusal(config);
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    EXPECT_EQ(std::string(error.what()).find("sesame"), std::string::npos) << error.what();
  }
}

TEST_F(S3Settings, BucketsAreChecked) {
  S3Options made = options({});
  for (const char* bucket : {"", "a/b", "a b", ".a", "ä", "a?b"}) {
    made.bucket = bucket;
    EXPECT_EQ(error_of([&] { parse_s3_config(made); }).kind(), ErrorKind::generic) << bucket;
  }
  made = options({{"bucket", "other"}});
  EXPECT_EQ(error_of([&] { parse_s3_config(made); }).kind(), ErrorKind::generic) << "two different ones";
  made.bucket = "other";
  EXPECT_EQ(parse_s3_config(made).bucket, "other");
}

TEST_F(S3Settings, PlainHttpNeedsPermissionBeforeAnyRequest) {
  const Error error = refusal({{"endpoint", "http://localhost:9000"}});
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_NE(error.message().find("allow_http"), std::string::npos);
  EXPECT_NE(error.message().find("http://localhost:9000"), std::string::npos);
  EXPECT_EQ(parse({{"endpoint", "http://localhost:9000"}, {"aws_allow_http", "true"}}).base_url,
            "http://localhost:9000/b/");
  S3Options made = options({{"endpoint", "http://localhost:9000"}});
  made.client_options = {{"allow_http", "yes"}};
  EXPECT_TRUE(parse_s3_config(made).client.allow_http);
}

TEST_F(S3Settings, ClientOptionsAreTakenAmongThem) {
  EXPECT_EQ(parse({{"timeout", "7s"}}).client.timeout, std::chrono::seconds(7));
  EXPECT_EQ(parse({{"AWS_USER_AGENT", "me"}}).client.user_agent, "me");
}

TEST_F(S3Settings, WhatHasNoEffectYetIsRefused) {
  for (const Settings& config :
       {Settings{{"conditional_put", "dynamo:t"}}, Settings{{"copy_if_not_exists", "dynamo: t"}}}) {
    EXPECT_EQ(refusal(config).kind(), ErrorKind::not_implemented) << config.front().first;
  }
}

TEST_F(S3Settings, HalfASourceOfCredentialsIsRefusedWhereItWouldBeUsed) {
  const std::pair<Settings, const char*> table[] = {
      {{{"role_arn", "arn"}}, "aws_web_identity_token_file"},
      {{{"web_identity_token_file", "/f"}}, "aws_role_arn"},
      {{{"container_authorization_token_file", "/f"}}, "aws_container_credentials_full_uri"},
      {{{"container_credentials_relative_uri", "x"}}, "begins with"},
      {{{"container_credentials_relative_uri", "@other/x"}}, "begins with"},
      {{{"container_credentials_full_uri", "http://elsewhere/x"}}, "https"},
      {{{"container_credentials_full_uri", "x"}}, "https"},
      {{{"metadata_endpoint", "x"}}, "169.254.169.254"},
      {{{"role_arn", "a"}, {"web_identity_token_file", "/f"}, {"endpoint_url_sts", "http://h"}},
       "allow_http"},
  };
  for (const auto& [config, reason] : table) {
    const Error error = refusal(config);
    EXPECT_EQ(error.kind(), ErrorKind::generic) << config.front().first;
    EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
  }
  EXPECT_NO_THROW(parse({{"role_arn", "arn"}, {"access_key_id", "a"}, {"secret_access_key", "b"}}))
      << "without effect beside keys";
}

TEST_F(S3Settings, VirtualHostedStyleNeedsAHostName) {
  const Settings flag = {{"virtual_hosted_style_request", "true"}};
  Settings config = flag;
  config.emplace_back("endpoint", "https://127.0.0.1:9");
  EXPECT_EQ(refusal(config).kind(), ErrorKind::generic);
  S3Options made = options(flag);
  made.bucket = "Capital";
  EXPECT_EQ(error_of([&] { parse_s3_config(made); }).kind(), ErrorKind::generic);
}

TEST_F(S3Settings, TheEnvironmentFillsWhatIsLeftOpen) {
  set_variable("AWS_ACCESS_KEY_ID", "ENVID");
  set_variable("AWS_SECRET_ACCESS_KEY", "envsecret");
  set_variable("AWS_SESSION_TOKEN", "envtoken");
  set_variable("AWS_DEFAULT_REGION", "eu-west-1");
  set_variable("AWS_ENDPOINT_URL", "http://general:1");
  set_variable("AWS_ALLOW_HTTP", "true");
  S3Config config = parse_with_environment();
  EXPECT_EQ(config.credentials.access_key_id, "ENVID");
  EXPECT_EQ(config.credentials.session_token, "envtoken");
  EXPECT_EQ(config.region, "eu-west-1");
  EXPECT_EQ(config.base_url, "http://general:1/b/");

  set_variable("AWS_REGION", "eu-west-2");
  set_variable("AWS_ENDPOINT_URL_S3", "https://special");
  config = parse_with_environment();
  EXPECT_EQ(config.region, "eu-west-2");
  EXPECT_EQ(config.base_url, "https://special/b/");

  config = parse_with_environment({{"access_key_id", "MINE"},
                                   {"secret_access_key", "mine"},
                                   {"region", "r"},
                                   {"endpoint", "https://given"}});
  EXPECT_EQ(config.credentials.access_key_id, "MINE");
  EXPECT_EQ(config.credentials.session_token, "")
      << "the environment's token belongs to the environment's keys";
  EXPECT_EQ(config.region, "r");
  EXPECT_EQ(config.base_url, "https://given/b/");

  EXPECT_EQ(parse({}).credentials.access_key_id, "") << "not read unless wanted";
}

TEST_F(S3Settings, EmptyVariablesAreNoneAndBadOnesAreNamed) {
  set_variable("AWS_REGION", "");
  EXPECT_EQ(parse_with_environment().region, "us-east-1");
  set_variable("AWS_SKIP_SIGNATURE", "perhaps");
  const Error error = error_of([&] { parse_with_environment(); });
  EXPECT_NE(error.message().find("AWS_SKIP_SIGNATURE"), std::string::npos) << error.message();
}

TEST_F(S3Settings, VariablesOfOtherCredentialSourcesDoNoHarm) {
  set_variable("AWS_ROLE_ARN", "arn");
  EXPECT_NO_THROW(parse_with_environment()) << "half of a pair: for another program";
  set_variable("AWS_WEB_IDENTITY_TOKEN_FILE", "/var/run/token");
  set_variable("AWS_ENDPOINT_URL_STS", "http://not-allowed");
  EXPECT_NO_THROW(parse_with_environment({{"access_key_id", "a"}, {"secret_access_key", "b"}}));
}

}  // namespace
}  // namespace storelink::testing
