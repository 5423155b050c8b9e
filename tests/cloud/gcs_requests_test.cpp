// The exact request of each verb on Google Cloud Storage, and what becomes of its answer.
#include "cloud/gcs_fixture.hpp"

namespace storelink::testing {
namespace {

using GcsRequests = FakeGcs;
constexpr const char* base = "https://storage.googleapis.com/bucket";

TEST_F(GcsRequests, GetAsksForTheStoredBytesAndReadsTheHeaders) {
  transport->reply(206, "ell",
                   {{"content-range", "bytes 1-3/5"},
                    {"etag", "\"e1\""},
                    {"last-modified", "Sun, 06 Nov 1994 08:49:37 GMT"},
                    {"x-goog-generation", "1700"},
                    {"x-goog-metageneration", "2"},
                    {"x-goog-storage-class", "NEARLINE"},
                    {"x-goog-meta-colour", "red"},
                    {"content-encoding", "gzip"}});
  GetRequest request("a b/ü+%.txt", GetRange::bounded(1, 4));
  request.version = "1700";
  request.if_none_match = "\"old\"";
  const GetResult result = store->get(std::move(request));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.url, std::string(base) + "/a%20b/%C3%BC%2B%25.txt?generation=1700");
  EXPECT_EQ(header(sent, "authorization"), "Bearer sesame");
  EXPECT_EQ(header(sent, "range"), "bytes=1-3");
  EXPECT_EQ(header(sent, "if-none-match"), "\"old\"");
  EXPECT_EQ(header(sent, "accept-encoding"), "gzip") << "otherwise gzip would come decompressed";
  EXPECT_EQ(result.body.view(), "ell");
  EXPECT_EQ(result.meta.size, 5U);
  EXPECT_EQ(result.meta.version, "1700");
  EXPECT_EQ(result.attributes.storage_class, "NEARLINE");
  EXPECT_EQ(result.attributes.content_encoding, "gzip");
  EXPECT_EQ(result.attributes.metadata.at("colour"), "red");
}

TEST_F(GcsRequests, PutSendsAttributesAndGivesTheGeneration) {
  transport->reply(200, "", {{"etag", "\"new\""}, {"x-goog-generation", "1701"}});
  PutRequest request("k", Bytes::copy("data"));
  request.attributes.content_type = "text/html";
  request.attributes.storage_class = "COLDLINE";
  request.attributes.metadata["owner"] = "me";
  const PutResult result = store->put(std::move(request));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.url, std::string(base) + "/k");
  EXPECT_EQ(sent.body.view(), "data");
  EXPECT_EQ(header(sent, "content-type"), "text/html");
  EXPECT_EQ(header(sent, "x-goog-storage-class"), "COLDLINE");
  EXPECT_EQ(header(sent, "x-goog-meta-owner"), "me");
  EXPECT_EQ(header(sent, "x-goog-if-generation-match"), "(none)");
  EXPECT_EQ(result.e_tag, "\"new\"");
  EXPECT_EQ(result.version, "1701");
}

TEST_F(GcsRequests, ConditionalPutsNameTheGeneration) {
  transport->reply(200).reply(412).reply(200).reply(412).reply(404);
  PutRequest request("k", Bytes::copy("x"));
  request.mode = PutMode::create();
  store->put(request);
  EXPECT_EQ(header(transport->last(), "x-goog-if-generation-match"), "0");
  EXPECT_EQ(kind_thrown([&] { store->put(request); }), ErrorKind::already_exists);
  request.mode = PutMode::update("\"ignored\"", "1700");
  store->put(request);
  EXPECT_EQ(header(transport->last(), "x-goog-if-generation-match"), "1700");
  EXPECT_EQ(header(transport->last(), "if-match"), "(none)");
  EXPECT_EQ(kind_thrown([&] { store->put(request); }), ErrorKind::precondition);
  EXPECT_EQ(kind_thrown([&] { store->put(request); }), ErrorKind::precondition);
}

TEST_F(GcsRequests, AnUpdateWithoutAGenerationIsRefusedBeforeAnyRequest) {
  PutRequest request("k", Bytes::copy("x"));
  for (const PutMode& mode :
       {PutMode::update("\"e\""), PutMode::update("\"e\"", "v1"), PutMode::update({}, ""),
        PutMode::update({}, "0"), PutMode::update({}, "1\r\nx: y")}) {
    request.mode = mode;
    const Error error = error_of([&] { store->put(request); });
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    EXPECT_NE(error.message().find("generation"), std::string::npos) << error.message();
  }
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(GcsRequests, ThereAreNoTags) {
  PutRequest put("k", Bytes::copy("x"));
  put.tags = {{"a", "b"}};
  EXPECT_EQ(kind_thrown([&] { store->put(put); }), ErrorKind::not_supported);
  MultipartRequest upload("k");
  upload.tags = {{"a", "b"}};
  EXPECT_EQ(kind_thrown([&] { (void)store->start_multipart(upload); }), ErrorKind::not_supported);
  EXPECT_FALSE(store->capabilities().tags);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(GcsRequests, CopyNamesItsSourceEncoded) {
  transport->reply(200, "<CopyObjectResult/>").reply(200, "<CopyObjectResult/>").reply(412);
  store->copy(CopyRequest("von hier/ä+", "to"));
  EXPECT_EQ(transport->last().method, "PUT");
  EXPECT_EQ(transport->last().url, std::string(base) + "/to");
  EXPECT_EQ(header(transport->last(), "x-goog-copy-source"), "bucket/von%20hier/%C3%A4%2B");
  EXPECT_EQ(header(transport->last(), "x-goog-if-generation-match"), "(none)");
  store->copy(CopyRequest("a", "b", false));
  EXPECT_EQ(header(transport->last(), "x-goog-if-generation-match"), "0");
  const Error error = error_of([&] { store->copy(CopyRequest("a", "b", false)); });
  EXPECT_EQ(error.kind(), ErrorKind::already_exists);
  EXPECT_EQ(error.path(), "b");
}

TEST_F(GcsRequests, ListsArePagedByTokens) {
  transport->reply(200,
                   "<ListBucketResult xmlns='http://doc.s3.amazonaws.com/2006-03-01'><EncodingType>url"
                   "</EncodingType><IsTruncated>true</IsTruncated><NextContinuationToken>t/1"
                   "</NextContinuationToken><Contents><Key>p/a%20b</Key><Generation>17</Generation>"
                   "<MetaGeneration>1</MetaGeneration><LastModified>2024-05-01T00:00:00.000Z</LastModified>"
                   "<ETag>\"e\"</ETag><Size>3</Size></Contents><CommonPrefixes><Prefix>p/c/</Prefix>"
                   "</CommonPrefixes></ListBucketResult>");
  ListRequest request("p");
  request.delimiter = true;
  request.max_keys = 2;
  request.offset = "p/a";
  const ListPage page = store->list_page(request);
  EXPECT_EQ(transport->last().url,
            std::string(base) +
                "?delimiter=%2F&encoding-type=url&list-type=2&max-keys=2&prefix=p%2F&start-after=p%2Fa");
  ASSERT_EQ(page.objects.size(), 1U);
  EXPECT_EQ(page.objects[0].path, "p/a b");
  EXPECT_EQ(page.objects[0].version, "17");
  EXPECT_EQ(page.objects[0].size, 3U);
  EXPECT_EQ(page.common_prefixes, std::vector<std::string>{"p/c"});
  EXPECT_EQ(page.next_page_token, "t/1");
  transport->reply(200, "<ListBucketResult/>");
  request.page_token = page.next_page_token;
  store->list_page(request);
  EXPECT_NE(transport->last().url.find("?continuation-token=t%2F1&"), std::string::npos);
}

TEST_F(GcsRequests, UploadsGoInPartsAndKeepTheirAttributes) {
  transport
      ->reply(200, "<InitiateMultipartUploadResult><UploadId>u/1</UploadId></InitiateMultipartUploadResult>")
      .reply(200, "", {{"etag", "\"p0\""}})
      .reply(200, "<CompleteMultipartUploadResult><ETag>\"all-1\"</ETag></CompleteMultipartUploadResult>",
             {{"x-goog-generation", "99"}});
  MultipartRequest request("k");
  request.attributes.metadata["a"] = "b";
  const auto upload = store->start_multipart(std::move(request));
  upload->put_part(0, Bytes::copy("x"));
  const PutResult result = upload->complete();
  const auto sent = transport->requests();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].method + " " + sent[0].url, "POST " + std::string(base) + "/k?uploads=");
  EXPECT_EQ(header(sent[0], "x-goog-meta-a"), "b");
  EXPECT_EQ(sent[1].url, std::string(base) + "/k?partNumber=1&uploadId=u%2F1");
  EXPECT_EQ(sent[2].url, std::string(base) + "/k?uploadId=u%2F1");
  EXPECT_NE(sent[2].body.view().find("<PartNumber>1</PartNumber><ETag>&quot;p0&quot;</ETag>"),
            std::string::npos);
  EXPECT_EQ(result.e_tag, "\"all-1\"");
  EXPECT_EQ(result.version, "99");
}

TEST_F(GcsRequests, ManyDeletesAreSingleOnes) {
  transport->reply(204).reply(404, error_document("NoSuchKey", "m")).reply(403);
  std::vector<std::optional<Error>> outcomes;
  for (const char* key : {"a", "b", "c"}) outcomes.push_back(store->remove_many({key}).front());
  EXPECT_FALSE(outcomes[0].has_value());
  EXPECT_FALSE(outcomes[1].has_value()) << "a missing key counts as deleted";
  EXPECT_EQ(outcomes[2]->kind(), ErrorKind::permission_denied);
  transport->reply(404);
  EXPECT_EQ(kind_thrown([&] { store->remove("a"); }), ErrorKind::not_found);
}

TEST_F(GcsRequests, AnonymousStoresSendNoCredentials) {
  const auto anonymous = make({{"skip_signature", "true"}});
  transport->reply(200, "", object_headers(0));
  anonymous->get("k");
  EXPECT_EQ(header(transport->last(), "authorization"), "(none)");
  EXPECT_FALSE(anonymous->capabilities().sign);
}

TEST_F(GcsRequests, ErrorsNameStoreCodeAndRequestButNoToken) {
  transport->reply(403, error_document("AccessDenied", "The token sesame may not."),
                   {{"x-guploader-uploadid", "REQ7"}});
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_EQ(error.store(), "gs://bucket");
  EXPECT_EQ(error.request_id(), "REQ7");
  EXPECT_NE(error.message().find("AccessDenied"), std::string::npos);
  EXPECT_EQ(std::string(error.what()).find("sesame"), std::string::npos) << error.what();
  EXPECT_EQ(store->describe(), "GCSStore(bucket=\"bucket\")");
}

TEST_F(GcsRequests, ResumedBodiesAreStillTheSameObject) {
  transport->reply([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers = object_headers(5);
    response.body = Bytes::copy("he");
    response.broken = TransportError(ErrorKind::io, "reset", true);
    return response;
  });
  transport->reply(206, "llo", {{"content-range", "bytes 2-4/5"}, {"etag", "\"e1\""}});
  EXPECT_EQ(store->get("k").view(), "hello");
  EXPECT_EQ(header(transport->last(), "if-match"), "\"e1\"");
  EXPECT_EQ(header(transport->last(), "range"), "bytes=2-4");
}

}  // namespace
}  // namespace storelink::testing
