// Where tokens for Google Cloud Storage come from: the exact requests for each kind of credentials.
#include "cloud/gcs_fixture.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/url.hpp"

namespace storelink::testing {
namespace {

// Makes requests for tokens and for an object, which is there.
class GcsCredentials : public FakeGcs {
 protected:
  // What a get asks for: the token requests, then the get itself.
  std::vector<HttpRequest> requests_of_a_get(const std::shared_ptr<ObjectStore>& from) {
    transport->reply(200, "", object_headers(0));
    from->get("k");
    return transport->requests();
  }
  std::shared_ptr<ObjectStore> with_defaults(const std::string& json) {
    return make({{"google_application_credentials", file(json)}});
  }
  // The store that a machine gives which has no settings.
  std::shared_ptr<ObjectStore> bare() {
    set_variable("HOME", temporary_directory());
    GcsOptions options = fake_gcs_options(transport);
    options.read_environment = true;
    return make_gcs_store(std::move(options));
  }
  static std::string field(const HttpRequest& request, std::string_view name) {
    for (const auto& [key, value] : codec::parse_query(request.body.view()))
      if (key == name) return value;
    return "(none)";
  }
  static std::string decoded(std::string part) {
    for (char& c : part) c = c == '-' ? '+' : c == '_' ? '/' : c;
    part.append((4 - part.size() % 4) % 4, '=');
    return codec::base64_decode(part).value_or("(not base64)");
  }
  static constexpr const char* scope = "https://www.googleapis.com/auth/cloud-platform";
};

TEST_F(GcsCredentials, AServiceAccountSignsAnAssertion) {
  const auto account =
      make({{"service_account_key", service_account_json(R"(, "token_uri": "https://t/x")")}});
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(account);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "POST https://t/x");
  EXPECT_EQ(header(sent[0], "content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(field(sent[0], "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
  const std::string token = field(sent[0], "assertion");
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  EXPECT_EQ(decoded(token.substr(0, first)), R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  const auto claims = codec::JsonObject::parse(decoded(token.substr(first + 1, last - first - 1)), "claims");
  EXPECT_EQ(claims.text("iss"), "robot@p.iam.gserviceaccount.com");
  EXPECT_EQ(claims.text("aud"), "https://t/x");
  EXPECT_EQ(claims.text("scope"), scope);
  EXPECT_EQ(*claims.integer("exp") - *claims.integer("iat"), 3600);
  EXPECT_TRUE(
      rsa_verifies(rsa_test_key().public_key, token.substr(0, last), decoded(token.substr(last + 1))));
  EXPECT_EQ(header(sent[1], "authorization"), "Bearer ya29.fresh");
}

TEST_F(GcsCredentials, ATokenServesUntilItIsAboutToExpire) {
  const auto account = make({{"service_account_key", service_account_json()}});
  transport->reply(200, token_answer);
  requests_of_a_get(account);
  EXPECT_EQ(requests_of_a_get(account).size(), 3U) << "one token for two gets";

  const auto hurried = make({{"service_account_key", service_account_json()}});
  transport->reply(200, R"({"access_token": "short", "expires_in": 239})");
  requests_of_a_get(hurried);
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(hurried);
  EXPECT_EQ(sent.size(), 7U) << "less than four minutes are left of it";
  EXPECT_EQ(header(sent.back(), "authorization"), "Bearer ya29.fresh");
}

TEST_F(GcsCredentials, ARefusedAssertionGivesTheServicesWords) {
  const auto account = make({{"service_account_key", service_account_json()}});
  transport->reply(400, R"({"error": "invalid_grant", "error_description": "Invalid JWT Signature."})");
  const Error error = error_of([&] { account->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(error.message(),
            "the token endpoint https://oauth2.googleapis.com/token of the service account "
            "robot@p.iam.gserviceaccount.com refused: invalid_grant: Invalid JWT Signature.");
  EXPECT_EQ(transport->count(), 1U) << "nothing was sent without a token";
}

TEST_F(GcsCredentials, AUserRefreshesATokenGcloudLeftBehind) {
  const std::string user =
      R"({"type": "authorized_user", "client_id": "id", "client_secret": "s&t", "refresh_token": "1//r"})";
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(with_defaults(user));
  EXPECT_EQ(sent[0].url, "https://oauth2.googleapis.com/token");
  EXPECT_EQ(sent[0].body.view(),
            "grant_type=refresh_token&client_id=id&client_secret=s%26t&refresh_token=1%2F%2Fr");

  // Where gcloud puts it.
  const std::string home = temporary_directory();
  std::filesystem::create_directories(home + "/.config/gcloud");
  std::ofstream(home + "/.config/gcloud/application_default_credentials.json") << user;
  set_variable("HOME", home);
  GcsOptions options = fake_gcs_options(transport);
  options.read_environment = true;
  transport->reply(200, token_answer);
  EXPECT_EQ(requests_of_a_get(make_gcs_store(options))[2].url, "https://oauth2.googleapis.com/token");
}

TEST_F(GcsCredentials, AFileMayHoldAServiceAccount) {
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(with_defaults(service_account_json()));
  EXPECT_EQ(field(sent[0], "grant_type"), "urn:ietf:params:oauth:grant-type:jwt-bearer");
}

TEST_F(GcsCredentials, AWorkloadExchangesTheTokenInAFile) {
  const std::string subject = file(R"({"id": "subject+token"})", "subject.json");
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(with_defaults(
      R"({"type": "external_account", "audience": "//iam/pool", "token_url": "https://sts/v1/token",
          "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
          "credential_source": {"file": )" +
      codec::json_quote(subject) + R"(, "format": {"type": "json", "subject_token_field_name": "id"}}})"));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].url, "https://sts/v1/token");
  EXPECT_EQ(
      sent[0].body.view(),
      "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Atoken-exchange&audience=%2F%2Fiam%2Fpool&"
      "scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fcloud-platform&"
      "requested_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Aaccess_token&"
      "subject_token=subject%2Btoken&subject_token_type=urn%3Aietf%3Aparams%3Aoauth%3Atoken-type%3Ajwt");
  EXPECT_EQ(header(sent[0], "authorization"), "(none)");
  EXPECT_EQ(header(sent[1], "authorization"), "Bearer ya29.fresh");
}

TEST_F(GcsCredentials, AWorkloadMayAskAUrlAndImpersonate) {
  transport->reply(200, " subject \n")
      .reply(200, R"({"access_token": "federated", "expires_in": 3600})")
      .reply(200, R"({"accessToken": "as-robot", "expireTime": "2200-01-01T00:00:00Z"})");
  const auto sent = requests_of_a_get(with_defaults(
      R"({"type": "external_account", "audience": "a", "subject_token_type": "t", "client_id": "me",
          "client_secret": "pw", "workforce_pool_user_project": "ignored beside a client",
          "service_account_impersonation_url": "https://iam/v1/projects/-/serviceAccounts/r@p:generateAccessToken",
          "service_account_impersonation": {"token_lifetime_seconds": 2800},
          "credential_source": {"url": "http://169.254.0.1/token?x=1", "headers": {"Metadata": "True"}}})"));
  ASSERT_EQ(sent.size(), 4U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "GET http://169.254.0.1/token?x=1");
  EXPECT_EQ(header(sent[0], "metadata"), "True");
  EXPECT_EQ(sent[1].url, "https://sts.googleapis.com/v1/token");
  EXPECT_EQ(field(sent[1], "subject_token"), "subject");
  EXPECT_EQ(field(sent[1], "options"), "(none)");
  EXPECT_EQ(header(sent[1], "authorization"), "Basic bWU6cHc=");
  EXPECT_EQ(sent[2].url, "https://iam/v1/projects/-/serviceAccounts/r@p:generateAccessToken");
  EXPECT_EQ(header(sent[2], "authorization"), "Bearer federated");
  EXPECT_EQ(sent[2].body.view(),
            R"({"scope":["https://www.googleapis.com/auth/cloud-platform"],"lifetime":"2800s"})");
  EXPECT_EQ(header(sent[3], "authorization"), "Bearer as-robot");
}

// An account on a machine of Amazon's.
std::string amazon_workload() {
  return R"({"type": "external_account", "audience": "//iam/pool", "token_url": "https://sts/v1/token",
             "subject_token_type": "urn:ietf:params:aws:token-type:aws4_request",
             "credential_source": {"environment_id": "aws1",
               "region_url": "http://169.254.169.254/latest/meta-data/placement/availability-zone",
               "url": "http://169.254.169.254/latest/meta-data/iam/security-credentials",
               "regional_cred_verification_url":
                 "https://sts.{region}.amazonaws.com?Action=GetCallerIdentity&Version=2011-06-15",
               "imdsv2_session_token_url": "http://169.254.169.254/latest/api/token"}})";
}

TEST_F(GcsCredentials, AWorkloadOnAmazonsMachineSendsASignedRequestAsItsToken) {
  transport->reply(200, "session")
      .reply(200, "us-east-2\n")
      .reply(200, "session")
      .reply(200, "my role")
      .reply(200, R"({"AccessKeyId": "ASIA", "SecretAccessKey": "sesame", "Token": "t",
                      "Expiration": "2200-01-01T00:00:00Z"})")
      .reply(200, token_answer);
  const auto sent = requests_of_a_get(with_defaults(amazon_workload()));
  ASSERT_EQ(sent.size(), 7U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "PUT http://169.254.169.254/latest/api/token");
  EXPECT_EQ(sent[1].url, "http://169.254.169.254/latest/meta-data/placement/region");
  EXPECT_EQ(header(sent[1], "x-aws-ec2-metadata-token"), "session");
  EXPECT_EQ(sent[4].url, "http://169.254.169.254/latest/meta-data/iam/security-credentials/my%20role");

  const auto document =
      codec::JsonObject::parse(codec::percent_decode(field(sent[5], "subject_token")), "the subject token");
  EXPECT_EQ(document.required_text("url"),
            "https://sts.us-east-2.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15");
  EXPECT_EQ(document.required_text("method"), "POST");
  const std::string text = codec::percent_decode(field(sent[5], "subject_token"));
  for (const char* part :
       {R"({"key":"x-goog-cloud-target-resource","value":"//iam/pool"})",
        R"({"key":"x-amz-security-token","value":"t"})",
        R"({"key":"host","value":"sts.us-east-2.amazonaws.com"})", R"({"key":"x-amz-date","value":")",
        "SignedHeaders=host;x-amz-date;x-amz-security-token;x-goog-cloud-target-resource",
        "/us-east-2/sts/aws4_request"})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin " << text;
  EXPECT_EQ(text.find("sesame"), std::string::npos);
  EXPECT_EQ(header(sent[6], "authorization"), "Bearer ya29.fresh");
}

TEST_F(GcsCredentials, AWorkloadTakesAmazonsKeysAndRegionFromTheEnvironment) {
  set_variable("AWS_ACCESS_KEY_ID", "AKIA");
  set_variable("AWS_SECRET_ACCESS_KEY", "sesame");
  set_variable("AWS_DEFAULT_REGION", "eu-west-1");
  GcsOptions options = fake_gcs_options(
      transport, {{"google_application_credentials", file(amazon_workload(), "amazon.json")}});
  options.read_environment = true;
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(make_gcs_store(options));
  ASSERT_EQ(sent.size(), 2U) << "no metadata service is asked";
  const std::string text = codec::percent_decode(field(sent[0], "subject_token"));
  EXPECT_NE(text.find("https://sts.eu-west-1.amazonaws.com/?"), std::string::npos) << text;
  EXPECT_NE(text.find("Credential=AKIA/"), std::string::npos) << text;
}

// An account whose token comes from `script`, a program for the shell.
std::string program_workload(const std::string& script, const std::string& more = "") {
  return R"({"type": "external_account", "audience": "//iam/pool", "token_url": "https://sts/v1/token",
             "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
             "credential_source": {"executable": {"command": )" +
         codec::json_quote("/bin/sh '" + script + "'") + more + "}}}";
}

TEST_F(GcsCredentials, AProgramMayGiveTheSubjectToken) {
  set_variable("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
  const std::string script = file(
      R"(echo "{\"version\": 1, \"success\": true, \"token_type\": \"urn:ietf:params:oauth:token-type:id_token\",
         \"id_token\": \"$GOOGLE_EXTERNAL_ACCOUNT_AUDIENCE $GOOGLE_EXTERNAL_ACCOUNT_INTERACTIVE\"}")",
      "token.sh");
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(with_defaults(program_workload(script)));
  EXPECT_EQ(field(sent[0], "subject_token"), "//iam/pool 0");
}

TEST_F(GcsCredentials, AProgramsLastAnswerIsUsedUntilItExpires) {
  set_variable("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
  const auto answer = [](const std::string& token, const std::string& expiry) {
    return R"({"version": 1, "success": true, "token_type": "urn:ietf:params:oauth:token-type:saml2",
               "saml_response": ")" +
           token + R"(", "expiration_time": )" + expiry + "}";
  };
  const std::string fresh = file(answer("kept", "7000000000"), "fresh.json");
  const std::string old = file(answer("old", "7"), "old.json");
  const std::string script = file("echo '" + answer("asked", "7000000000") + "'", "again.sh");
  const auto output_file = [](const std::string& path) {
    return R"(, "output_file": )" + codec::json_quote(path);
  };
  transport->reply(200, token_answer);
  const auto kept = requests_of_a_get(with_defaults(program_workload(script, output_file(fresh))));
  EXPECT_EQ(field(kept[0], "subject_token"), "kept");
  transport->reply(200, token_answer);
  const auto asked = requests_of_a_get(with_defaults(program_workload(script, output_file(old))));
  EXPECT_EQ(field(asked[2], "subject_token"), "asked");
}

TEST_F(GcsCredentials, AProgramsFailureIsTold) {
  set_variable("GOOGLE_EXTERNAL_ACCOUNT_ALLOW_EXECUTABLES", "1");
  const std::pair<const char*, const char*> table[] = {
      {"echo '{\"version\": 1, \"success\": false, \"code\": \"401\", \"message\": \"log in\"}'", "log in"},
      {"echo out of order >&2; exit 3", "status 3: out of order"},
      {"echo '{\"version\": 9}'", "version 1"},
      {"echo '{\"version\": 1, \"success\": true, \"token_type\": \"t\", \"id_token\": \"x\", "
       "\"expiration_time\": 5}'",
       "has expired"},
  };
  for (const auto& [script, reason] : table) {
    const auto workload = with_defaults(program_workload(file(script, "failing.sh")));
    const Error error = error_of([&] { workload->get("k"); });
    EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
  }
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(GcsCredentials, AUserMayImpersonate) {
  transport->reply(200, token_answer)
      .reply(200, R"({"accessToken": "as-robot", "expireTime": "2200-01-01T00:00:00Z"})");
  const auto sent = requests_of_a_get(with_defaults(
      R"({"type": "impersonated_service_account",
          "service_account_impersonation_url": "https://iam/v1/projects/-/serviceAccounts/r@p:generateAccessToken",
          "source_credentials": {"type": "authorized_user", "client_id": "i", "client_secret": "s",
                                 "refresh_token": "r"}})"));
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(header(sent[1], "authorization"), "Bearer ya29.fresh");
  EXPECT_EQ(header(sent[2], "authorization"), "Bearer as-robot");
}

TEST_F(GcsCredentials, AMachineAsksItsMetadataServer) {
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(bare());
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url,
            "GET http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token");
  EXPECT_EQ(header(sent[0], "metadata-flavor"), "Google");
  EXPECT_EQ(header(sent[1], "authorization"), "Bearer ya29.fresh");
}

TEST_F(GcsCredentials, TheMetadataServersAddressIsAskedWhenItsNameIsUnknown) {
  for (int tries = 0; tries < 4; ++tries) transport->fail(false);
  transport->reply(200, token_answer);
  const auto sent = requests_of_a_get(bare());
  EXPECT_TRUE(sent[4].url.starts_with("http://169.254.169.254/computeMetadata/")) << sent[4].url;

  set_variable("GCE_METADATA_HOST", "meta:81");
  set_variable("GCE_METADATA_IP", "10.0.0.1");
  for (int tries = 0; tries < 4; ++tries) transport->fail(false);
  transport->reply(200, token_answer);
  const auto more = requests_of_a_get(bare());
  EXPECT_TRUE(more[6].url.starts_with("http://meta:81/computeMetadata/")) << more[6].url;
  EXPECT_TRUE(more[10].url.starts_with("http://10.0.0.1/computeMetadata/")) << more[10].url;
}

TEST_F(GcsCredentials, WithoutAnyTheErrorSaysWhatIsAccepted) {
  transport->otherwise([](const HttpRequest&) -> HttpResponse {
    throw TransportError(ErrorKind::io, "could not resolve host", false);
  });
  const Error error = error_of([store = bare()] { store->put("k", Bytes()); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  for (const char* name : {"google_service_account", "google_application_credentials", "google_bearer_token",
                           "gcloud", "provider", "google_skip_signature", "metadata.google.internal"})
    EXPECT_NE(error.message().find(name), std::string::npos) << error.message();
}

TEST_F(GcsCredentials, AMachineWithoutAServiceAccountIsToldSo) {
  transport->reply(404, "<!DOCTYPE html>");
  const Error error = error_of([store = bare()] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(error.status(), 404);
  EXPECT_EQ(transport->count(), 1U) << "an answer is an answer: the address is not asked as well";
}

TEST_F(GcsCredentials, AProviderStandsForAllOthers) {
  GcsOptions options = fake_gcs_options(transport, {{"bearer_token", "other"}});
  int asked = 0;
  options.credential_provider = [&asked] {
    return [](int* count) -> Task<BearerToken> {
      BearerToken token;
      token.token = "provided-" + std::to_string(++*count);
      token.expires_at = std::chrono::system_clock::now() + std::chrono::minutes(3);
      co_return token;
    }(&asked);
  };
  const auto provided = make_gcs_store(std::move(options));
  EXPECT_EQ(header(requests_of_a_get(provided).back(), "authorization"), "Bearer provided-1");
  EXPECT_EQ(header(requests_of_a_get(provided).back(), "authorization"), "Bearer provided-2");
  EXPECT_EQ(transport->count(), 2U);
}

TEST_F(GcsCredentials, FilesThatCannotBeUsedAreRefusedAtOnceAndNotQuoted) {
  const auto workload = [](const std::string& source) {
    return R"({"type": "external_account", "audience": "a", "subject_token_type": "t", "credential_source": )" +
           source + "}";
  };
  const std::tuple<std::string, ErrorKind, const char*> table[] = {
      {"sesame", ErrorKind::generic, "no JSON object"},
      {"{}", ErrorKind::generic, "\"type\""},
      {R"({"type": "sesame"})", ErrorKind::generic, "\"authorized_user\""},
      {R"({"type": "authorized_user", "client_id": "sesame"})", ErrorKind::generic, "\"client_secret\""},
      {R"({"type": "external_account"})", ErrorKind::generic, "\"audience\""},
      {workload("null"), ErrorKind::generic, "credential_source"},
      {workload("{}"), ErrorKind::generic, "\"url\""},
      {workload(R"({"file": "f", "url": "u"})"), ErrorKind::generic, "either"},
      {workload(R"({"file": "f", "format": {"type": "xml"}})"), ErrorKind::generic, "\"json\""},
      {workload(R"({"environment_id": "aws2"})"), ErrorKind::generic, "\"aws1\""},
      {workload(
           R"({"environment_id": "aws1", "regional_cred_verification_url": "u", "url": "https://elsewhere"})"),
       ErrorKind::generic, "/latest/meta-data/iam/security-credentials"},
      {workload(R"({"executable": {"command": "c"}})"), ErrorKind::generic, "ALLOW_EXECUTABLES"},
  };
  for (const auto& [text, kind, reason] : table) {
    const Error error = error_of([&, &json = text] { (void)with_defaults(json); });
    EXPECT_EQ(error.kind(), kind) << text;
    EXPECT_NE(error.message().find(reason), std::string::npos) << error.message();
    if (text.find("\"sesame\"}") == std::string::npos || text.find("authorized_user") != std::string::npos) {
      EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
    }
  }
  EXPECT_EQ(kind_thrown([&] { make({{"google_application_credentials", "/no/such/file"}}); }),
            ErrorKind::generic);
}

TEST_F(GcsCredentials, AMissingSubjectTokenIsNamed) {
  const auto workload = with_defaults(
      R"({"type": "external_account", "audience": "a", "subject_token_type": "t",
          "credential_source": {"file": "/no/such/token"}})");
  const Error error = error_of([&] { workload->get("k"); });
  EXPECT_NE(error.message().find("\"/no/such/token\""), std::string::npos) << error.message();
  EXPECT_EQ(transport->count(), 0U);
}

}  // namespace
}  // namespace storelink::testing
