// Deleting many objects.
#include <set>

#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

using S3BulkDelete = FakeS3;

HttpResponse answer(int status, const std::string& body = {}) {
  HttpResponse response;
  response.status = status;
  response.body = Bytes::copy(body);
  return response;
}

std::size_t occurrences(std::string_view text, std::string_view part) {
  std::size_t count = 0;
  for (std::size_t at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

TEST_F(S3BulkDelete, EscapesKeysAndSendsAChecksum) {
  transport->reply(200, "<DeleteResult/>");
  const auto outcomes = store->remove_many({"a&<b>", "c\rd"});
  EXPECT_EQ(outcomes.size(), 2U);
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "https://s3.us-east-1.amazonaws.com/bucket?delete=");
  EXPECT_EQ(
      sent.body.view(),
      "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Object><Key>a&amp;&lt;b&gt;</Key></Object>"
      "<Object><Key>c&#xD;d</Key></Object><Quiet>true</Quiet></Delete>");
  EXPECT_EQ(header(sent, "content-md5").size(), 24U);
}

TEST_F(S3BulkDelete, ReportsEachKeyInOrder) {
  transport->reply(
      200,
      "<DeleteResult><Error><Key>b</Key><Code>AccessDenied</Code><Message>locked</Message></Error>"
      "<Error><Key>c</Key><Code>NoSuchKey</Code><Message>gone</Message></Error></DeleteResult>");
  const auto outcomes = store->remove_many({"a", "b", "c", "b"});
  ASSERT_EQ(outcomes.size(), 4U);
  EXPECT_FALSE(outcomes[0]);
  ASSERT_TRUE(outcomes[1]);
  EXPECT_EQ(outcomes[1]->kind(), ErrorKind::permission_denied);
  EXPECT_EQ(outcomes[1]->path(), "b");
  EXPECT_NE(outcomes[1]->message().find("locked"), std::string::npos);
  EXPECT_FALSE(outcomes[2]) << "a missing key counts as deleted";
  EXPECT_TRUE(outcomes[3]) << "the same key again";
}

TEST_F(S3BulkDelete, TakesAThousandKeysARequest) {
  std::vector<std::string> keys;
  for (int i = 0; i < 2500; ++i) keys.push_back("k" + std::to_string(i));
  transport->otherwise([](const HttpRequest&) { return answer(200, "<DeleteResult/>"); });
  EXPECT_EQ(store->remove_many(keys).size(), 2500U);
  std::multiset<std::size_t> sizes;
  for (const auto& request : transport->requests()) sizes.insert(occurrences(request.body.view(), "<Key>"));
  EXPECT_EQ(sizes, (std::multiset<std::size_t>{500, 1000, 1000}));
}

TEST_F(S3BulkDelete, KeysThatXmlCannotCarryAreDeletedSingly) {
  transport->otherwise([](const HttpRequest& request) {
    return request.method == "POST" ? answer(200, "<DeleteResult/>") : answer(204);
  });
  const auto outcomes = store->remove_many({"a", "b\x01", "c", "", "\xFF"});
  EXPECT_EQ(outcomes[3]->kind(), ErrorKind::invalid_path);
  std::set<std::string> sent;
  for (const auto& request : transport->requests())
    sent.insert(request.method + request.url.substr(request.url.find("/bucket") + 7));
  EXPECT_EQ(sent, (std::set<std::string>{"POST?delete=", "DELETE/b%01", "DELETE/%FF"}));
}

TEST_F(S3BulkDelete, CanBeSwitchedOff) {
  store = make({{"disable_bulk_delete", "true"}});
  transport->otherwise([](const HttpRequest& request) {
    if (request.url.ends_with("/b")) return answer(404, error_document("NoSuchKey", "gone"));
    return request.url.ends_with("/c") ? answer(403) : answer(204);
  });
  const auto outcomes = store->remove_many({"a", "b", "c"});
  EXPECT_EQ(transport->count(), 3U);
  EXPECT_FALSE(outcomes[0]);
  EXPECT_FALSE(outcomes[1]);
  EXPECT_EQ(outcomes[2]->kind(), ErrorKind::permission_denied);
}

TEST_F(S3BulkDelete, ARequestThatFailsFailsItsKeys) {
  transport->reply(403, error_document("AccessDenied", "no"));
  const auto outcomes = store->remove_many({"a", "b"});
  for (const auto& outcome : outcomes) EXPECT_EQ(outcome->kind(), ErrorKind::permission_denied);
  EXPECT_EQ(outcomes[1]->path(), "b");
}

TEST_F(S3BulkDelete, AnErrorAboutAnUnknownKeyIsNotLost) {
  transport->reply(200,
                   "<DeleteResult><Error><Key>other</Key><Code>AccessDenied</Code></Error></DeleteResult>");
  for (const auto& outcome : store->remove_many({"a", "b"})) EXPECT_TRUE(outcome);
}

TEST_F(S3BulkDelete, OfNothingAsksNothing) {
  EXPECT_TRUE(store->remove_many({}).empty());
  EXPECT_EQ(transport->count(), 0U);
}

}  // namespace
}  // namespace storelink::testing
