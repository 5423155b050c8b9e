// Lists: requests, pages, and keys of every kind.
#include "cloud/s3_fixture.hpp"
#include "cloud/xml_listing.hpp"
#include "codec/percent.hpp"
#include "codec/url.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

using S3Listing = FakeS3;
using Strings = std::vector<std::string>;

std::string contents(const std::string& key, std::size_t size = 1) {
  return "<Contents><Key>" + key +
         "</Key><LastModified>2024-05-06T07:08:09.123Z</LastModified>"
         "<ETag>&quot;e&quot;</ETag><Size>" +
         std::to_string(size) + "</Size><StorageClass>STANDARD</StorageClass></Contents>";
}

std::string page(const std::string& inside, const std::string& token = {}) {
  std::string text =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult "
      "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>bucket</Name><EncodingType>url</EncodingType>";
  text += token.empty()
              ? "<IsTruncated>false</IsTruncated>"
              : "<IsTruncated>true</IsTruncated><NextContinuationToken>" + token + "</NextContinuationToken>";
  return text + inside + "</ListBucketResult>";
}

// The answer of a bucket that holds `keys` (sorted), two items a page.
HttpResponse list_bucket(const Strings& keys, const HttpRequest& request) {
  std::string prefix;
  std::string after;
  bool delimiter = false;
  for (auto& [name, value] : codec::parse_query(request.url.substr(request.url.find('?') + 1))) {
    if (name == "prefix") prefix = value;
    if (name == "continuation-token") after = value;
    if (name == "delimiter") delimiter = true;
  }
  Strings items;
  for (const auto& key : keys) {
    if (!key.starts_with(prefix)) continue;
    const std::size_t slash = delimiter ? key.find('/', prefix.size()) : std::string::npos;
    const std::string item = slash == std::string::npos ? key : key.substr(0, slash + 1);
    if (item > after && (items.empty() || items.back() != item)) items.push_back(item);
  }
  const bool more = items.size() > 2;
  if (more) items.resize(2);
  std::string inside;
  for (const auto& item : items) {
    const std::string encoded = codec::percent_encode(item, codec::Keep::unreserved_and_slash);
    const bool common = item != prefix && item.ends_with('/') && delimiter;
    inside +=
        common ? "<CommonPrefixes><Prefix>" + encoded + "</Prefix></CommonPrefixes>" : contents(encoded);
  }
  HttpResponse response;
  response.status = 200;
  response.body = Bytes::adopt(page(inside, more ? items.back() : ""));
  return response;
}

TEST_F(S3Listing, SendsWhatWasAskedFor) {
  transport->reply(200, page("", "t/1 ")).reply(200, page(""));
  ListRequest request("a b");
  request.offset = "a b/c";
  request.delimiter = true;
  request.max_keys = 7;
  ListPage first = store->list_page(request);
  EXPECT_EQ(
      transport->last().url,
      "https://s3.us-east-1.amazonaws.com/bucket?delimiter=%2F&encoding-type=url&list-type=2&max-keys=7&"
      "prefix=a%20b%2F&start-after=a%20b%2Fc");
  EXPECT_EQ(first.next_page_token, "t/1 ");
  request.page_token = first.next_page_token;
  request.raw_prefix = true;
  EXPECT_EQ(store->list_page(request).next_page_token, "");
  EXPECT_EQ(
      transport->last().url,
      "https://s3.us-east-1.amazonaws.com/bucket?continuation-token=t%2F1%20&delimiter=%2F&encoding-type=url&"
      "list-type=2&max-keys=7&prefix=a%20b");
}

TEST_F(S3Listing, ReadsObjectsAndCommonPrefixes) {
  transport->reply(
      200, page(contents("dir/k", 42) + "<CommonPrefixes><Prefix>dir/sub+x/</Prefix></CommonPrefixes>"));
  ListRequest request("dir");
  request.delimiter = true;
  const ListPage result = store->list_page(request);
  ASSERT_EQ(result.objects.size(), 1U);
  EXPECT_EQ(result.objects[0].path, "dir/k");
  EXPECT_EQ(result.objects[0].size, 42U);
  EXPECT_EQ(result.objects[0].e_tag, "\"e\"");
  EXPECT_EQ(result.objects[0].last_modified, Timestamp(std::chrono::milliseconds(1714979289123)));
  EXPECT_EQ(result.common_prefixes, (Strings{"dir/sub x"}));
}

TEST_F(S3Listing, EveryKeyComesBackAsItIsAndCanBeAskedFor) {
  transport->reply(200, page(contents("a//b") + contents("a/../b") + contents("/lead") + contents("trail/") +
                             contents("a%2Bb") + contents("a+b") + contents("%01%FF") + contents("%25") +
                             contents("+") + contents("%F0%9F%98%80")));
  EXPECT_EQ(paths(store->list()),
            (Strings{"a//b", "a/../b", "/lead", "trail/", "a+b", "a b", "\x01\xFF", "%", " ", "😀"}));
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers = object_headers(0);
    return response;
  });
  const std::string base = "https://s3.us-east-1.amazonaws.com/bucket/";
  store->get("a//b");
  EXPECT_EQ(transport->last().url, base + "a//b");
  store->get("a/../b");
  EXPECT_EQ(transport->last().url, base + "a/../b");
  store->get("/lead");
  EXPECT_EQ(transport->last().url, base + "/lead");
  store->get("\x01\xFF");
  EXPECT_EQ(transport->last().url, base + "%01%FF");
}

TEST_F(S3Listing, KeysAreTakenAsTheyAreFromServersThatDoNotEncode) {
  transport->reply(200, "<ListBucketResult><IsTruncated>false</IsTruncated>" + contents("a%20b+c&amp;&#13;") +
                            contents(" ") + contents("<![CDATA[<x>]]>") + "</ListBucketResult>");
  EXPECT_EQ(paths(store->list()), (Strings{"a%20b+c&\r", " ", "<x>"}));
}

TEST_F(S3Listing, MarkersOfThePrefixAndTheOffsetItselfAreLeftOut) {
  transport->reply(200, page(contents("dir/") + contents("dir/a") + contents("dir/b")));
  ListRequest request("dir");
  request.offset = "dir/a";
  EXPECT_EQ(paths(store->list_page(request).objects), (Strings{"dir/b"}));
  transport->reply(200, page(contents("dir/") + contents("dir/a")));
  request = ListRequest("dir/");
  request.raw_prefix = true;
  EXPECT_EQ(paths(store->list_page(request).objects), (Strings{"dir/", "dir/a"}));
}

TEST_F(S3Listing, FollowsItsPages) {
  transport->reply(200, page(contents("a"), "next")).reply(200, page(contents("b")));
  EXPECT_EQ(paths(store->list()), (Strings{"a", "b"}));
  EXPECT_NE(transport->last().url.find("continuation-token=next"), std::string::npos);
}

TEST_F(S3Listing, AWalkOverCommonPrefixesFindsEveryKey) {
  Strings keys = {"/lead", "//x", "a//b", "a///c", "a/../b", "a/b", "a+b//c", "dir/sub x/k", "top", "trail/"};
  std::sort(keys.begin(), keys.end());
  transport->otherwise([&keys](const HttpRequest& request) { return list_bucket(keys, request); });
  EXPECT_EQ(walk(*store, true), keys);
  std::erase(keys, "trail/");  // a marker of the prefix "trail"
  EXPECT_EQ(walk(*store), keys);
}

TEST_F(S3Listing, WhatIsNoListIsAnErrorAndNotAnEmptyList) {
  for (const std::string& document :
       {std::string(), std::string("<html/>"), std::string("<ListBucketResult>"),
        std::string("<ListBucketResult><IsTruncated>true</IsTruncated></ListBucketResult>"),
        page("<Contents><Key>k</Key><LastModified>2024-05-06T07:08:09Z</LastModified><Size>-1</Size></"
             "Contents>"),
        page("<Contents><Key>k</Key><LastModified>yesterday</LastModified><Size>1</Size></Contents>")}) {
    transport->reply(200, document);
    EXPECT_EQ(error_of([&] { store->list(); }).kind(), ErrorKind::generic) << document;
  }
}

TEST_F(S3Listing, AMissingBucketIsNotFound) {
  transport->reply(404, error_document("NoSuchBucket", "The specified bucket does not exist"));
  const Error error = error_of([&] { store->list("p"); });
  EXPECT_EQ(error.kind(), ErrorKind::not_found);
  EXPECT_NE(error.message().find("NoSuchBucket"), std::string::npos);
}

TEST(XmlCanCarry, KnowsWhatXmlExcludes) {
  for (const char* good : {"", "a", "\t\n\r", "ä€😀", "\x7F", "&<>"})
    EXPECT_TRUE(cloud::xml_can_carry(good)) << good;
  for (const char* bad :
       {"\x01", "\x1F", "\xFF", "\xC0\x80", "\xED\xA0\x80", "\xEF\xBF\xBE", "\xE2\x82", "\xF5\x80\x80\x80"})
    EXPECT_FALSE(cloud::xml_can_carry(bad)) << bad;
}

}  // namespace
}  // namespace storelink::testing
