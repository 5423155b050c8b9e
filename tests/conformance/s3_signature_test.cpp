// What a server checks that takes nothing of a signed request on trust: versitygw.
#include "conformance/fixture.hpp"
#include "support/fake_transport.hpp"
#include "support/tapped_transport.hpp"

namespace storelink::testing {
namespace {

class S3Signatures : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_server("VERSITY")) GTEST_SKIP() << "no versitygw";
    options = s3_options("VERSITY");
    store = make_s3_store(options);
  }
  S3Options in_region(const std::string& region) const {
    S3Options made = options;
    for (auto& [name, value] : made.config)
      if (name == "region") value = region;
    return made;
  }
  // A store whose bodies are changed on their way, the length being kept.
  std::shared_ptr<ObjectStore> tampered(Settings more = {}) const {
    S3Options made = options;
    made.config.insert(made.config.end(), more.begin(), more.end());
    made.transport = std::make_shared<TappedTransport>([](HttpRequest& request) {
      if (!request.body.empty()) request.body = Bytes::adopt(std::string(request.body.size(), '!'));
    });
    return make_s3_store(std::move(made));
  }

  S3Options options;
  std::shared_ptr<ObjectStore> store;
};

TEST_F(S3Signatures, AWrongRegionIsLearnedFromTheRefusal) {
  S3Options elsewhere = in_region("us-west-2");
  const auto tap = std::make_shared<TappedTransport>();
  elsewhere.transport = tap;
  const auto learner = make_s3_store(elsewhere);
  learner->put("key", Bytes::copy("text"));
  EXPECT_EQ(learner->get("key").view(), "text");
  EXPECT_EQ(learner->head("key").size, 4U);
  const auto sent = tap->requests();
  ASSERT_EQ(sent.size(), 4U) << "one was refused";
  EXPECT_NE(header(sent[0], "authorization").find("/us-west-2/"), std::string::npos);
  for (const std::size_t i : {1U, 2U, 3U})
    EXPECT_NE(header(sent[i], "authorization").find("/" + variable("STORELINK_TEST_VERSITY_REGION") + "/"),
              std::string::npos);
}

TEST_F(S3Signatures, AUrlThatIsSignedForAnotherRegionIsRefused) {
  store->put("key", Bytes::copy("text"));
  const auto get = [](const std::shared_ptr<ObjectStore>& from) {
    HttpRequest request;
    request.method = "GET";
    request.url = from->sign(SignRequest("GET", "key", std::chrono::minutes(5)));
    return drive(plain_transport()->send_async(std::move(request))).status;
  };
  EXPECT_EQ(get(store), 200);
  EXPECT_EQ(get(make_s3_store(in_region("us-west-2"))), 400);
}

TEST_F(S3Signatures, ABodyThatIsNotTheSignedOneIsRefused) {
  const auto meddler = tampered();
  const Error error = error_of([&] { meddler->put("key", Bytes::copy("text")); });
  EXPECT_NE(error.message().find("XAmzContentSHA256Mismatch"), std::string::npos) << error.message();
  EXPECT_EQ(kind_thrown([&] { store->head("key"); }), ErrorKind::not_found);

  const auto upload = meddler->start_multipart(MultipartRequest("large"));
  EXPECT_THROW(upload->put_part(0, Bytes::copy("part")), Error);
  upload->abort();
}

TEST_F(S3Signatures, ABodyThatIsNotSignedIsProtectedByItsChecksumOnly) {
  tampered({{"unsigned_payload", "true"}})->put("key", Bytes::copy("text"));
  EXPECT_EQ(store->get("key").view(), "!!!!");
  for (const char* algorithm : {"sha256", "crc64nvme"}) {
    const auto checked = tampered({{"unsigned_payload", "true"}, {"checksum_algorithm", algorithm}});
    EXPECT_THROW(checked->put("checked", Bytes::copy("text")), Error) << algorithm;
    EXPECT_EQ(kind_thrown([&] { store->head("checked"); }), ErrorKind::not_found) << algorithm;
  }
}

TEST_F(S3Signatures, AWrongSecretIsRefused) {
  S3Options stranger = options;
  for (auto& [name, value] : stranger.config)
    if (name == "aws_secret_access_key") value = "sesame";
  const Error error = error_of([&] { make_s3_store(stranger)->put("key", Bytes::copy("text")); });
  EXPECT_EQ(error.kind(), ErrorKind::permission_denied);
  EXPECT_EQ(error.message().find("sesame"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace storelink::testing
