// What account keys and delegation keys sign. Real servers verify the signatures: conformance/azure_test.cpp.
#include "cloud/azure/azure_auth.hpp"

#include "cloud/azure_fixture.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"

namespace storelink::testing {
namespace {

using namespace cloud::azure;

constexpr codec::Timestamp moment{std::chrono::seconds(784111777)};  // Sun, 06 Nov 1994 08:49:37 GMT

// From "Authorize with Shared Key" in Microsoft's reference: Get Container Metadata.
TEST(AzureSharedKey, SignsTheReferencesExampleOfARead) {
  HttpRequest request;
  request.method = "GET";
  request.url =
      "http://myaccount.blob.core.windows.net/mycontainer?restype=container&comp=metadata&timeout=20";
  request.headers = {{"x-ms-version", "2015-02-21"}, {"x-ms-date", "Fri, 26 Jun 2015 23:39:12 GMT"}};
  EXPECT_EQ(string_to_sign(request, "myaccount"),
            "GET\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:Fri, 26 Jun 2015 23:39:12 GMT\nx-ms-version:2015-02-21\n"
            "/myaccount/mycontainer\ncomp:metadata\nrestype:container\ntimeout:20");
}

TEST(AzureSharedKey, SignsStandardHeadersLengthAndDecodedQuery) {
  HttpRequest request;
  request.method = "PUT";
  request.url = "http://127.0.0.1:10000/acc/cont/a%20b?blockid=QUI%3D&Comp=block";
  request.headers = {{"Content-Type", "text/plain"}, {"content-encoding", "gzip"}, {"content-language", "de"},
                     {"if-match", "\"e\""},          {"if-none-match", "*"},       {"range", "bytes=1-2"},
                     {"if-modified-since", "m"},     {"if-unmodified-since", "u"}, {"content-md5", "5"},
                     {"X-MS-Meta-B", " two "},       {"x-ms-meta-a", "one"},       {"accept", "unsigned"}};
  request.body = Bytes::copy("12345");
  EXPECT_EQ(string_to_sign(request, "acc"),
            "PUT\ngzip\nde\n5\n5\ntext/plain\n\nm\n\"e\"\n*\nu\nbytes=1-2\nx-ms-meta-a:one\nx-ms-meta-b:two\n"
            "/acc/acc/cont/a%20b\nblockid:QUI=\ncomp:block");
  const AccountKey key{"acc", "secret"};
  EXPECT_EQ(shared_key_authorization(request, key),
            "SharedKey acc:" + codec::base64_encode(codec::as_chars(
                                   codec::hmac_sha256("secret", string_to_sign(request, "acc")))));
}

Sas sas() {
  Sas made;
  made.permissions = "r";
  made.resource = "/blob/acc/cont/a b";
  made.expires = moment + std::chrono::milliseconds(900);
  return made;
}

TEST(AzureSas, OfAnAccountKeySignsItsFields) {
  const std::string expected = codec::base64_encode(codec::as_chars(codec::hmac_sha256(
      "secret", "r\n\n1994-11-06T08:49:37Z\n/blob/acc/cont/a b\n\n\nhttps\n2022-11-02\nb\n\n\n\n\n\n\n")));
  EXPECT_EQ(service_sas(sas(), AccountKey{"acc", "secret"}),
            "sp=r&se=1994-11-06T08%3A49%3A37Z&spr=https&sv=2022-11-02&sr=b&sig=" +
                codec::percent_encode(expected, codec::Keep::unreserved));
}

TEST(AzureSas, OfAUserSignsTheKeysFieldsToo) {
  const DelegationKey key = parse_delegation_key(
      "<UserDelegationKey><SignedOid>oid</SignedOid><SignedTid>tid</SignedTid>"
      "<SignedStart>1994-11-06T08:00:00Z</SignedStart><SignedExpiry>1994-11-07T08:00:00Z</SignedExpiry>"
      "<SignedService>b</SignedService><SignedVersion>2023-11-03</SignedVersion><Value>c2VjcmV0</Value>"
      "</UserDelegationKey>");
  EXPECT_EQ(key.value, "secret");
  const std::string expected = codec::base64_encode(codec::as_chars(codec::hmac_sha256(
      "secret",
      "r\n\n1994-11-06T08:49:37Z\n/blob/acc/cont/a b\noid\ntid\n1994-11-06T08:00:00Z\n1994-11-07T08:00:00Z\n"
      "b\n2023-11-03\n\n\n\n\nhttps\n2022-11-02\nb\n\n\n\n\n\n\n")));
  EXPECT_EQ(delegation_sas(sas(), key),
            "sp=r&se=1994-11-06T08%3A49%3A37Z&spr=https&sv=2022-11-02&sr=b&skoid=oid&sktid=tid"
            "&skt=1994-11-06T08%3A00%3A00Z&ske=1994-11-07T08%3A00%3A00Z&sks=b&skv=2023-11-03&sig=" +
                codec::percent_encode(expected, codec::Keep::unreserved));
}

TEST(AzureSas, AnAnswerWithoutAKeyIsAnError) {
  for (const char* document :
       {"", "<UserDelegationKey/>", "<UserDelegationKey><Value>!</Value></UserDelegationKey>"})
    EXPECT_EQ(kind_thrown([&] { (void)parse_delegation_key(document); }), ErrorKind::generic) << document;
}

}  // namespace
}  // namespace storelink::testing
