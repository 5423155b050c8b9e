// The exact request of each verb, and what becomes of its answer.
#include "cloud/azure_fixture.hpp"
#include "codec/digest.hpp"
#include "codec/url.hpp"

namespace storelink::testing {
namespace {

using AzureRequests = FakeAzure;
using Strings = std::vector<std::string>;
const std::string base = azure_base;

TEST_F(AzureRequests, GetAsksForTheBlobAndReadsItsHeaders) {
  transport->reply(200, "hello",
                   object_headers(5, {{"content-type", "text/plain"},
                                      {"x-ms-meta-colour", "red"},
                                      {"x-ms-version-id", "2026-01-02T03:04:05.6789012Z"},
                                      {"x-ms-access-tier", "Cool"}}));
  const GetResult result = store->get(GetRequest("a b/ü+%.txt"));
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.url, base + "/a%20b/%C3%BC%2B%25.txt");
  EXPECT_EQ(header(sent, "x-ms-version"), "2023-11-03");
  EXPECT_TRUE(header(sent, "x-ms-date").ends_with(" GMT"));
  EXPECT_TRUE(header(sent, "authorization").starts_with("SharedKey acc:"));
  EXPECT_EQ(result.body.view(), "hello");
  EXPECT_EQ(result.meta.version, "2026-01-02T03:04:05.6789012Z");
  EXPECT_EQ(result.attributes.content_type, "text/plain");
  EXPECT_EQ(result.attributes.storage_class, "Cool");
  EXPECT_EQ(result.attributes.metadata.at("colour"), "red");
}

TEST_F(AzureRequests, ATierThatTheServiceChoseIsNoAttribute) {
  transport->reply(200, "",
                   object_headers(0, {{"x-ms-access-tier", "Hot"}, {"x-ms-access-tier-inferred", "true"}}));
  EXPECT_EQ(store->get(GetRequest("k")).attributes.storage_class, std::nullopt);
}

TEST_F(AzureRequests, AVersionIsAVersionIdOrASnapshot) {
  transport->reply(200, "", object_headers(0)).reply(200, "", object_headers(0));
  GetRequest request("k");
  request.version = "2026-01-02T03:04:05.6789012Z";
  store->get(request);
  EXPECT_EQ(transport->last().url, base + "/k?versionid=2026-01-02T03%3A04%3A05.6789012Z");
  request.version = "snapshot=2026-01-02T03:04:05.6789012Z";
  request.head = true;
  store->get(request);
  EXPECT_EQ(transport->last().method, "HEAD");
  EXPECT_EQ(transport->last().url, base + "/k?snapshot=2026-01-02T03%3A04%3A05.6789012Z");
}

TEST_F(AzureRequests, ASuffixIsARangeByItsBoundsOfTheSameBlob) {
  transport->reply(200, "", object_headers(10))
      .reply(206, "789", object_headers(3, {{"content-range", "bytes 7-9/10"}}));
  const GetResult result = store->get(GetRequest("k", GetRange::suffix(3)));
  EXPECT_EQ(result.body.view(), "789");
  EXPECT_EQ(result.start, 7U);
  EXPECT_EQ(result.meta.size, 10U);
  ASSERT_EQ(transport->count(), 2U);
  EXPECT_EQ(transport->requests()[0].method, "HEAD");
  EXPECT_EQ(header(transport->last(), "range"), "bytes=7-");
  EXPECT_EQ(header(transport->last(), "if-match"), "\"e1\"");
}

TEST_F(AzureRequests, ASuffixOfABlobThatIsReplacedMeanwhileIsThatOfTheNewOne) {
  transport->reply(200, "", object_headers(10))
      .reply(412, "", {{"x-ms-error-code", "ConditionNotMet"}})
      .reply(200, "", object_headers(2))
      .reply(206, "ab", object_headers(2, {{"content-range", "bytes 0-1/2"}}));
  EXPECT_EQ(store->get(GetRequest("k", GetRange::suffix(3))).body.view(), "ab");
  transport->reply(200, "", object_headers(0)).reply(200, "", object_headers(0));
  EXPECT_TRUE(store->get(GetRequest("k", GetRange::suffix(3))).body.empty()) << "of an empty blob";
}

TEST_F(AzureRequests, PutSendsABlockBlobWithAttributesTagsAndTier) {
  transport->reply(201, "", {{"etag", "\"new\""}, {"x-ms-version-id", "v1"}});
  PutRequest request("dir/k", Bytes::copy("data"));
  request.attributes.content_type = "text/html";
  request.attributes.cache_control = "no-store";
  request.attributes.content_disposition = "inline";
  request.attributes.content_encoding = "gzip";
  request.attributes.content_language = "de";
  request.attributes.storage_class = "Cold";
  request.attributes.metadata["owner"] = "Jörg ";
  request.tags = {{"a b", "c&d"}, {"e", ""}};
  const PutResult result = store->put(std::move(request));
  EXPECT_EQ(result.e_tag, "\"new\"");
  EXPECT_EQ(result.version, "v1");
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "PUT");
  EXPECT_EQ(sent.url, base + "/dir/k");
  EXPECT_EQ(sent.body.view(), "data");
  EXPECT_EQ(own_headers(sent), (Strings{"x-ms-access-tier=Cold", "x-ms-blob-cache-control=no-store",
                                        "x-ms-blob-content-disposition=inline",
                                        "x-ms-blob-content-encoding=gzip", "x-ms-blob-content-language=de",
                                        "x-ms-blob-content-type=text/html", "x-ms-blob-type=BlockBlob",
                                        "x-ms-meta-owner==?UTF-8?B?SsO2cmcg?=", "x-ms-tags=a%20b=c%26d&e="}));
  EXPECT_EQ(header(sent, "content-type"), "(none)");
}

TEST_F(AzureRequests, MetadataNamesAreCheckedBeforeAnyRequest) {
  for (const char* name : {"a-b", "1a", "a.b", ""}) {
    PutRequest request("k", Bytes());
    request.attributes.metadata[name] = "x";
    const Error error = error_of([&] { store->put(request); });
    EXPECT_EQ(error.kind(), ErrorKind::generic) << name;
  }
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(AzureRequests, ConditionalPutsSendTheirCondition) {
  transport->reply(201).reply(201);
  PutRequest request("k", Bytes::copy("x"));
  request.mode = PutMode::create();
  store->put(request);
  EXPECT_EQ(header(transport->last(), "if-none-match"), "*");
  request.mode = PutMode::update("\"old\"");
  store->put(request);
  EXPECT_EQ(header(transport->last(), "if-match"), "\"old\"");
  request.mode = PutMode::update({}, "v1");
  EXPECT_EQ(kind_thrown([&] { store->put(request); }), ErrorKind::generic);
}

TEST_F(AzureRequests, DeleteTakesSnapshotsAlong) {
  transport->reply(202);
  store->remove("a/b");
  EXPECT_EQ(transport->last().method, "DELETE");
  EXPECT_EQ(transport->last().url, base + "/a/b");
  EXPECT_EQ(own_headers(transport->last()), (Strings{"x-ms-delete-snapshots=include"}));
}

TEST_F(AzureRequests, CopyNamesItsSourceByUrl) {
  transport->reply(202, "", {{"x-ms-copy-status", "success"}})
      .reply(202, "", {{"x-ms-copy-status", "success"}});
  store->copy(CopyRequest("von hier/ä+", "to"));
  EXPECT_EQ(transport->last().method, "PUT");
  EXPECT_EQ(transport->last().url, base + "/to");
  EXPECT_EQ(own_headers(transport->last()), (Strings{"x-ms-copy-source=" + base + "/von%20hier/%C3%A4%2B"}));
  EXPECT_EQ(header(transport->last(), "if-none-match"), "(none)");
  store->copy(CopyRequest("a", "b", false));
  EXPECT_EQ(header(transport->last(), "if-none-match"), "*");
}

TEST_F(AzureRequests, ACopyBehindItsAnswerIsWaitedFor) {
  transport->reply(202, "", {{"x-ms-copy-status", "pending"}})
      .reply(200, "", object_headers(1, {{"x-ms-copy-status", "pending"}}))
      .reply(200, "", object_headers(1, {{"x-ms-copy-status", "success"}}));
  store->copy(CopyRequest("a", "b"));
  ASSERT_EQ(transport->count(), 3U);
  EXPECT_EQ(transport->last().method, "HEAD");
  EXPECT_EQ(transport->last().url, base + "/b");
}

TEST_F(AzureRequests, ACopyThatFailsBehindItsAnswerIsAnError) {
  transport->reply(202, "", {{"x-ms-copy-status", "pending"}})
      .reply(200, "",
             object_headers(
                 0, {{"x-ms-copy-status", "failed"}, {"x-ms-copy-status-description", "404 sig=abc"}}));
  const Error error = error_of([&] { store->copy(CopyRequest("a", "b")); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_EQ(error.message(), "the service's copy failed: 404 sig=REDACTED");
}

TEST_F(AzureRequests, CustomerKeysGoWithReadsWritesPartsAndCopies) {
  const std::string key = codec::base64_encode(std::string(32, 'k'));
  const std::string digest = codec::base64_encode(codec::as_chars(codec::sha256(std::string(32, 'k'))));
  store = make_with_key({{"encryption_key", key}});
  const Strings expected = {"x-ms-encryption-algorithm=AES256", "x-ms-encryption-key-sha256=" + digest,
                            "x-ms-encryption-key=" + key};
  const auto has_keys = [&] {
    Strings found = own_headers(transport->last());
    std::erase_if(found, [](const std::string& text) { return !text.starts_with("x-ms-encryption"); });
    return found == expected;
  };
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers = object_headers(0);
    return response;
  });
  store->get("k");
  EXPECT_TRUE(has_keys());
  store->put("k", Bytes());
  EXPECT_TRUE(has_keys());
  const auto upload = store->start_multipart(MultipartRequest("k"));
  upload->put_part(0, Bytes::copy("x"));
  EXPECT_TRUE(has_keys());
  upload->complete();
  EXPECT_TRUE(has_keys());
  // Copy Blob takes no keys: Put Blob From URL, which reads the source with an authorization of its own.
  store->copy(CopyRequest("a", "b"));
  EXPECT_TRUE(has_keys());
  const HttpRequest sent = transport->last();
  EXPECT_EQ(header(sent, "x-ms-source-encryption-key"), key);
  EXPECT_EQ(header(sent, "x-ms-source-encryption-key-sha256"), digest);
  EXPECT_EQ(header(sent, "x-ms-blob-type"), "BlockBlob");
  EXPECT_TRUE(header(sent, "x-ms-copy-source").starts_with(base + "/a?sp=r&"));
  EXPECT_NE(header(sent, "x-ms-copy-source").find("&sig="), std::string::npos);
}

TEST_F(AzureRequests, ListSendsWhatWasAsked) {
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.body = Bytes::copy("<EnumerationResults><Blobs/><NextMarker/></EnumerationResults>");
    return response;
  });
  ListRequest request("a b");
  request.delimiter = true;
  request.max_keys = 7;
  request.offset = "a b/c";
  store->list_page(request);
  EXPECT_EQ(transport->last().method, "GET");
  EXPECT_EQ(transport->last().url, base +
                                       "?restype=container&comp=list&prefix=a%20b%2F&delimiter=%2F"
                                       "&maxresults=7&startFrom=a%20b%2Fc");
  EXPECT_EQ(header(transport->last(), "x-ms-version"), "2026-02-06") << "startFrom is as new as that";
  request.page_token = "2!76!x";
  store->list_page(request);
  EXPECT_EQ(
      transport->last().url,
      base + "?restype=container&comp=list&prefix=a%20b%2F&delimiter=%2F&marker=2%2176%21x&maxresults=7");
  EXPECT_EQ(header(transport->last(), "x-ms-version"), "2023-11-03");
}

TEST_F(AzureRequests, AListHasBlobsPrefixesAndAMarker) {
  transport->reply(
      200,
      "\xEF\xBB\xBF<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Blobs>"
      "<Blob><Name>a&amp;b</Name><VersionId>v1</VersionId><Properties>"
      "<Last-Modified>Sun, 06 Nov 1994 08:49:37 GMT</Last-Modified><Etag>0x8D</Etag>"
      "<Content-Length>12</Content-Length></Properties></Blob>"
      "<Blob><Name>dir</Name><Properties><ResourceType>directory</ResourceType></Properties></Blob>"
      "<Blob><Name Encoded=\"true\">bad%EF%BF%BE%2F</Name><Properties>"
      "<Last-Modified>Sun, 06 Nov 1994 08:49:37 GMT</Last-Modified><Etag>\"q\"</Etag>"
      "<Content-Length>0</Content-Length></Properties></Blob>"
      "<BlobPrefix><Name>sub/</Name></BlobPrefix></Blobs><NextMarker>next</NextMarker></EnumerationResults>");
  const ListPage page = store->list_page(ListRequest());
  ASSERT_EQ(page.objects.size(), 2U);
  EXPECT_EQ(page.objects[0].path, "a&b");
  EXPECT_EQ(page.objects[0].e_tag, "\"0x8D\"") << "as headers have it";
  EXPECT_EQ(page.objects[0].size, 12U);
  EXPECT_EQ(page.objects[0].version, "v1");
  EXPECT_EQ(page.objects[0].last_modified, Timestamp(std::chrono::seconds(784111777)));
  EXPECT_EQ(page.objects[1].path, "bad\xEF\xBF\xBE/");
  EXPECT_EQ(page.objects[1].e_tag, "\"q\"");
  EXPECT_EQ(page.common_prefixes, (Strings{"sub"}));
  EXPECT_EQ(page.next_page_token, "next");
}

TEST_F(AzureRequests, AnAnswerThatIsNoListIsAnError) {
  for (const char* document : {"<html/>",
                               "<EnumerationResults><Blobs><Blob><Name>a</Name><Properties>"
                               "<Content-Length>x</Content-Length></Properties></Blob></Blobs>"
                               "</EnumerationResults>"}) {
    transport->reply(200, document);
    EXPECT_EQ(kind_thrown([&] { store->list_page(ListRequest()); }), ErrorKind::generic) << document;
  }
}

TEST_F(AzureRequests, OneLakeHasNeitherStartFromNorBatches) {
  store = make_with_key({{"use_fabric_endpoint", "true"}});
  transport->reply(200, "<EnumerationResults/>").reply(202).reply(202);
  ListRequest request;
  request.offset = "a";
  store->list_page(request);
  EXPECT_EQ(transport->last().url, "https://acc.blob.fabric.microsoft.com/cont?restype=container&comp=list");
  store->remove_many({"a", "b"});
  EXPECT_EQ(transport->count(), 3U);
  EXPECT_EQ(transport->last().method, "DELETE");
}

TEST_F(AzureRequests, AnEmptyKeyIsNoKey) {
  EXPECT_EQ(kind_thrown([&] { store->get(""); }), ErrorKind::invalid_path);
  EXPECT_EQ(kind_thrown([&] { store->put("", Bytes()); }), ErrorKind::invalid_path);
  EXPECT_EQ(transport->count(), 0U);
}

// --- uploads ---

std::string block(const HttpRequest& request) {
  const std::size_t at = request.url.find("blockid=");
  EXPECT_NE(at, std::string::npos) << request.url;
  return codec::base64_decode(codec::parse_query(request.url.substr(request.url.find('?') + 1)).at(1).second)
      .value_or("no base64");
}

TEST_F(AzureRequests, AnUploadIsBlocksAndTheirList) {
  MultipartRequest request("k");
  request.attributes.content_type = "text/css";
  request.attributes.metadata["m"] = "1";
  request.tags = {{"t", "2"}};
  const auto upload = store->start_multipart(std::move(request));
  EXPECT_EQ(transport->count(), 0U) << "the service knows no uploads";
  transport->reply(201).reply(201).reply(201).reply(201, "", {{"etag", "\"whole\""}});
  upload->put_part(1, Bytes::copy("second"));
  const std::string second = block(transport->last());
  EXPECT_EQ(transport->last().method, "PUT");
  EXPECT_TRUE(transport->last().url.starts_with(base + "/k?comp=block&blockid="));
  EXPECT_EQ(transport->last().body.view(), "second");
  EXPECT_EQ(own_headers(transport->last()), Strings());
  upload->put_part(0, Bytes::copy("first"));
  const std::string first = block(transport->last());
  upload->put_part(1, Bytes::copy("again"));
  EXPECT_EQ(block(transport->last()), second) << "replaces the block";
  EXPECT_EQ(first.size(), 20U);
  EXPECT_EQ(second.size(), 20U);
  EXPECT_EQ(upload->complete().e_tag, "\"whole\"");
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.url, base + "/k?comp=blocklist");
  EXPECT_EQ(sent.body.view(), "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList><Latest>" +
                                  codec::base64_encode(first) + "</Latest><Latest>" +
                                  codec::base64_encode(second) + "</Latest></BlockList>");
  EXPECT_EQ(own_headers(sent),
            (Strings{"x-ms-blob-content-type=text/css", "x-ms-meta-m=1", "x-ms-tags=t=2"}));
}

TEST_F(AzureRequests, TwoUploadsHaveDifferentBlocks) {
  const auto one = store->start_multipart(MultipartRequest("k"));
  const auto two = store->start_multipart(MultipartRequest("k"));
  transport->reply(201).reply(201);
  one->put_part(0, Bytes::copy("x"));
  const std::string block_of_one = block(transport->last());
  two->put_part(0, Bytes::copy("x"));
  EXPECT_NE(block(transport->last()), block_of_one);
}

TEST_F(AzureRequests, AnAbortAsksNothingSinceUnusedBlocksEndByThemselves) {
  auto upload = store->start_multipart(MultipartRequest("k"));
  upload->abort();
  EXPECT_EQ(kind_thrown([&] { upload->put_part(0, Bytes()); }), ErrorKind::generic);
  upload.reset();
  store->start_multipart(MultipartRequest("k")).reset();
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(AzureRequests, AnUploadWithoutPartsPutsAnEmptyBlob) {
  transport->reply(201, "", {{"etag", "\"empty\""}});
  EXPECT_EQ(store->start_multipart(MultipartRequest("k"))->complete().e_tag, "\"empty\"");
  EXPECT_EQ(transport->count(), 1U);
  EXPECT_EQ(transport->last().url, base + "/k");
}

TEST_F(AzureRequests, AnEmptyPartIsNoBlockSinceTheServiceRefusesOne) {
  const auto upload = store->start_multipart(MultipartRequest("k"));
  transport->reply(201).reply(201).reply(201).reply(201);
  upload->put_part(0, Bytes::copy("x"));
  const std::string first = codec::base64_encode(block(transport->last()));
  upload->put_part(1, Bytes());
  upload->put_part(2, Bytes::copy("y"));
  const std::string third = codec::base64_encode(block(transport->last()));
  EXPECT_EQ(transport->count(), 2U);
  upload->complete();
  const std::string list = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  EXPECT_EQ(transport->last().body.view(),
            list + "<Latest>" + first + "</Latest><Latest>" + third + "</Latest></BlockList>");
  const auto nothing = store->start_multipart(MultipartRequest("k"));
  nothing->put_part(0, Bytes());
  nothing->complete();
  EXPECT_EQ(transport->count(), 4U);
  EXPECT_EQ(transport->last().body.view(), list + "</BlockList>");
}

TEST_F(AzureRequests, ALostAnswerToTheListOfBlocksIsAskedForAgain) {
  const auto upload = store->start_multipart(MultipartRequest("k"));
  transport->reply(201).fail(true).reply(201, "", {{"etag", "\"whole\""}});
  upload->put_part(0, Bytes::copy("x"));
  EXPECT_EQ(upload->complete().e_tag, "\"whole\"");
}

}  // namespace
}  // namespace storelink::testing
