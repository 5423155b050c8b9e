// Who holds what, and for how long: everything may be released in a callback, before its end, or midway.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <vector>

#include "storelink/stores.hpp"
#include "support/abi_sources.hpp"
#include "support/eventually.hpp"
#include "support/fake_transport.hpp"
#include "support/foreign_store.hpp"
#include "support/tiny_server.hpp"

namespace storelink::testing {
namespace {

class AbiLifetimes : public AbiSourceTest {};

// What a callback releases.
struct Held {
  const sl_store* store = nullptr;
  sl_operation* operation = nullptr;
  sl_stream* stream = nullptr;
  sl_upload* upload = nullptr;
  std::atomic<int> calls{0};

  void release_all() {
    if (stream != nullptr) stream->release(stream);
    if (upload != nullptr) upload->release(upload);
    store->release(store);
    operation->release(operation);
  }
  void called() {
    ++calls;
    calls.notify_all();
  }
};

void release_in_get(void* user, const sl_error* error, sl_get_result* result) {
  auto* held = static_cast<Held*>(user);
  EXPECT_EQ(error, nullptr);
  held->release_all();
  // What was given outlives its store and its operation.
  EXPECT_EQ(std::string_view(reinterpret_cast<const char*>(result->body.data), result->body.size), "text");
  if (result->body.release != nullptr) result->body.release(result->body.owner);
  result->body.release = nullptr;
  held->called();
}

// A get of "key" that has the last reference to `store`.
void hold_get(Held& held, StorePointer& store) {
  const sl_get_request request = get_request("key");
  held.store = store.release();
  held.operation = held.store->get(held.store, &request, &release_in_get, &held);
}

TEST_P(AbiLifetimes, TheLastReferencesAreReleasedInTheCallbackOfAStartedOperation) {
  put("key", "text");
  Held held;
  hold_get(held, store);
  held.operation->start(held.operation);
  held.calls.wait(0);
  EXPECT_EQ(held.calls, 1);
}

TEST_P(AbiLifetimes, TheLastReferencesAreReleasedInTheCallbackOfADrivenOperation) {
  put("key", "text");
  Held held;
  hold_get(held, store);
  held.operation->drive(held.operation, nullptr, nullptr);
  EXPECT_EQ(held.calls, 1);
}

TEST_P(AbiLifetimes, AnOperationKeepsItsStoreAndIsReleasedBeforeItsEnd) {
  put("key", "text");
  const sl_get_request request = get_request("key");
  GetOutcome outcome;
  sl_operation* operation = store->get(store.get(), &request, &on_get, &outcome);
  store.reset();
  operation->start(operation);
  operation->release(operation);
  outcome.wait();
  EXPECT_EQ(outcome.kind, 0);
  EXPECT_EQ(outcome.body, "text");
}

TEST_P(AbiLifetimes, AnOperationThatNeverRunsReleasesWhatItWasGiven) {
  std::atomic<int> released{0};
  sl_put_request request{};
  request.struct_size = sizeof(request);
  request.path = {"key", 3};
  request.body = {reinterpret_cast<const std::uint8_t*>("text"), 4, &released,
                  [](void* count) { ++*static_cast<std::atomic<int>*>(count); }};
  sl_operation* operation = store->put(
      store.get(), &request, [](void*, const sl_error*, const sl_put_result*) { FAIL(); }, nullptr);
  operation->release(operation);
  EXPECT_EQ(released, 1);
}

TEST_P(AbiLifetimes, AStoreIsRetainedByThoseWhoHoldIt) {
  put("key", "text");
  const StorePointer second = [this] {
    store->retain(store.get());
    return own(store.get());
  }();
  store.reset();
  EXPECT_EQ(import_store(second.get())->get("key").view(), "text");
}

sl_stream* open_stream(const sl_store* store, const char* path) {
  sl_get_request request = get_request(path);
  request.sink = SL_SINK_STREAM;
  GetOutcome outcome;
  sl_operation* operation = store->get(store, &request, &on_get, &outcome);
  operation->drive(operation, nullptr, nullptr);
  operation->release(operation);
  EXPECT_EQ(outcome.kind, 0);
  return outcome.stream;
}

void release_in_next(void* user, const sl_error* error, sl_bytes* piece) {
  auto* held = static_cast<Held*>(user);
  EXPECT_EQ(error, nullptr);
  held->release_all();
  EXPECT_NE(piece->size, 0u);
  if (piece->release != nullptr) piece->release(piece->owner);
  piece->release = nullptr;
  held->called();
}

TEST_P(AbiLifetimes, AStreamIsReleasedMidwayInItsCallback) {
  put("key", std::string(1000, 'x'));
  for (const bool started : {false, true}) {
    Held held;
    held.stream = open_stream(store.get(), "key");
    ASSERT_NE(held.stream, nullptr);
    store->retain(store.get());
    held.store = store.get();
    held.operation = held.stream->next(held.stream, &release_in_next, &held);
    if (started)
      held.operation->start(held.operation);
    else
      held.operation->drive(held.operation, nullptr, nullptr);
    held.calls.wait(0);
    EXPECT_EQ(held.calls, 1);
  }
}

sl_upload* start_upload(const sl_store* store, const char* path) {
  sl_multipart_request request{};
  request.struct_size = sizeof(request);
  request.path = {path, std::char_traits<char>::length(path)};
  sl_upload* upload = nullptr;
  sl_operation* operation = store->start_multipart(
      store, &request,
      [](void* user, const sl_error* error, sl_upload* given) {
        EXPECT_EQ(error, nullptr);
        *static_cast<sl_upload**>(user) = given;
      },
      static_cast<void*>(&upload));
  operation->drive(operation, nullptr, nullptr);
  operation->release(operation);
  return upload;
}

sl_operation* put_part(sl_upload* upload, std::size_t index, const char* text, sl_done_callback callback,
                       void* user) {
  sl_bytes part{reinterpret_cast<const std::uint8_t*>(text), std::char_traits<char>::length(text), nullptr,
                nullptr};
  return upload->put_part(upload, index, &part, callback, user);
}

TEST_P(AbiLifetimes, AnUploadIsReleasedWhileAPartIsUnderWay) {
  for (int round = 0; round < 20; ++round) {
    Held held;
    sl_upload* upload = start_upload(store.get(), "dropped");
    ASSERT_NE(upload, nullptr);
    sl_operation* part = put_part(
        upload, 0, "part", [](void* user, const sl_error*) { static_cast<Held*>(user)->called(); }, &held);
    part->start(part);
    upload->release(upload);
    part->release(part);
    held.calls.wait(0);
    EXPECT_EQ(held.calls, 1);
  }
  EXPECT_TRUE(import_store(store.get())->list().empty());
}

TEST_P(AbiLifetimes, AnUploadIsReleasedInTheCallbackOfAPart) {
  Held held;
  held.upload = start_upload(store.get(), "dropped");
  ASSERT_NE(held.upload, nullptr);
  held.store = store.release();
  held.operation = put_part(
      held.upload, 0, "part",
      [](void* user, const sl_error* error) {
        auto* mine = static_cast<Held*>(user);
        EXPECT_EQ(error, nullptr);
        mine->release_all();
        mine->called();
      },
      &held);
  held.operation->start(held.operation);
  held.calls.wait(0);
  EXPECT_EQ(held.calls, 1);
}

STORELINK_ON_EVERY_SOURCE(AbiLifetimes);

// --- the library's own stores ---

TEST(AbiLifetimesOfTheLibrary, NothingOfAStoreIsLeftWhenItsLastHolderHasGone) {
  auto memory = make_memory_store();
  memory->put("key", Bytes::copy("text"));
  const std::weak_ptr<ObjectStore> watched = memory;
  const sl_get_request request = get_request("key");
  Held held;
  held.store = export_store(std::move(memory));
  held.operation = held.store->get(held.store, &request, &release_in_get, &held);
  EXPECT_FALSE(watched.expired());
  held.operation->start(held.operation);
  held.calls.wait(0);
  EXPECT_TRUE(eventually([&] { return watched.expired(); }));
}

TEST(AbiLifetimesOfTheLibrary, AnImportedStoreIsHeldByItsStreamsAndUploads) {
  const auto memory = make_memory_store();
  memory->put("key", Bytes::copy("text"));
  auto store = through_abi(memory);
  GetRequest request("key");
  request.sink = Sink::stream;
  auto stream = store->get(std::move(request)).stream;
  const auto upload = store->start_multipart(MultipartRequest("up"));
  store.reset();
  EXPECT_EQ(stream->next().view(), "text");
  upload->put_part(0, Bytes::copy("x"));
  upload->complete();
  EXPECT_EQ(memory->get("up").view(), "x");
}

// The body never ends, so the connection is only closed if the transfer is.
TEST(AbiLifetimesOfTheLibrary, AStreamThatIsReleasedMidwayEndsItsTransfer) {
  std::atomic<int> closed{0};
  const TinyServer server([&](TinyServer::Connection& connection) {
    (void)connection.read();
    connection.write(
        "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "content-length: 1000000000\r\n\r\n");
    while (connection.write(std::string(1 << 16, 'x'))) {
    }
    ++closed;
  });
  S3Options options;
  options.bucket = "bucket";
  options.read_environment = false;
  options.config = {{"endpoint", server.url("")}, {"aws_skip_signature", "true"}};
  options.client_options = {{"allow_http", "true"}};
  const auto store = own(export_store(make_s3_store(options)));
  sl_stream* stream = open_stream(store.get(), "endless");
  ASSERT_NE(stream, nullptr);
  stream->release(stream);
  EXPECT_TRUE(eventually([&] { return closed == 1; }));
  // And one whose consumer is C++.
  const auto imported = through_abi(import_store(store.get()));
  GetRequest request("endless");
  request.sink = Sink::stream;
  auto result = imported->get(std::move(request));
  EXPECT_FALSE(result.stream->next().empty());
  result.stream.reset();
  EXPECT_TRUE(eventually([&] { return closed == 2; }));
}

TEST(AbiLifetimesOfTheLibrary, AnUploadThatIsDroppedIsAbortedInTheBackground) {
  const auto transport = std::make_shared<FakeTransport>();
  transport->otherwise([](const HttpRequest& request) {
    HttpResponse response;
    response.status = request.method == "DELETE" ? 204 : 200;
    response.headers = {{"etag", "\"e\""}};
    if (request.method == "POST")
      response.body = Bytes::copy(
          "<InitiateMultipartUploadResult><UploadId>id</UploadId>"
          "</InitiateMultipartUploadResult>");
    return response;
  });
  S3Options options;
  options.bucket = "bucket";
  options.read_environment = false;
  options.config = {{"aws_skip_signature", "true"}};
  options.transport = transport;
  const auto store = own(export_store(make_s3_store(options)));
  sl_upload* upload = start_upload(store.get(), "dropped");
  ASSERT_NE(upload, nullptr);
  sl_operation* part =
      put_part(upload, 0, "part", [](void*, const sl_error* error) { EXPECT_EQ(error, nullptr); }, nullptr);
  part->drive(part, nullptr, nullptr);
  part->release(part);
  upload->release(upload);
  EXPECT_TRUE(eventually([&] {
    const auto requests = transport->requests();
    return std::any_of(requests.begin(), requests.end(), [](const HttpRequest& request) {
      return request.method == "DELETE" && request.url.find("uploadId=id") != std::string::npos;
    });
  }));
}

}  // namespace
}  // namespace storelink::testing
