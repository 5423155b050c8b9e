// Checksums of what is downloaded: compared where the service gives them.
#include "cloud/s3_fixture.hpp"
#include "codec/digest.hpp"

namespace storelink::testing {
namespace {

class S3Checksums : public FakeS3 {
 protected:
  static Headers with(const std::string& name, const std::string& value, std::size_t size = 5) {
    return object_headers(size, {{"x-amz-checksum-" + name, value}});
  }
  std::string streamed() {
    GetRequest request("k");
    request.sink = Sink::stream;
    GetResult result = checking->get(std::move(request));
    std::string all;
    while (true) {
      const Bytes piece = result.stream->next();
      if (piece.empty()) return all;
      all += piece.view();
    }
  }
  const std::string sha256 = codec::base64_encode(codec::as_chars(codec::sha256("bytes")));
  std::shared_ptr<ObjectStore> checking = make({{"checksum_algorithm", "crc64nvme"}});
};

TEST_F(S3Checksums, AreAskedForByAStoreThatSendsThem) {
  transport->reply(200, "bytes", with("sha256", sha256));
  EXPECT_EQ(checking->get("k").view(), "bytes") << "also those of another algorithm";
  EXPECT_EQ(header(transport->last(), "x-amz-checksum-mode"), "ENABLED");
  transport->reply(200, "bytes", with("sha256", "wrong"));
  EXPECT_EQ(store->get("k").view(), "bytes") << "a store without checksums looks at none";
  EXPECT_EQ(header(transport->last(), "x-amz-checksum-mode"), "(none)");
}

TEST_F(S3Checksums, OtherBytesThanTheServiceHasAreAnError) {
  // The check value of CRC-64/NVME for "123456789" is 0xAE8B14860A799888.
  transport->reply(200, "123456789", with("crc64nvme", "rosUhgp5mIg=", 9));
  EXPECT_EQ(checking->get("k").view(), "123456789");
  transport->reply(200, "123456780", with("crc64nvme", "rosUhgp5mIg=", 9));
  const Error error = error_of([&] { checking->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::io);
  EXPECT_EQ(error.path(), "k");
  EXPECT_NE(error.message().find("CRC64NVME"), std::string::npos) << error.message();
}

TEST_F(S3Checksums, ABufferAndAStreamAreCheckedToo) {
  std::vector<std::byte> buffer(5);
  for (const bool right : {true, false}) {
    GetRequest into("k");
    into.sink = Sink::into;
    into.buffer = buffer;
    transport->reply(200, right ? "bytes" : "butes", with("sha256", sha256));
    const auto get = [&] { checking->get(into); };
    if (right) {
      EXPECT_NO_THROW(get());
    } else {
      EXPECT_EQ(kind_thrown(get), ErrorKind::io);
    }
  }
  transport->reply(200, "bytes", with("sha256", sha256));
  EXPECT_EQ(streamed(), "bytes");
  transport->reply(200, "butes", with("sha256", sha256));
  EXPECT_EQ(kind_thrown([&] { streamed(); }), ErrorKind::io);
}

TEST_F(S3Checksums, ThoseOfPartsAndForRangesAreNotCompared) {
  transport->reply(200, "bytes", with("sha256", "abc-2"));
  EXPECT_EQ(checking->get("k").view(), "bytes");
  Headers part = with("sha256", "of another part", 2);
  part.emplace_back("content-range", "bytes 0-1/5");
  transport->reply(206, "by", part);
  GetRequest range("k");
  range.range = GetRange::bounded(0, 2);
  EXPECT_EQ(checking->get(std::move(range)).body.view(), "by");
}

TEST_F(S3Checksums, ALargeBodyIsCheckedOffTheLoop) {
  const std::string large(3u << 20, 'x');
  const std::string digest = codec::base64_encode(codec::as_chars(codec::sha256(large)));
  transport->reply(200, large, with("sha256", digest, large.size()));
  EXPECT_EQ(checking->get("k").size(), large.size());
}

}  // namespace
}  // namespace storelink::testing
