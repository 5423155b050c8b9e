// What only Azure has, on a real server: kinds of authorization, signed URLs, snapshots, tags.
#include "codec/digest.hpp"
#include "codec/url.hpp"
#include "conformance/fixture.hpp"
#include "http/client_options.hpp"

namespace storelink::testing {
namespace {

// A token as the emulator wants it: audience, issuer and expiry are checked, the signature is not.
std::string bearer_token(std::chrono::seconds expires_in) {
  const auto now =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch());
  const std::string claims =
      "{\"aud\":\"https://storage.azure.com\",\"iss\":\"https://sts.windows.net/"
      "ab1f708d-50f6-404c-a006-d71b2ac7a606/\",\"oid\":\"23657296-5cd5-45b0-a809-d972a7f4dfe1\","
      "\"tid\":\"ab1f708d-50f6-404c-a006-d71b2ac7a606\",\"nbf\":" +
      std::to_string((now - std::chrono::minutes(10)).count()) + ",\"iat\":" + std::to_string(now.count()) +
      ",\"exp\":" + std::to_string((now + expires_in).count()) + "}";
  return codec::base64url_encode("{\"alg\":\"RS256\",\"typ\":\"JWT\"}") + "." +
         codec::base64url_encode(claims) + "." + codec::base64url_encode("signature");
}

class AzureServer : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_server("AZURE")) GTEST_SKIP() << "no Azure server";
    options = azure_options();
    store = make_azure_store(options);
  }
  // The options without credentials and endpoint, and with these.
  AzureOptions with(Settings config, bool https = false) const {
    AzureOptions made = options;
    made.config = std::move(config);
    made.config.emplace_back("account_name", variable("STORELINK_TEST_AZURE_ACCOUNT_NAME"));
    made.config.emplace_back("endpoint", variable(https ? "STORELINK_TEST_AZURE_HTTPS_ENDPOINT"
                                                        : "STORELINK_TEST_AZURE_ENDPOINT"));
    if (https) made.client_options = {{"allow_invalid_certificates", "true"}};
    return made;
  }
  // Sends what a holder of the URL would.
  static int status(const std::string& method, const std::string& url, const std::string& body = {},
                    Headers headers = {}) {
    http::ClientOptions client;
    client.allow_http = client.allow_invalid_certificates = true;
    HttpRequest request;
    request.method = method;
    request.url = url;
    request.headers = std::move(headers);
    request.body = Bytes::copy(body);
    return drive(http::make_transport(client)->send_async(std::move(request))).status;
  }
  static std::string tampered(std::string url) {
    const std::size_t at = url.find("sp=r");
    EXPECT_NE(at, std::string::npos);
    return url.replace(at, 4, "sp=w");
  }

  AzureOptions options;
  std::shared_ptr<ObjectStore> store;
};

TEST_F(AzureServer, AWrongKeyIsRefused) {
  const auto stranger = make_azure_store(with({{"account_key", codec::base64_encode("wrong")}}));
  const Error error = error_of([&] { stranger->put("k", Bytes::copy("x")); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_NE(error.message().find("Server failed to authenticate"), std::string::npos) << error.message();
}

TEST_F(AzureServer, UrlsThatAreSignedWithTheKeyLetTheirHolderDoOneThing) {
  const auto sign = [&](const std::string& method) {
    return store->sign(SignRequest(method, "dir/ä b", std::chrono::minutes(5)));
  };
  EXPECT_EQ(status("PUT", sign("PUT"), "hello", {{"x-ms-blob-type", "BlockBlob"}}), 201);
  EXPECT_EQ(store->get("dir/ä b").view(), "hello");
  EXPECT_EQ(status("GET", sign("GET")), 200);
  EXPECT_EQ(status("HEAD", sign("HEAD")), 200);
  EXPECT_EQ(status("PUT", sign("GET"), "evil", {{"x-ms-blob-type", "BlockBlob"}}), 403);
  EXPECT_EQ(status("GET", tampered(sign("GET"))), 403);
  EXPECT_EQ(status("DELETE", sign("DELETE")), 202);
  EXPECT_EQ(kind_thrown([&] { store->head("dir/ä b"); }), ErrorKind::not_found);
}

TEST_F(AzureServer, ASasThatAllowsReadingOfOneBlobReadsItOnly) {
  store->put("k", Bytes::copy("hello"));
  const std::string url = store->sign(SignRequest("GET", "k", std::chrono::minutes(5)));
  const auto reader = make_azure_store(with({{"sas_token", url.substr(url.find('?'))}}));
  EXPECT_EQ(reader->get("k").view(), "hello");
  EXPECT_EQ(reader->get(GetRequest("k", GetRange::suffix(2))).body.view(), "lo");
  EXPECT_EQ(kind_thrown([&] { reader->put("k", Bytes::copy("x")); }), ErrorKind::permission_denied);
  EXPECT_EQ(kind_thrown([&] { reader->get("other"); }), ErrorKind::permission_denied);
}

TEST_F(AzureServer, BearerTokensDoEverythingAndSignUrlsWithAUsersKey) {
  const auto user = make_azure_store(with({{"token", bearer_token(std::chrono::hours(1))}}, true));
  user->put("k", Bytes::copy("hello"));
  user->copy(CopyRequest("k", "l"));
  EXPECT_EQ(user->get("l").view(), "hello");
  const std::string url = user->sign(SignRequest("GET", "k", std::chrono::minutes(5)));
  EXPECT_EQ(status("GET", url), 200);
  EXPECT_EQ(status("GET", tampered(url)), 403);
  for (const auto& outcome : user->remove_many({"k", "l", "missing"})) EXPECT_FALSE(outcome);
  EXPECT_TRUE(user->list().empty());
}

TEST_F(AzureServer, AnExpiredTokenIsRefused) {
  const auto late = make_azure_store(with({{"token", bearer_token(std::chrono::hours(-1))}}, true));
  // The service itself says 401.
  EXPECT_EQ(kind_thrown([&] { late->put("k", Bytes::copy("x")); }), ErrorKind::permission_denied);
}

TEST_F(AzureServer, AnonymousRequestsToAPrivateContainerAreRefused) {
  const auto nobody = make_azure_store(with({{"skip_signature", "true"}}));
  const ErrorKind kind = kind_thrown([&] { nobody->get("k"); });
  EXPECT_TRUE(kind == ErrorKind::not_found || kind == ErrorKind::permission_denied ||
              kind == ErrorKind::unauthenticated)
      << static_cast<int>(kind);
}

TEST_F(AzureServer, ASnapshotIsReadByItsTime) {
  store->put("k", Bytes::copy("old"));
  // A snapshot is made outside of the store.
  http::ClientOptions client;
  client.allow_http = true;
  const std::string put = store->sign(SignRequest("PUT", "k", std::chrono::minutes(5)));
  HttpRequest request;
  request.method = "PUT";
  request.url = put + "&comp=snapshot";
  const HttpResponse made = drive(http::make_transport(client)->send_async(std::move(request)));
  ASSERT_EQ(made.status, 201);
  const std::string* snapshot = find_header(made.headers, "x-ms-snapshot");
  ASSERT_NE(snapshot, nullptr);
  store->put("k", Bytes::copy("new"));
  GetRequest get("k");
  get.version = "snapshot=" + *snapshot;
  EXPECT_EQ(store->get(get).body.view(), "old");
  EXPECT_EQ(store->get("k").view(), "new");
  store->remove("k");
  EXPECT_EQ(kind_thrown([&] { store->get(get); }), ErrorKind::not_found) << "goes with its blob";
}

TEST_F(AzureServer, TheTierThatWasGivenIsTheStorageClass) {
  PutRequest request("k", Bytes::copy("x"));
  request.attributes.storage_class = "Cool";
  request.tags = {{"project", "a b"}};
  store->put(request);
  GetRequest head("k");
  head.head = true;
  EXPECT_EQ(store->get(head).attributes.storage_class, "Cool");
  store->put("k", Bytes::copy("x"));
  EXPECT_EQ(store->get(head).attributes.storage_class, std::nullopt) << "the account's default is none";
}

TEST_F(AzureServer, KeysOfEveryKindAreDeletedInBatches) {
  std::vector<std::string> keys;
  for (int i = 0; i < 300; ++i) keys.push_back("many/" + std::to_string(i) + " ä+%&?#");
  for (const std::string& key : keys) store->put(key, Bytes());
  keys.emplace_back("many/missing");
  for (const auto& outcome : store->remove_many(keys)) EXPECT_FALSE(outcome);
  EXPECT_TRUE(store->list().empty());
}

TEST_F(AzureServer, TheEmulatorsOwnSettingsReachIt) {
  AzureOptions emulator = options;
  const std::string endpoint = variable("STORELINK_TEST_AZURE_ENDPOINT");
  emulator.config = {{"use_emulator", "true"}, {"endpoint", endpoint.substr(0, endpoint.rfind('/'))}};
  emulator.client_options.clear();
  make_azure_store(emulator)->put("k", Bytes::copy("x"));
  EXPECT_EQ(store->get("k").view(), "x");
}

}  // namespace
}  // namespace storelink::testing
