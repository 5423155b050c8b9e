// Settings of Google Cloud Storage: names, values, files, the environment, and that secrets stay out of
// messages.
#include "cloud/gcs/gcs_config.hpp"

#include "cloud/gcs_fixture.hpp"

namespace storelink::testing {
namespace {

using cloud::gcs::GcsConfig;
using cloud::gcs::parse_gcs_config;

class GcsSettings : public FakeGcs {
 protected:
  static GcsConfig parse(Settings config, bool read_environment = false) {
    GcsOptions options = fake_gcs_options(nullptr, std::move(config));
    options.read_environment = read_environment;
    return parse_gcs_config(options);
  }
  static Error refusal(Settings config, bool read_environment = false) {
    return error_of([&] { parse(config, read_environment); });
  }
};

TEST_F(GcsSettings, EveryRowIsKnownUnderEveryName) {
  const auto keys = cloud::gcs::gcs_config_keys();
  EXPECT_EQ(keys.size(), 7U);
  for (const auto& key : keys) {
    EXPECT_TRUE(key.name.starts_with("google_"));
    for (const auto name : {key.name, key.aliases[0], key.aliases[1], key.aliases[2]}) {
      if (name.empty()) continue;
      EXPECT_EQ(cloud::find_config_key(keys, name), &key) << name;
    }
  }
  for (const char* key : {"google_bucket", "GOOGLE_BUCKET_NAME", "bucket", "Bucket_Name"}) {
    GcsOptions options = fake_gcs_options(nullptr, {{key, "named"}});
    options.bucket.clear();
    EXPECT_EQ(parse_gcs_config(options).bucket, "named") << key;
  }
  const std::string path = file(service_account_json());
  for (const char* key :
       {"google_service_account", "service_account", "google_service_account_path", "service_account_path"})
    EXPECT_EQ(parse({{key, path}}).service_account->email, "robot@p.iam.gserviceaccount.com") << key;
}

TEST_F(GcsSettings, AnUnknownKeyNamesTheNearestOne) {
  const Error error = refusal({{"google_bearer_tokn", "hush"}});
  EXPECT_EQ(error.kind(), ErrorKind::unknown_config_key);
  EXPECT_NE(error.message().find("\"google_bearer_token\""), std::string::npos) << error.message();
  EXPECT_EQ(error.message().find("hush"), std::string::npos);
}

TEST_F(GcsSettings, ServiceAccountsComeFromAFileOrAsText) {
  const GcsConfig config = parse({{"service_account_key", service_account_json()}});
  ASSERT_TRUE(config.service_account.has_value());
  EXPECT_EQ(config.service_account->email, "robot@p.iam.gserviceaccount.com");
  EXPECT_EQ(config.service_account->key_id, "k1");
  EXPECT_EQ(config.service_account->token_url, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(parse({{"service_account", file(service_account_json(R"(, "token_uri": "https://t/")"))}})
                .service_account->token_url,
            "https://t/");
  EXPECT_EQ(refusal({{"service_account", file("{}")}, {"service_account_key", "{}"}}).kind(),
            ErrorKind::generic);
}

TEST_F(GcsSettings, AnEmulatorsFileNamesItsAddressAndNeedsNoKey) {
  const std::string text =
      R"({"gcs_base_url": "https://localhost:4443/", "disable_oauth": true, "client_email": "", "private_key": ""})";
  const GcsConfig config = parse({{"service_account", file(text)}});
  EXPECT_EQ(config.base_url, "https://localhost:4443");
  EXPECT_TRUE(config.anonymous);
  EXPECT_EQ(parse({{"service_account_key", text}, {"base_url", "https://given"}}).base_url, "https://given");
}

TEST_F(GcsSettings, UnusableFilesAreNamedAndNotQuoted) {
  const std::tuple<std::string, const char*> table[] = {
      {"sesame", "no JSON object"},
      {"{}", "\"client_email\""},
      {R"({"client_email": "e"})", "\"private_key\""},
      {R"({"client_email": "e", "private_key": "sesame"})", "PEM"},
      {R"({"client_email": 7, "private_key": "sesame"})", "not a string"},
      {R"({"type": "authorized_user", "refresh_token": "sesame"})", "google_application_credentials"},
  };
  for (const auto& [text, reason] : table) {
    const std::string path = file(text);
    const Error error = refusal({{"service_account", path}});
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    EXPECT_NE(error.message().find(path), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
    EXPECT_EQ(refusal({{"service_account_key", text}}).message().find("sesame"), std::string::npos);
  }
  const Error missing = refusal({{"service_account", "/no/such/file"}});
  EXPECT_NE(missing.message().find("\"/no/such/file\": No such file"), std::string::npos)
      << missing.message();
}

TEST_F(GcsSettings, BadValuesNameTheKeyAndWhatIsAccepted) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"base_url", "storage.example", "https"},        {"base_url", "ftp://x", "https"},
      {"base_url", "https://x/?q=sesame", "without"},  {"base_url", "https://u:sesame@x", "without"},
      {"skip_signature", "perhaps", "true and false"}, {"bearer_token", "sesame\n", "printable ASCII"},
  };
  for (const auto& [key, value, accepted] : table) {
    const Error error = refusal({{key, value}});
    EXPECT_EQ(error.kind(), ErrorKind::generic) << key;
    EXPECT_NE(error.message().find(key), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(accepted), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
  }
  EXPECT_NE(refusal({{"base_url", "http://localhost:1"}}).message().find("allow_http"), std::string::npos);
  GcsOptions options = fake_gcs_options(nullptr, {});
  options.credential_refresh_threshold = std::chrono::seconds(-1);
  EXPECT_EQ(kind_thrown([&] { parse_gcs_config(options); }), ErrorKind::generic);
}

TEST_F(GcsSettings, BaseUrlsMayHaveAPathAndAPort) {
  EXPECT_EQ(parse({}).base_url, "https://storage.googleapis.com");
  EXPECT_EQ(parse({{"base_url", "https://Proxy.example:8443/gcs a/"}}).base_url,
            "https://proxy.example:8443/gcs%20a");
}

TEST_F(GcsSettings, TheEnvironmentFillsWhatIsLeftOpen) {
  set_variable("GOOGLE_BUCKET_NAME", "from-environment");
  set_variable("GOOGLE_BASE_URL", "http://base:1");
  set_variable("GOOGLE_ALLOW_HTTP", "true");
  set_variable("GOOGLE_BEARER_TOKEN", "envtoken");
  GcsOptions options = fake_gcs_options(nullptr, {});
  options.read_environment = true;
  options.bucket.clear();
  const GcsConfig config = parse_gcs_config(options);
  EXPECT_EQ(config.bucket, "from-environment");
  EXPECT_EQ(config.base_url, "http://base:1");
  EXPECT_EQ(config.bearer_token, "envtoken");
  EXPECT_EQ(parse({}).bearer_token, "") << "not read unless wanted";
}

TEST_F(GcsSettings, TheUnprefixedVariableIsReadToo) {
  set_variable("SERVICE_ACCOUNT", file(service_account_json()));
  EXPECT_TRUE(parse({}, true).service_account.has_value());
  set_variable("SERVICE_ACCOUNT", "/no/such/file");
  EXPECT_NE(refusal({}, true).message().find("/no/such/file"), std::string::npos);
  set_variable("GOOGLE_SERVICE_ACCOUNT", file(service_account_json()));
  EXPECT_NO_THROW(parse({}, true)) << "the prefixed one comes first";
}

TEST_F(GcsSettings, GivenCredentialsWinOverThoseOfTheEnvironment) {
  set_variable("GOOGLE_BEARER_TOKEN", "envtoken");
  set_variable("GOOGLE_SERVICE_ACCOUNT", "/no/such/file");
  const GcsConfig config = parse({{"service_account_key", service_account_json()}}, true);
  EXPECT_EQ(config.bearer_token, "");
  EXPECT_TRUE(config.service_account.has_value());
  EXPECT_TRUE(parse({{"skip_signature", "true"}}, true).anonymous) << "the file is not even read";
  GcsOptions options = fake_gcs_options(nullptr, {});
  options.read_environment = true;
  options.credential_provider = []() -> Task<BearerToken> { co_return BearerToken(); };
  EXPECT_FALSE(parse_gcs_config(options).service_account.has_value());
}

TEST_F(GcsSettings, BucketsAreChecked) {
  GcsOptions options = fake_gcs_options(nullptr, {});
  for (const char* bucket : {"", "a/b", "a b", ".a", "ä", "a?b"}) {
    options.bucket = bucket;
    EXPECT_EQ(kind_thrown([&] { parse_gcs_config(options); }), ErrorKind::generic) << bucket;
  }
  options.bucket = "a";
  options.config = {{"bucket", "b"}};
  EXPECT_EQ(kind_thrown([&] { parse_gcs_config(options); }), ErrorKind::generic) << "two different ones";
}

}  // namespace
}  // namespace storelink::testing
