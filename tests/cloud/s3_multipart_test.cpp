// The multipart state machine.
#include <future>
#include <thread>

#include "cloud/s3_fixture.hpp"
#include "codec/digest.hpp"
#include "support/run_task.hpp"

namespace storelink::testing {
namespace {

constexpr const char* started =
    "<InitiateMultipartUploadResult><Bucket>bucket</Bucket><Key>k</Key><UploadId>id+1</UploadId>"
    "</InitiateMultipartUploadResult>";
constexpr const char* completed =
    "<?xml version=\"1.0\"?>\n <CompleteMultipartUploadResult><ETag>&quot;whole-2&quot;</ETag>"
    "</CompleteMultipartUploadResult>";
constexpr const char* base = "https://s3.us-east-1.amazonaws.com/bucket/k";

std::string md5_e_tag(const std::string& text) {
  return "\"" + codec::to_hex(codec::md5(text)) + "\"";
}

class S3Multipart : public FakeS3 {
 protected:
  S3Multipart() { transport->reply(200, started); }

  std::unique_ptr<MultipartUpload> start() { return store->start_multipart(MultipartRequest("k")); }
  void put(MultipartUpload& upload, std::size_t index, const std::string& text) {
    transport->reply(200, "", {{"etag", md5_e_tag(text)}});
    upload.put_part(index, Bytes::copy(text));
  }
  // Aborts go on in the background.
  bool aborted() {
    for (int i = 0; i < 2000; ++i) {
      for (const HttpRequest& request : transport->requests()) {
        if (request.method == "DELETE" && request.url == std::string(base) + "?uploadId=id%2B1") return true;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return false;
  }
};

TEST_F(S3Multipart, PartsInAnyOrderAreCompletedByIndex) {
  MultipartRequest request("k");
  request.attributes.content_type = "text/css";
  request.tags = {{"t", "1"}};
  const auto upload = store->start_multipart(std::move(request));
  EXPECT_EQ(transport->last().method, "POST");
  EXPECT_EQ(transport->last().url, std::string(base) + "?uploads=");
  EXPECT_EQ(header(transport->last(), "content-type"), "text/css");
  EXPECT_EQ(header(transport->last(), "x-amz-tagging"), "t=1");
  put(*upload, 1, "second");
  EXPECT_EQ(transport->last().method, "PUT");
  EXPECT_EQ(transport->last().url, std::string(base) + "?partNumber=2&uploadId=id%2B1");
  put(*upload, 0, "first");
  put(*upload, 1, "replaced");
  transport->reply(200, completed);
  EXPECT_EQ(upload->complete().e_tag, "\"whole-2\"");
  EXPECT_EQ(transport->last().method, "POST");
  EXPECT_EQ(transport->last().url, std::string(base) + "?uploadId=id%2B1");
  const auto quoted = [](const std::string& text) {
    return "&quot;" + codec::to_hex(codec::md5(text)) + "&quot;";
  };
  EXPECT_EQ(transport->last().body.view(),
            "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
            "<Part><PartNumber>1</PartNumber><ETag>" +
                quoted("first") +
                "</ETag></Part>"
                "<Part><PartNumber>2</PartNumber><ETag>" +
                quoted("replaced") +
                "</ETag></Part>"
                "</CompleteMultipartUpload>");
}

TEST_F(S3Multipart, AMissingPartKeepsTheUploadOpen) {
  const auto upload = start();
  put(*upload, 0, "a");
  put(*upload, 2, "c");
  const Error error = error_of([&] { upload->complete(); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_NE(error.message().find("part 1 was not put"), std::string::npos) << error.message();
  put(*upload, 1, "b");
  transport->reply(200, completed);
  upload->complete();
}

TEST_F(S3Multipart, AFailedPartCountsAsMissing) {
  const auto upload = start();
  put(*upload, 0, "a");
  transport->reply(403, error_document("AccessDenied", "no"));
  EXPECT_EQ(error_of([&] { upload->put_part(0, Bytes::copy("b")); }).kind(), ErrorKind::permission_denied);
  put(*upload, 1, "c");
  EXPECT_EQ(error_of([&] { upload->complete(); }).kind(), ErrorKind::generic);
}

TEST_F(S3Multipart, WithoutPartsAnEmptyObjectIsPut) {
  MultipartRequest request("k");
  request.attributes.content_type = "text/css";
  const auto upload = store->start_multipart(std::move(request));
  transport->reply(200, "", {{"etag", "\"empty\""}}).reply(204);
  EXPECT_EQ(upload->complete().e_tag, "\"empty\"");
  const auto requests = transport->requests();
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[1].method, "PUT");
  EXPECT_EQ(requests[1].url, base);
  EXPECT_EQ(header(requests[1], "content-type"), "text/css");
  EXPECT_EQ(requests[2].method, "DELETE");
}

TEST_F(S3Multipart, AbortIsIdempotentAndEndsTheUpload) {
  const auto upload = start();
  transport->reply(204);
  upload->abort();
  upload->abort();
  EXPECT_EQ(transport->count(), 2U);
  EXPECT_EQ(error_of([&] { upload->put_part(0, Bytes()); }).kind(), ErrorKind::generic);
  EXPECT_EQ(error_of([&] { upload->complete(); }).kind(), ErrorKind::generic);
}

TEST_F(S3Multipart, AnAbortOfWhatIsGoneSucceedsAndAFailedOneCanBeRepeated) {
  const auto upload = start();
  transport->reply(403).reply(404, error_document("NoSuchUpload", "gone"));
  EXPECT_EQ(error_of([&] { upload->abort(); }).kind(), ErrorKind::permission_denied);
  upload->abort();
  EXPECT_EQ(transport->count(), 3U);
}

TEST_F(S3Multipart, ACompletedUploadCannotBeAborted) {
  auto upload = start();
  put(*upload, 0, "a");
  transport->reply(200, completed);
  upload->complete();
  EXPECT_EQ(error_of([&] { upload->abort(); }).kind(), ErrorKind::generic);
  EXPECT_EQ(error_of([&] { upload->complete(); }).kind(), ErrorKind::generic);
  const auto before = transport->count();
  upload.reset();
  EXPECT_EQ(transport->count(), before) << "nothing is left to abort";
}

TEST_F(S3Multipart, DestroyingAnUnfinishedUploadAbortsItInTheBackground) {
  auto upload = start();
  put(*upload, 0, "a");
  transport->reply(204);
  upload.reset();
  EXPECT_TRUE(aborted());
}

TEST_F(S3Multipart, AnAbandonedUploadIsAbortedWhenItsLastPartHasEnded) {
  auto upload = start();
  Task<void> part = upload->put_part_async(0, Bytes::copy("part"));
  upload.reset();
  transport->reply(200, "", {{"etag", md5_e_tag("part")}});
  drive(std::move(part));
  transport->reply(204);
  EXPECT_TRUE(aborted());
  EXPECT_EQ(transport->requests().at(1).method, "PUT");
}

TEST_F(S3Multipart, AStartThatIsStoppedIsAbortedOnceItsAnswerHasCome) {
  const auto other = start();
  std::promise<void> came, go;
  transport
      ->reply([&](const HttpRequest&) {
        came.set_value();
        go.get_future().wait();
        HttpResponse response;
        response.status = 200;
        response.body = Bytes::copy(started);
        return response;
      })
      .otherwise([](const HttpRequest&) {
        HttpResponse response;
        response.status = 204;
        return response;
      });
  std::stop_source stop;
  std::thread stopper([&] {
    came.get_future().wait();
    stop.request_stop();
  });
  ExecutorContext context(thread_pool(), nullptr, true, stop.get_token());
  const Error error =
      error_of([&] { run_on(thread_pool(), context, store->start_multipart_async(MultipartRequest("k"))); });
  EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  EXPECT_EQ(transport->count(), 2u);
  go.set_value();
  stopper.join();
  EXPECT_TRUE(aborted());
}

TEST_F(S3Multipart, AFailedUploadIsAborted) {
  transport->reply(200, "", {{"etag", "\"a\""}}).reply(403).otherwise([](const HttpRequest& request) {
    HttpResponse response;
    response.status = request.method == "DELETE" ? 204 : 403;
    return response;
  });
  UploadOptions options;
  options.part_size = 4;
  options.concurrency = 1;
  EXPECT_EQ(error_of([&] { upload(store, PutRequest("k", Bytes::copy("0123456789")), options); }).kind(),
            ErrorKind::permission_denied);
  EXPECT_TRUE(aborted());
}

TEST_F(S3Multipart, AnErrorInsideTheAnswerOfCompleteIsOne) {
  const auto upload = start();
  put(*upload, 0, "a");
  transport->reply(200, error_document("InvalidPart", "one or more parts could not be found"));
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.body = Bytes::copy(error_document("InvalidPart", "one or more parts could not be found"));
    return response;
  });
  const Error error = error_of([&] { upload->complete(); });
  EXPECT_EQ(error.kind(), ErrorKind::generic);
  EXPECT_NE(error.message().find("InvalidPart"), std::string::npos);
  transport->otherwise(nullptr);
  transport->reply(200, completed);
  upload->complete();
}

TEST_F(S3Multipart, ACompleteWhoseAnswerWasLostIsRecognisedByItsEtag) {
  const auto upload = start();
  put(*upload, 0, "a");
  const auto digest = codec::md5("a");
  const std::string whole = "\"" + codec::to_hex(codec::md5(codec::as_chars(digest))) + "-1\"";
  transport->fail(true).reply(404, error_document("NoSuchUpload", "gone")).reply(200, "", {{"etag", whole}});
  EXPECT_EQ(upload->complete().e_tag, whole);
}

TEST_F(S3Multipart, ACompleteOfAnUploadThatIsGoneIsNotFound) {
  const auto upload = start();
  put(*upload, 0, "a");
  transport->reply(404, error_document("NoSuchUpload", "gone"));
  EXPECT_EQ(error_of([&] { upload->complete(); }).kind(), ErrorKind::not_found);
  EXPECT_EQ(transport->count(), 3U);
}

TEST_F(S3Multipart, TooManyPartsAreRefused) {
  const auto upload = start();
  EXPECT_EQ(error_of([&] { upload->put_part(10'000, Bytes()); }).kind(), ErrorKind::generic);
  EXPECT_EQ(transport->count(), 1U);
}

TEST_F(S3Multipart, ChecksumsOfPartsGoIntoTheCompletion) {
  store = make({{"checksum_algorithm", "crc64nvme"}});
  const auto upload = start();
  EXPECT_EQ(header(transport->last(), "x-amz-checksum-algorithm"), "CRC64NVME");
  put(*upload, 0, "a");
  const std::string checksum = header(transport->last(), "x-amz-checksum-crc64nvme");
  EXPECT_EQ(checksum.size(), 12U);
  transport->reply(200, completed);
  upload->complete();
  EXPECT_NE(transport->last().body.view().find("<ChecksumCRC64NVME>" + checksum + "<"), std::string::npos);
}

class S3CopyByMultipart : public FakeS3 {
 protected:
  S3CopyByMultipart() { store = make({{"copy_if_not_exists", "multipart"}}); }
};

TEST_F(S3CopyByMultipart, KeepsAttributesAndCompletesWithTheCondition) {
  transport->reply(200, "", object_headers(3, {{"content-type", "text/css"}}))
      .reply(200, started)
      .reply(200, "<CopyPartResult><ETag>&quot;p&quot;</ETag></CopyPartResult>")
      .reply(200, completed);
  store->copy(CopyRequest("a", "k", false));
  const auto requests = transport->requests();
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(header(requests[1], "content-type"), "text/css");
  EXPECT_EQ(header(requests[2], "x-amz-copy-source"), "/bucket/a");
  EXPECT_EQ(header(requests[3], "if-none-match"), "*");
}

TEST_F(S3CopyByMultipart, OntoAnExistingObjectFailsAndAborts) {
  transport->reply(200, "", object_headers(3))
      .reply(200, started)
      .reply(200, "<CopyPartResult><ETag>&quot;p&quot;</ETag></CopyPartResult>")
      .reply(412)
      .reply(204);
  EXPECT_EQ(error_of([&] { store->copy(CopyRequest("a", "k", false)); }).kind(), ErrorKind::already_exists);
  for (int i = 0; i < 2000 && transport->count() < 5; ++i)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(transport->last().method, "DELETE");
}

TEST_F(S3Multipart, AnUploadWithFurtherHeadersIsOnePut) {
  transport->reply(200, "", {{"etag", "\"e\""}});
  PutRequest request("k", Bytes::copy("0123456789"));
  request.headers = {{"x-amz-acl", "private"}};
  UploadOptions options;
  options.part_size = 4;
  upload(store, std::move(request), options);
  EXPECT_EQ(transport->count(), 1U);
  EXPECT_EQ(transport->last().body.view(), "0123456789");
  EXPECT_EQ(header(transport->last(), "x-amz-acl"), "private");
}

}  // namespace
}  // namespace storelink::testing
