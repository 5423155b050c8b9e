// The exact request of each verb, and what becomes of its answer.
#include "cloud/s3_fixture.hpp"
#include "codec/digest.hpp"

namespace storelink::testing {
namespace {

using S3Requests = FakeS3;
constexpr const char* base = "https://s3.us-east-1.amazonaws.com/bucket";

TEST_F(S3Requests, GetAsksForTheObjectAndReadsItsHeaders) {
  transport->reply(200, "hello",
                   object_headers(5, {{"content-type", "text/plain"},
                                      {"x-amz-meta-colour", "red"},
                                      {"x-amz-version-id", "v7"},
                                      {"x-amz-storage-class", "GLACIER_IR"}}));
  const GetResult result = store->get(GetRequest("a b/ü+%.txt"));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.url, std::string(base) + "/a%20b/%C3%BC%2B%25.txt");
  EXPECT_EQ(header(sent, "range"), "(none)");
  EXPECT_EQ(header(sent, "accept-encoding"), "(none)");
  EXPECT_TRUE(header(sent, "authorization").starts_with("AWS4-HMAC-SHA256 Credential=KEYID/")) << "signed";

  EXPECT_EQ(result.body.view(), "hello");
  EXPECT_EQ(result.meta.path, "a b/ü+%.txt");
  EXPECT_EQ(result.meta.size, 5U);
  EXPECT_EQ(result.end, 5U);
  EXPECT_EQ(result.meta.e_tag, "\"e1\"");
  EXPECT_EQ(result.meta.version, "v7");
  EXPECT_EQ(result.meta.last_modified, Timestamp(std::chrono::seconds(784111777)));
  EXPECT_EQ(result.attributes.content_type, "text/plain");
  EXPECT_EQ(result.attributes.storage_class, "GLACIER_IR");
  EXPECT_EQ(result.attributes.metadata.at("colour"), "red");
}

TEST_F(S3Requests, GetSendsItsConditionsAndVersion) {
  transport->reply(200, "", object_headers(0));
  GetRequest request("k");
  request.if_match = "\"a\", \"b\"";
  request.if_none_match = "\"c\"";
  request.if_modified_since = Timestamp(std::chrono::seconds(784111777));
  request.if_unmodified_since = Timestamp(std::chrono::seconds(784111777));
  request.version = "v/1 +";
  store->get(std::move(request));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.url, std::string(base) + "/k?versionId=v%2F1%20%2B");
  EXPECT_EQ(header(sent, "if-match"), "\"a\", \"b\"");
  EXPECT_EQ(header(sent, "if-none-match"), "\"c\"");
  EXPECT_EQ(header(sent, "if-modified-since"), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(header(sent, "if-unmodified-since"), "Sun, 06 Nov 1994 08:49:37 GMT");
}

TEST_F(S3Requests, HeadAsksForNoBody) {
  transport->reply(200, "", object_headers(12));
  EXPECT_EQ(store->head("k").size, 12U);
  EXPECT_EQ(transport->last().method, "HEAD");
}

TEST_F(S3Requests, PutSendsBodyHashAttributesAndTags) {
  transport->reply(200, "", {{"etag", "\"new\""}, {"x-amz-version-id", "v1"}});
  PutRequest request("dir/k", Bytes::copy("data"));
  request.attributes.content_type = "text/html";
  request.attributes.cache_control = "no-store";
  request.attributes.metadata["owner"] = "Jörg ";
  request.tags = {{"a b", "c&d"}, {"e", ""}};
  const PutResult result = store->put(std::move(request));
  EXPECT_EQ(result.e_tag, "\"new\"");
  EXPECT_EQ(result.version, "v1");
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.url, std::string(base) + "/dir/k");
  EXPECT_EQ(sent.body.view(), "data");
  EXPECT_EQ(header(sent, "x-amz-content-sha256"), codec::to_hex(codec::sha256("data")));
  EXPECT_EQ(header(sent, "content-type"), "text/html");
  EXPECT_EQ(header(sent, "cache-control"), "no-store");
  EXPECT_EQ(header(sent, "x-amz-tagging"), "a%20b=c%26d&e=");
  EXPECT_EQ(header(sent, "x-amz-meta-owner"), "=?UTF-8?B?SsO2cmcg?=");
  EXPECT_EQ(header(sent, "if-match"), "(none)");
  EXPECT_EQ(header(sent, "if-none-match"), "(none)");
}

TEST_F(S3Requests, FurtherHeadersAreSentAndSigned) {
  transport->reply(200, "x", object_headers(1))
      .reply(200, "", object_headers(1))
      .reply(200, "", {{"etag", "\"e\""}});
  GetRequest get("k");
  get.headers = {{"X-Trace", "7"}};
  store->get(get);
  EXPECT_EQ(header(transport->last(), "x-trace"), "7");
  EXPECT_NE(header(transport->last(), "authorization").find("x-trace"), std::string::npos) << "it is signed";
  get.head = true;
  store->get(get);
  EXPECT_EQ(header(transport->last(), "x-trace"), "7");
  PutRequest put("k", Bytes::copy("x"));
  put.headers = {{"x-amz-acl", "private"}};
  store->put(std::move(put));
  EXPECT_EQ(header(transport->last(), "x-amz-acl"), "private");
}

TEST_F(S3Requests, HeadersOfTheStoresOwnAndBadOnesAreRefusedBeforeAnyRequest) {
  const std::pair<const char*, const char*> table[] = {
      {"Authorization", "x"}, {"host", "x"},    {"content-length", "1"}, {"bad name", "x"}, {"", "x"},
      {"x-ok", "a\nb"},       {"x-ok", "\x7f"}, {"If-Match", "\"y\""}};
  for (const auto& [name, value] : table) {
    GetRequest get("k");
    get.if_match = "\"x\"";
    get.headers = {{name, value}};
    EXPECT_EQ(kind_thrown([&] { store->get(get); }), ErrorKind::generic) << name;
  }
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(S3Requests, MetadataThatHttpCannotCarryComesBackAsItWas) {
  transport->reply(200, "",
                   object_headers(0, {{"x-amz-meta-a", "=?UTF-8?B?SsO2cmcg?="},
                                      {"x-amz-meta-b", "=?utf-8?Q?J=C3=B6rg_100%?= =?UTF-8?Q?!?="},
                                      {"x-amz-meta-c", "=?latin1?Q?x?= plain"}}));
  const auto metadata = store->get(GetRequest("k")).attributes.metadata;
  EXPECT_EQ(metadata.at("a"), "Jörg ");
  EXPECT_EQ(metadata.at("b"), "Jörg 100%!");
  EXPECT_EQ(metadata.at("c"), "=?latin1?Q?x?= plain");
}

TEST_F(S3Requests, AttributesWithControlCharactersAreRefusedBeforeAnyRequest) {
  PutRequest request("k", Bytes());
  request.attributes.metadata["a"] = "x\r\nx-evil: 1";
  EXPECT_EQ(error_of([&] { store->put(request); }).kind(), ErrorKind::generic);
  request.attributes.metadata.clear();
  request.attributes.metadata["a:b"] = "x";
  EXPECT_EQ(error_of([&] { store->put(request); }).kind(), ErrorKind::generic);
  GetRequest get("k");
  get.if_match = "a\nb";
  EXPECT_EQ(error_of([&] { store->get(get); }).kind(), ErrorKind::generic);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(S3Requests, AnEmptyKeyIsNoKey) {
  EXPECT_EQ(error_of([&] { store->get(""); }).kind(), ErrorKind::invalid_path);
  EXPECT_EQ(error_of([&] { store->remove(""); }).kind(), ErrorKind::invalid_path);
  EXPECT_EQ(error_of([&] { store->put("", Bytes()); }).kind(), ErrorKind::invalid_path);
  EXPECT_EQ(error_of([&] { store->copy(CopyRequest("a", "")); }).kind(), ErrorKind::invalid_path);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(S3Requests, ConditionalPutsSendTheirCondition) {
  transport->reply(200).reply(200);
  PutRequest request("k", Bytes::copy("x"));
  request.mode = PutMode::create();
  store->put(request);
  EXPECT_EQ(header(transport->last(), "if-none-match"), "*");
  request.mode = PutMode::update("\"old\"");
  store->put(request);
  EXPECT_EQ(header(transport->last(), "if-match"), "\"old\"");
  request.mode = PutMode::update({}, "v1");
  EXPECT_EQ(error_of([&] { store->put(request); }).kind(), ErrorKind::generic);
}

TEST_F(S3Requests, SettingsChangeTheHeadersOfWrites) {
  transport->reply(200);
  auto options = fake_s3_options(transport, {{"unsigned_payload", "true"},
                                             {"checksum_algorithm", "SHA256"},
                                             {"request_payer", "Requester"},
                                             {"disable_tagging", "true"},
                                             {"session_token", "TOKEN"},
                                             {"server_side_encryption", "aws:kms"},
                                             {"sse_kms_key_id", "key-1"},
                                             {"sse_bucket_key_enabled", "true"}});
  options.client_options = {{"default_content_type", "application/x-default"}};
  store = make_s3_store(std::move(options));
  PutRequest request("k", Bytes::copy("data"));
  request.tags = {{"a", "b"}};
  store->put(std::move(request));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(header(sent, "x-amz-content-sha256"), "UNSIGNED-PAYLOAD");
  EXPECT_EQ(header(sent, "x-amz-checksum-sha256"),
            codec::base64_encode(codec::as_chars(codec::sha256("data"))));
  EXPECT_EQ(header(sent, "x-amz-request-payer"), "requester");
  EXPECT_EQ(header(sent, "x-amz-tagging"), "(none)");
  EXPECT_EQ(header(sent, "x-amz-security-token"), "TOKEN");
  EXPECT_EQ(header(sent, "content-type"), "application/x-default");
  EXPECT_EQ(header(sent, "x-amz-server-side-encryption"), "aws:kms");
  EXPECT_EQ(header(sent, "x-amz-server-side-encryption-aws-kms-key-id"), "key-1");
  EXPECT_EQ(header(sent, "x-amz-server-side-encryption-bucket-key-enabled"), "true");
}

TEST_F(S3Requests, EveryKindOfEncryptionGoesWithWhatMakesAnObject) {
  for (const std::string kind : {"AES256", "aws:kms", "aws:kms:dsse"}) {
    Settings settings = {{"server_side_encryption", kind}};
    if (kind != "AES256") settings.emplace_back("sse_kms_key_id", "key-1");
    store = make(std::move(settings));
    transport->reply(200).reply(200, "<CopyObjectResult/>");
    transport->reply(200, "<R><UploadId>u</UploadId></R>").reply(200, "", {{"etag", "\"p\""}});
    transport->reply(200, "", object_headers(0)).reply(204);
    const std::size_t first = transport->count();
    store->put("k", Bytes());
    store->copy(CopyRequest("k", "l"));
    const auto upload = store->start_multipart(MultipartRequest("m"));
    upload->put_part(0, Bytes::copy("x"));
    store->get("k");
    upload->abort();
    const auto sent = transport->requests();
    for (std::size_t i = 0; i < 6; ++i) {
      const bool makes_one = i < 3;
      EXPECT_EQ(header(sent[first + i], "x-amz-server-side-encryption"), makes_one ? kind : "(none)") << i;
      EXPECT_EQ(header(sent[first + i], "x-amz-server-side-encryption-aws-kms-key-id"),
                makes_one && kind != "AES256" ? "key-1" : "(none)")
          << i;
    }
  }
}

TEST_F(S3Requests, CustomerKeysGoWithReadsWritesAndBothEndsOfACopy) {
  const std::string key = codec::base64_encode(std::string(32, 'k'));
  store = make({{"server_side_encryption", "sse-c"}, {"sse_customer_key_base64", key}});
  transport->reply(200, "", object_headers(0)).reply(200).reply(200, "<CopyObjectResult/>");
  store->get("k");
  EXPECT_EQ(header(transport->last(), "x-amz-server-side-encryption-customer-key"), key);
  store->put("k", Bytes());
  EXPECT_EQ(header(transport->last(), "x-amz-server-side-encryption-customer-algorithm"), "AES256");
  store->copy(CopyRequest("k", "l"));
  EXPECT_EQ(header(transport->last(), "x-amz-server-side-encryption-customer-key"), key);
  EXPECT_EQ(header(transport->last(), "x-amz-copy-source-server-side-encryption-customer-key"), key);
}

TEST_F(S3Requests, AnonymousStoresSignNothing) {
  S3Options options = fake_s3_options(transport);
  options.config = {{"skip_signature", "true"}};
  store = make_s3_store(std::move(options));
  transport->reply(200).reply(200, "", object_headers(0));
  store->put("k", Bytes::copy("x"));
  EXPECT_EQ(header(transport->last(), "authorization"), "(none)");
  EXPECT_EQ(header(transport->last(), "x-amz-content-sha256"), "(none)");
  store->get("k");
  EXPECT_EQ(header(transport->last(), "authorization"), "(none)");
  EXPECT_FALSE(store->capabilities().sign);
  EXPECT_EQ(error_of([&] { store->sign(SignRequest("GET", "k", std::chrono::seconds(9))); }).kind(),
            ErrorKind::not_supported);
}

TEST_F(S3Requests, VirtualHostedStyleMovesTheBucketIntoTheHost) {
  store = make({{"virtual_hosted_style_request", "true"}, {"region", "eu-west-3"}});
  transport->reply(200, "", object_headers(0)).reply(200, "<ListBucketResult/>");
  store->get("a/b");
  EXPECT_EQ(transport->last().url, "https://bucket.s3.eu-west-3.amazonaws.com/a/b");
  EXPECT_NE(header(transport->last(), "authorization").find("/eu-west-3/s3/aws4_request"), std::string::npos);
  store->list();
  EXPECT_EQ(transport->last().url,
            "https://bucket.s3.eu-west-3.amazonaws.com/?encoding-type=url&list-type=2");
}

TEST_F(S3Requests, EndpointsMayHaveAPathAPortAndTheBucketAlready) {
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers = object_headers(0);
    return response;
  });
  make({{"endpoint", "https://Minio.Example:9000/base/"}})->get("k");
  EXPECT_EQ(transport->last().url, "https://minio.example:9000/base/bucket/k");
  make({{"endpoint", "https://bucket.cdn.example"}, {"virtual_hosted_style_request", "true"}})->get("k");
  EXPECT_EQ(transport->last().url, "https://bucket.cdn.example/k");
  make({{"endpoint", "https://cdn.example:443"}, {"virtual_hosted_style_request", "true"}})->get("k");
  EXPECT_EQ(transport->last().url, "https://bucket.cdn.example/k");
  make({{"endpoint", "https://acc.r2.cloudflarestorage.com"}})->get("k");
  EXPECT_NE(header(transport->last(), "authorization").find("/auto/s3/"), std::string::npos);
}

TEST_F(S3Requests, DeleteSendsDelete) {
  transport->reply(204);
  store->remove("a/b");
  EXPECT_EQ(transport->last().method, "DELETE");
  EXPECT_EQ(transport->last().url, std::string(base) + "/a/b");
}

TEST_F(S3Requests, CopyNamesItsSourceEncoded) {
  transport->reply(200, "<CopyObjectResult><ETag>&quot;x&quot;</ETag></CopyObjectResult>");
  store->copy(CopyRequest("von hier/ä+", "to"));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.url, std::string(base) + "/to");
  EXPECT_EQ(header(sent, "x-amz-copy-source"), "/bucket/von%20hier/%C3%A4%2B");
  EXPECT_EQ(header(sent, "if-none-match"), "(none)");
}

TEST_F(S3Requests, CopyWithoutOverwritingAsksAsConfigured) {
  transport->reply(200).reply(200).reply(418);
  store->copy(CopyRequest("a", "b", false));
  EXPECT_EQ(header(transport->last(), "if-none-match"), "*");
  make({{"copy_if_not_exists", "header: cf-copy-destination-if-none-match: *"}})
      ->copy(CopyRequest("a", "b", false));
  EXPECT_EQ(header(transport->last(), "cf-copy-destination-if-none-match"), "*");
  EXPECT_EQ(header(transport->last(), "if-none-match"), "(none)");
  const auto teapot = make({{"copy_if_not_exists", "header-with-status: x-if: no: 418"}});
  const Error error = error_of([&] { teapot->copy(CopyRequest("a", "b", false)); });
  EXPECT_EQ(error.kind(), ErrorKind::already_exists);
  EXPECT_EQ(error.path(), "b");
}

TEST_F(S3Requests, RenameCopiesAndThenDeletes) {
  transport->reply(200, "<CopyObjectResult/>").reply(204);
  store->rename(CopyRequest("a", "b"));
  ASSERT_EQ(transport->count(), 2U);
  EXPECT_EQ(transport->requests()[0].method, "PUT");
  EXPECT_EQ(transport->last().method, "DELETE");
  EXPECT_EQ(transport->last().url, std::string(base) + "/a");
}

TEST_F(S3Requests, PresignedUrlsCarryTheirSignature) {
  store = make({{"session_token", "TO/KEN"}});
  const std::string url = store->sign(SignRequest("PUT", "a b", std::chrono::seconds(60)));
  EXPECT_TRUE(url.starts_with(std::string(base) + "/a%20b?X-Amz-Algorithm=AWS4-HMAC-SHA256&")) << url;
  EXPECT_NE(url.find("X-Amz-Expires=60"), std::string::npos);
  EXPECT_NE(url.find("X-Amz-Security-Token=TO%2FKEN"), std::string::npos);
  EXPECT_NE(url.find("&X-Amz-Signature="), std::string::npos);
  EXPECT_EQ(transport->count(), 0U);
  EXPECT_EQ(error_of([&] { store->sign(SignRequest("GET", "k", std::chrono::hours(24 * 8))); }).kind(),
            ErrorKind::generic);
  EXPECT_EQ(error_of([&] { store->sign(SignRequest("get it", "k", std::chrono::seconds(1))); }).kind(),
            ErrorKind::generic);
}

}  // namespace
}  // namespace storelink::testing
