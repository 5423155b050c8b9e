// Settings of S3 on a server that looks at them: SeaweedFS.
#include <fstream>
#include <sstream>
#include <thread>

#include "cloud/aws/aws_request.hpp"
#include "conformance/fixture.hpp"
#include "support/tapped_transport.hpp"

namespace storelink::testing {
namespace {

class S3OnServer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_server("S3")) GTEST_SKIP() << "no S3 server";
    options = s3_options();
    store = make_s3_store(options);
  }
  // The same objects by other settings; "endpoint" among them replaces the server's.
  std::shared_ptr<ObjectStore> with(Settings more, Settings client = {}) const {
    S3Options made = options;
    for (auto& [name, value] : more) {
      if (name == "endpoint")
        std::erase_if(made.config, [](const auto& item) { return item.first == "endpoint"; });
      made.config.emplace_back(name, value);
    }
    if (!client.empty()) made.client_options = std::move(client);
    return make_s3_store(std::move(made));
  }
  static std::string authority() {
    std::ifstream file(variable("STORELINK_TEST_S3_CA_FILE"));
    std::ostringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // GetObjectTagging.
  std::string tags_of(const std::string& key) const {
    HttpRequest request;
    request.method = "GET";
    request.url = variable("STORELINK_TEST_S3_ENDPOINT") + "/" + options.bucket + "/" + options.prefix + "/" +
                  key + "?tagging=";
    AwsCredentials keys;
    keys.access_key_id = variable("STORELINK_TEST_S3_ACCESS_KEY_ID");
    keys.secret_access_key = variable("STORELINK_TEST_S3_SECRET_ACCESS_KEY");
    cloud::aws::sign_request(SigV4Signer(options.config[1].second), request, keys);
    return drive(plain_transport()->send_async(std::move(request))).body.to_string();
  }
  using AwsCredentials = cloud::AwsCredentials;
  using SigV4Signer = cloud::SigV4Signer;

  S3Options options;
  std::shared_ptr<ObjectStore> store;
};

TEST_F(S3OnServer, TagsAreKeptOfPutsAndUploads) {
  PutRequest put("tagged", Bytes::copy("x"));
  put.tags = {{"color", "a b&c"}, {"size", "1"}};
  store->put(std::move(put));
  MultipartRequest start("parts");
  start.tags = {{"color", "red"}};
  const auto upload = store->start_multipart(std::move(start));
  upload->put_part(0, Bytes::copy("x"));
  upload->complete();
  for (const char* part : {"<Key>color</Key><Value>a b&amp;c</Value>", "<Key>size</Key><Value>1</Value>"})
    EXPECT_NE(tags_of("tagged").find(part), std::string::npos) << tags_of("tagged");
  EXPECT_NE(tags_of("parts").find("<Key>color</Key><Value>red</Value>"), std::string::npos)
      << tags_of("parts");

  PutRequest other("untagged", Bytes::copy("x"));
  other.tags = {{"color", "red"}};
  with({{"disable_tagging", "true"}})->put(std::move(other));
  EXPECT_EQ(tags_of("untagged").find("red"), std::string::npos);
}

TEST_F(S3OnServer, AnEndpointWithTlsIsTrustedByItsAuthority) {
  const Settings secure = {{"endpoint", variable("STORELINK_TEST_S3_HTTPS_ENDPOINT")}};
  const Settings trusting = {{"root_certificate", authority()}};
  for (const char* version : {"http1_only", "http2_only"}) {
    Settings client = trusting;
    client.emplace_back(version, "true");
    const auto encrypted = with(secure, client);
    encrypted->put("key", Bytes::copy(version));
    EXPECT_EQ(encrypted->get("key").view(), version);
  }
  const Settings once = {{"connect_timeout", "5s"}};
  EXPECT_THROW(with(secure, once)->put("key", Bytes()), Error);
}

TEST_F(S3OnServer, TheBucketMayStandInTheHostsName) {
  std::string endpoint = variable("STORELINK_TEST_S3_ENDPOINT");
  endpoint.replace(endpoint.find("127.0.0.1"), 9, "localhost");
  const auto hosted = with({{"endpoint", endpoint}, {"virtual_hosted_style_request", "true"}});
  hosted->put("a b/c", Bytes::copy("hosted"));
  EXPECT_EQ(store->get("a b/c").view(), "hosted");
  EXPECT_EQ(paths(hosted->list()), Strings{"a b/c"});
}

TEST_F(S3OnServer, PayloadsMayBeUnsigned) {
  const auto unsigned_store = with({{"unsigned_payload", "true"}});
  unsigned_store->put("key", Bytes::copy("text"));
  EXPECT_EQ(unsigned_store->get("key").view(), "text");
}

TEST_F(S3OnServer, ObjectsUnderACustomersKeyNeedIt) {
  const std::string key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  const std::string other = "MTEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";
  const auto under = [&](const std::string& secret) {
    return with({{"server_side_encryption", "sse-c"}, {"sse_customer_key_base64", secret}});
  };
  under(key)->put("secret", Bytes::copy("text"));
  EXPECT_EQ(under(key)->get("secret").view(), "text");
  EXPECT_EQ(under(key)->head("secret").size, 4U);
  under(key)->copy(CopyRequest("secret", "copied"));
  EXPECT_EQ(under(key)->get("copied").view(), "text");
  EXPECT_THROW(under(other)->get("secret"), Error);
  EXPECT_THROW(store->get("secret"), Error);
}

TEST_F(S3OnServer, ChecksumsAreComparedByBothSides) {
  for (const char* algorithm : {"sha256", "crc64nvme"}) {
    const auto checked = with({{"checksum_algorithm", algorithm}});
    checked->put("checked", Bytes::copy("text"));
    EXPECT_EQ(checked->get("checked").view(), "text");
    const auto upload = checked->start_multipart(MultipartRequest("parts"));
    upload->put_part(0, Bytes::adopt(std::string(5 << 20, 'a')));
    upload->put_part(1, Bytes::copy("b"));
    upload->complete();
    EXPECT_EQ(checked->get("parts").size(), (5u << 20) + 1) << algorithm;

    S3Options meddled = options;
    meddled.config.emplace_back("checksum_algorithm", algorithm);
    meddled.config.emplace_back("unsigned_payload", "true");
    meddled.transport = std::make_shared<TappedTransport>([](HttpRequest& request) {
      if (!request.body.empty()) request.body = Bytes::adopt(std::string(request.body.size(), '!'));
    });
    EXPECT_THROW(make_s3_store(meddled)->put("meddled", Bytes::copy("text")), Error) << algorithm;
    EXPECT_EQ(kind_thrown([&] { store->head("meddled"); }), ErrorKind::not_found);
  }
}

TEST_F(S3OnServer, WhoHasNoCredentialsReadsWhatEverybodyMay) {
  S3Options open = options;
  open.bucket = variable("STORELINK_TEST_S3_PUBLIC_BUCKET");
  make_s3_store(open)->put("key", Bytes::copy("public"));
  std::erase_if(open.config, [](const auto& item) { return item.first.starts_with("aws_"); });
  open.config.emplace_back("skip_signature", "true");
  const auto anonymous = make_s3_store(open);
  EXPECT_EQ(anonymous->get("key").view(), "public");
  EXPECT_EQ(paths(anonymous->list()), Strings{"key"});
  EXPECT_EQ(kind_thrown([&] { anonymous->put("key", Bytes::copy("changed")); }),
            ErrorKind::permission_denied);
  open.bucket = options.bucket;
  store->put("key", Bytes::copy("private"));
  EXPECT_EQ(kind_thrown([&] { (void)make_s3_store(open)->get("key"); }), ErrorKind::permission_denied);
}

TEST_F(S3OnServer, UrlsExpire) {
  store->put("key", Bytes::copy("text"));
  HttpRequest request;
  request.method = "GET";
  request.url = store->sign(SignRequest("GET", "key", std::chrono::seconds(1)));
  std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  EXPECT_EQ(drive(plain_transport()->send_async(std::move(request))).status, 403);
}

}  // namespace
}  // namespace storelink::testing
