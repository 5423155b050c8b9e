#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

class Multipart : public Conformance {
 protected:
  // A part that is large enough to be followed by others.
  Bytes part(char fill) const {
    return Bytes::adopt(std::string(std::max<std::size_t>(GetParam().smallest_part, 1000), fill));
  }
};

TEST_P(Multipart, PartsThatFinishOutOfOrderAssembleInOrder) {
  const auto upload = store->start_multipart(MultipartRequest("large"));
  upload->put_part(2, Bytes::copy("end"));
  upload->put_part(0, part('a'));
  upload->put_part(1, part('b'));
  EXPECT_FALSE(exists("large"));
  EXPECT_TRUE(upload->complete().e_tag.has_value());
  EXPECT_EQ(text("large"), part('a').to_string() + part('b').to_string() + "end");
}

TEST_P(Multipart, ReplacesAnOldObjectWhole) {
  put("key", "old");
  const auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(0, Bytes::copy("new"));
  EXPECT_EQ(text("key"), "old");
  upload->complete();
  EXPECT_EQ(text("key"), "new");
}

TEST_P(Multipart, AbortLeavesNothingVisible) {
  for (const bool with_part : {false, true}) {
    const auto upload = store->start_multipart(MultipartRequest("gone/away"));
    if (with_part) upload->put_part(0, part('a'));
    upload->abort();
    upload->abort();
    EXPECT_FALSE(exists("gone/away"));
    EXPECT_THROW(upload->complete(), Error);
  }
  EXPECT_TRUE(store->list().empty());
}

TEST_P(Multipart, NoPartsMakeAnEmptyObject) {
  const auto upload = store->start_multipart(MultipartRequest("empty"));
  upload->complete();
  EXPECT_EQ(store->head("empty").size, 0u);
}

TEST_P(Multipart, ThePartsMayBeEmpty) {
  const auto upload = store->start_multipart(MultipartRequest("empty"));
  upload->put_part(0, Bytes());
  EXPECT_TRUE(upload->complete().e_tag.has_value());
  EXPECT_EQ(store->head("empty").size, 0u);

  const auto longer = store->start_multipart(MultipartRequest("longer"));
  longer->put_part(1, Bytes());
  longer->put_part(0, part('a'));
  longer->complete();
  EXPECT_EQ(text("longer"), part('a').to_string());
}

TEST_P(Multipart, AMissingPartIsAnError) {
  const auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(1, Bytes::copy("b"));
  EXPECT_THROW(upload->complete(), Error);
  upload->abort();
  EXPECT_FALSE(exists("key"));
}

TEST_P(Multipart, APartPutAgainReplacesTheFirst) {
  const auto upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(0, Bytes::copy("first"));
  if (!GetParam().replaces_parts) {
    EXPECT_EQ(kind_thrown([&] { upload->put_part(0, Bytes::copy("second")); }), ErrorKind::not_supported);
    return;
  }
  upload->put_part(0, Bytes::copy("second"));
  upload->complete();
  EXPECT_EQ(text("key"), "second");
}

TEST_P(Multipart, KeepsAttributes) {
  MultipartRequest request("key");
  request.attributes.content_type = "text/csv";
  request.attributes.metadata["answer"] = "42";
  const Attributes given = request.attributes;
  if (!store->capabilities().attributes) {
    EXPECT_EQ(kind_thrown([&] {
                const auto upload = store->start_multipart(request);
                upload->put_part(0, Bytes::copy("x"));
                upload->complete();
              }),
              ErrorKind::not_supported);
    return;
  }
  const auto upload = store->start_multipart(std::move(request));
  upload->put_part(0, Bytes::copy("x"));
  upload->complete();
  EXPECT_EQ(attributes("key"), given);
}

TEST_P(Multipart, OfTwoInterleavedUploadsTheLastCompletedWins) {
  const auto first = store->start_multipart(MultipartRequest("key"));
  const auto second = store->start_multipart(MultipartRequest("key"));
  first->put_part(0, Bytes::copy("first"));
  second->put_part(0, Bytes::copy("second"));
  second->complete();
  EXPECT_EQ(text("key"), "second");
  if (!GetParam().keeps_other_uploads) {
    EXPECT_EQ(kind_thrown([&] { first->complete(); }), ErrorKind::generic);
    EXPECT_EQ(text("key"), "second");
    return;
  }
  first->complete();
  EXPECT_EQ(text("key"), "first");
}

TEST_P(Multipart, UploadSplitsALargeBodyInParallelParts) {
  std::string body;
  for (int i = 0; body.size() < (12u << 20); ++i) body += std::to_string(i) + ' ';
  UploadOptions options;
  options.part_size = 5u << 20;
  upload(store, PutRequest("large", Bytes::copy(body)), options);
  EXPECT_TRUE(text("large") == body);
}

TEST_P(Multipart, ATaskKeepsItsUploadAlive) {
  auto upload = store->start_multipart(MultipartRequest("key"));
  Task<void> part = upload->put_part_async(0, Bytes::copy("x"));
  upload.reset();
  drive(std::move(part));
  EXPECT_FALSE(exists("key"));

  upload = store->start_multipart(MultipartRequest("key"));
  upload->put_part(0, Bytes::copy("x"));
  Task<PutResult> completion = upload->complete_async();
  upload.reset();
  drive(std::move(completion));
  EXPECT_EQ(text("key"), "x");

  upload = store->start_multipart(MultipartRequest("other"));
  Task<void> abort = upload->abort_async();
  upload.reset();
  drive(std::move(abort));
  EXPECT_FALSE(exists("other"));
}

class WithoutMultipart : public Conformance {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(WithoutMultipart);

TEST_P(WithoutMultipart, StartingAnUploadIsNotSupported) {
  EXPECT_EQ(kind_thrown([&] { (void)store->start_multipart(MultipartRequest("key")); }),
            ErrorKind::not_supported);
}

TEST_P(WithoutMultipart, UploadPutsALargeBodyInOnePiece) {
  const std::string body(3u << 20, 'z');
  UploadOptions options;
  options.part_size = 1u << 20;
  upload(store, PutRequest("large", Bytes::copy(body)), options);
  EXPECT_TRUE(text("large") == body);
}

std::vector<Backend> backends_with(bool multipart) {
  std::vector<Backend> all = backends();
  std::erase_if(all, [multipart](const Backend& backend) { return backend.multipart != multipart; });
  return all;
}

INSTANTIATE_TEST_SUITE_P(On, Multipart, ::testing::ValuesIn(backends_with(true)),
                         [](const auto& backend) { return backend.param.name; });
INSTANTIATE_TEST_SUITE_P(On, WithoutMultipart, ::testing::ValuesIn(backends_with(false)),
                         [](const auto& backend) { return backend.param.name; });

}  // namespace
}  // namespace storelink::testing
