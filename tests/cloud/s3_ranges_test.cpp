// Ranges: which bytes come, and that wrong ones never do.
#include <array>

#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

using S3Ranges = FakeS3;

Headers part_headers(std::size_t length, const std::string& range) {
  return object_headers(length, {{"content-range", range}});
}

TEST_F(S3Ranges, AreSentAsHeadersAndGiveTheWholeSize) {
  transport->reply(206, "234", part_headers(3, "bytes 2-4/10"))
      .reply(206, "89", part_headers(2, "bytes 8-9/10"))
      .reply(206, "789", part_headers(3, "bytes 7-9/10"))
      .reply(206, "89", part_headers(2, "bytes 8-9/10"));
  const GetResult bounded = store->get(GetRequest("k", GetRange::bounded(2, 5)));
  EXPECT_EQ(header(transport->last(), "range"), "bytes=2-4");
  EXPECT_EQ(bounded.body.view(), "234");
  EXPECT_EQ(bounded.meta.size, 10U);
  EXPECT_EQ(bounded.start, 2U);
  EXPECT_EQ(bounded.end, 5U);
  EXPECT_EQ(store->get(GetRequest("k", GetRange::offset(8))).body.view(), "89");
  EXPECT_EQ(header(transport->last(), "range"), "bytes=8-");
  EXPECT_EQ(store->get(GetRequest("k", GetRange::suffix(3))).body.view(), "789");
  EXPECT_EQ(header(transport->last(), "range"), "bytes=-3");
  const GetResult clamped = store->get(GetRequest("k", GetRange::bounded(8, 100)));
  EXPECT_EQ(clamped.body.view(), "89");
  EXPECT_EQ(clamped.end, 10U);
}

TEST_F(S3Ranges, EmptyAndBackwardOnesAreRefusedBeforeAnyRequest) {
  for (const GetRange range : {GetRange::bounded(3, 3), GetRange::bounded(4, 3), GetRange::suffix(0)})
    EXPECT_EQ(error_of([&] { store->get(GetRequest("k", range)); }).kind(), ErrorKind::generic);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(S3Ranges, AStartPastTheEndNamesRangeAndSize) {
  transport->reply(416, error_document("InvalidRange", "no", "<ActualObjectSize>10</ActualObjectSize>"));
  const Error error = error_of([&] { store->get(GetRequest("k", GetRange::bounded(10, 20))); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_NE(error.message().find("10..20"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("10 bytes"), std::string::npos) << error.message();
  transport->reply(416, "", {{"content-range", "bytes */7"}});
  EXPECT_NE(error_of([&] { store->get(GetRequest("k", GetRange::offset(8))); }).message().find("7 bytes"),
            std::string::npos);
}

TEST_F(S3Ranges, ASuffixOfAnEmptyObjectIsEmpty) {
  transport->reply(416, "", {{"content-range", "bytes */0"}}).reply(200, "", object_headers(0));
  const GetResult result = store->get(GetRequest("k", GetRange::suffix(4)));
  EXPECT_EQ(result.meta.size, 0U);
  EXPECT_TRUE(result.body.empty());
  EXPECT_EQ(transport->last().method, "HEAD");
}

TEST_F(S3Ranges, AWholeObjectInsteadOfAPartIsCutWhereItLies) {
  transport->reply(200, "0123456789", object_headers(10)).reply(200, "0123456789", object_headers(10));
  const GetResult result = store->get(GetRequest("k", GetRange::bounded(2, 5)));
  EXPECT_EQ(result.body.view(), "234");
  EXPECT_EQ(result.start, 2U);
  std::array<char, 10> buffer{};
  EXPECT_EQ(store->get_into("k", GetRange::suffix(2), std::as_writable_bytes(std::span(buffer))), 2U);
  EXPECT_EQ(std::string_view(buffer.data(), 2), "89");
}

TEST_F(S3Ranges, AWholeObjectInsteadOfAStreamedPartIsAnError) {
  transport->reply(200, "0123456789", object_headers(10));
  GetRequest request("k", GetRange::bounded(2, 5));
  request.sink = Sink::stream;
  EXPECT_EQ(error_of([&] { store->get(std::move(request)); }).kind(), ErrorKind::generic);
}

TEST_F(S3Ranges, AnotherPartThanAskedForIsAnError) {
  for (const char* range :
       {"bytes 3-5/10", "bytes 2-3/10", "bytes 2-4/*", "bytes 2-4/3", "items 2-4/10", ""}) {
    transport->reply(206, "234", part_headers(3, range));
    EXPECT_EQ(error_of([&] { store->get(GetRequest("k", GetRange::bounded(2, 5))); }).kind(),
              ErrorKind::generic)
        << range;
  }
  transport->reply(206, "0123", part_headers(4, "bytes 0-3/10"));
  EXPECT_EQ(error_of([&] { store->get("k"); }).kind(), ErrorKind::generic)
      << "a part although all was asked for";
}

TEST_F(S3Ranges, AnotherNumberOfBytesThanAnnouncedIsAnError) {
  transport->reply(206, "23", part_headers(3, "bytes 2-4/10")).reply(200, "0123", object_headers(5));
  EXPECT_EQ(error_of([&] { store->get(GetRequest("k", GetRange::bounded(2, 5))); }).kind(), ErrorKind::io);
  EXPECT_EQ(error_of([&] { store->get("k"); }).kind(), ErrorKind::io);
}

TEST_F(S3Ranges, GetIntoFillsTheBuffer) {
  std::array<char, 4> buffer{};
  transport->reply(206, "234", part_headers(3, "bytes 2-4/10"));
  EXPECT_EQ(store->get_into("k", GetRange::bounded(2, 5), std::as_writable_bytes(std::span(buffer))), 3U);
  EXPECT_EQ(std::string_view(buffer.data(), 3), "234");
}

TEST_F(S3Ranges, ABufferThatIsTooSmallIsAnError) {
  std::array<char, 2> buffer{};
  const auto bytes = std::as_writable_bytes(std::span(buffer));
  EXPECT_EQ(error_of([&] { store->get_into("k", GetRange::bounded(2, 5), bytes); }).kind(),
            ErrorKind::generic);
  EXPECT_EQ(transport->count(), 0U);
  transport->reply(200, "01234", object_headers(5));
  EXPECT_EQ(error_of([&] { store->get_into("k", GetRange(), bytes); }).kind(), ErrorKind::generic);
}

TEST_F(S3Ranges, StreamsGiveTheirRangeAndNameTheObjectInErrors) {
  transport->reply(206, "234", part_headers(3, "bytes 2-4/10")).reply(200, "01", object_headers(5));
  GetRequest request("k", GetRange::bounded(2, 5));
  request.sink = Sink::stream;
  GetResult result = store->get(request);
  EXPECT_EQ(result.end - result.start, 3U);
  EXPECT_EQ(result.stream->collect(3).view(), "234");
  request.range = GetRange();
  result = store->get(request);
  const Error error = error_of([&] { result.stream->collect(); });
  EXPECT_EQ(error.kind(), ErrorKind::io) << "a stream that ends early";
  EXPECT_EQ(error.path(), "k");
}

TEST_F(S3Ranges, ABrokenBodyIsResumedBehindWhatIsThere) {
  transport->reply([](const HttpRequest&) {
    HttpResponse response;
    response.status = 206;
    response.headers = part_headers(6, "bytes 2-7/10");
    response.body = Bytes::copy("234");
    response.broken = Error(ErrorKind::io, "reset");
    return response;
  });
  transport->reply(206, "567", part_headers(3, "bytes 5-7/10"));
  GetRequest request("k", GetRange::bounded(2, 8));
  request.if_none_match = "\"other\"";
  EXPECT_EQ(store->get(std::move(request)).body.view(), "234567");
  EXPECT_EQ(header(transport->last(), "range"), "bytes=5-7");
  EXPECT_EQ(header(transport->last(), "if-match"), "\"e1\"");
  EXPECT_EQ(header(transport->last(), "if-none-match"), "(none)");
}

}  // namespace
}  // namespace storelink::testing
