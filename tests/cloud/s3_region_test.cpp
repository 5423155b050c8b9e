// A bucket in another region than the store's: its region is learned from the service's answer.
#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

class S3Regions : public FakeS3 {
 protected:
  FakeTransport& redirect(int status = 301, const std::string& region = "eu-north-1") {
    return transport->reply(status, "", {{"x-amz-bucket-region", region}});
  }
  static void expect_region(const HttpRequest& request, const std::string& region) {
    EXPECT_NE(header(request, "authorization").find("/" + region + "/s3/"), std::string::npos)
        << header(request, "authorization");
  }
};

TEST_F(S3Regions, ARedirectedRequestIsSentOnceMoreAndTheRegionKept) {
  redirect().reply(200, "x", object_headers(1)).reply(200, "", {{"etag", "\"e\""}});
  EXPECT_EQ(store->get("k").view(), "x");
  store->put("k", Bytes::copy("y"));
  const auto sent = transport->requests();
  ASSERT_EQ(sent.size(), 3U);
  EXPECT_EQ(sent[0].url, "https://s3.us-east-1.amazonaws.com/bucket/k");
  expect_region(sent[0], "us-east-1");
  for (const std::size_t i : {1U, 2U}) {
    EXPECT_EQ(sent[i].url, "https://s3.eu-north-1.amazonaws.com/bucket/k");
    expect_region(sent[i], "eu-north-1");
  }
  const std::string url = store->sign(SignRequest("GET", "k", std::chrono::seconds(60)));
  EXPECT_TRUE(url.starts_with("https://s3.eu-north-1.amazonaws.com/bucket/k?")) << url;
}

TEST_F(S3Regions, WritesAndVirtualHostsFollowToo) {
  const auto hosted = make({{"virtual_hosted_style_request", "true"}});
  redirect(307).reply(200, "", {{"etag", "\"e\""}});
  hosted->put("s3.us-east-1.amazonaws.com", Bytes::copy("y"));
  EXPECT_EQ(transport->last().url, "https://bucket.s3.eu-north-1.amazonaws.com/s3.us-east-1.amazonaws.com");
  EXPECT_EQ(transport->last().body.view(), "y");
}

TEST_F(S3Regions, AnEndpointOfItsOwnStaysAndIsSignedForTheRegion) {
  const auto own = make({{"endpoint", "https://minio.example.com"}});
  transport->reply(400, error_document("AuthorizationHeaderMalformed", "wrong", "<Region>eu-west-2</Region>"))
      .reply(200, "x", object_headers(1));
  own->get("k");
  EXPECT_EQ(transport->last().url, "https://minio.example.com/bucket/k");
  expect_region(transport->last(), "eu-west-2");
}

TEST_F(S3Regions, ItIsFollowedOnceAndOnlyToARegion) {
  redirect().reply(301, "", {{"x-amz-bucket-region", "eu-west-9"}});
  EXPECT_NE(error_of([&] { store->get("k"); }).message().find("eu-west-9"), std::string::npos);
  EXPECT_EQ(transport->count(), 2U);
  const auto other = make();
  for (const char* region : {"us-east-1", "evil.example.com/", "", "EU"}) {
    redirect(301, region);
    EXPECT_EQ(kind_thrown([&] { other->get("k"); }), ErrorKind::generic) << region;
  }
  EXPECT_EQ(transport->count(), 6U) << "nothing was learned";
}

TEST_F(S3Regions, AnonymousRequestsFollowToo) {
  const auto anonymous = make({{"skip_signature", "true"}});
  redirect().reply(200, "x", object_headers(1));
  anonymous->get("k");
  EXPECT_EQ(transport->last().url, "https://s3.eu-north-1.amazonaws.com/bucket/k");
}

}  // namespace
}  // namespace storelink::testing
