// The verbs as tasks on the background loop: blocking work goes to the thread pool, and a stop token ends
// them.
#include <array>
#include <atomic>

#include "base/runtime.hpp"
#include "conformance/fixture.hpp"
#include "support/run_task.hpp"

namespace storelink::testing {
namespace {

class Asynchronous : public Conformance {};

TEST_P(Asynchronous, EveryVerbWorksOffTheCallersThread) {
  run_in_background(store->put_async(PutRequest("a/key", Bytes::copy("0123456789"))));
  EXPECT_EQ(run_in_background(store->get_async(GetRequest("a/key"))).body.view(), "0123456789");
  EXPECT_EQ(run_in_background(store->head_async("a/key")).size, 10u);
  const auto ranges = run_in_background(store->get_ranges_async("a/key", {{5, 7}, {0, 2}}));
  EXPECT_EQ(ranges.at(0).view(), "56");
  EXPECT_EQ(ranges.at(1).view(), "01");
  std::array<std::byte, 10> buffer{};
  GetRequest into("a/key", GetRange::suffix(4));
  into.sink = Sink::into;
  into.buffer = buffer;
  EXPECT_EQ(run_in_background(store->get_async(std::move(into))).start, 6u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(buffer.data()), 4), "6789");
  run_in_background(store->copy_async(CopyRequest("a/key", "a/copy")));
  run_in_background(store->rename_async(CopyRequest("a/copy", "b/moved")));
  EXPECT_EQ(paths(run_in_background(store->list_async(ListRequest())).objects),
            (Strings{"a/key", "b/moved"}));
  run_in_background(store->delete_async("a/key"));
  run_in_background(store->delete_many_async({"b/moved"}));
  EXPECT_TRUE(run_in_background(store->list_async(ListRequest())).objects.empty());
}

TEST_P(Asynchronous, ErrorsPassThroughTheTask) {
  EXPECT_EQ(kind_thrown([&] { run_in_background(store->get_async(GetRequest("missing"))); }),
            ErrorKind::not_found);
  EXPECT_EQ(kind_thrown([&] { run_in_background(store->copy_async(CopyRequest("missing", "to"))); }),
            ErrorKind::not_found);
}

TEST_P(Asynchronous, AStreamIsReadToItsEnd) {
  std::string body;
  for (int i = 0; body.size() < (5u << 20); ++i) body += std::to_string(i) + ';';
  run_in_background(store->put_async(PutRequest("large", Bytes::copy(body))));
  GetRequest request("large");
  request.sink = Sink::stream;
  auto result = run_in_background(store->get_async(std::move(request)));
  EXPECT_TRUE(run_in_background(result.stream->collect_async(result.meta.size)).view() == body);
}

TEST_P(Asynchronous, ManyTasksRunAtOnce) {
  std::function<Task<void>(std::size_t)> round_trip = [this](std::size_t i) {
    return [](std::shared_ptr<ObjectStore> on, std::string key) -> Task<void> {
      PutRequest put_request(key, Bytes::copy(key));
      co_await on->put_async(std::move(put_request));
      GetRequest get_request(key);
      const GetResult got = co_await on->get_async(std::move(get_request));
      EXPECT_EQ(got.body.view(), key);
    }(store, "many/" + std::to_string(i));
  };
  run_in_background(for_each_concurrent(100, 32, std::move(round_trip)));
  EXPECT_EQ(store->list("many").size(), 100u);
}

TEST_P(Asynchronous, AStoppedUploadIsCancelledAndLeavesTheOldObject) {
  put("key", "old");
  std::stop_source stop;
  stop.request_stop();
  UploadOptions options;
  options.part_size = 5u << 20;
  EXPECT_EQ(kind_thrown([&] {
              run_in_background(
                  upload_async(store, PutRequest("key", Bytes::adopt(std::string(11u << 20, 'n'))), options),
                  stop.get_token());
            }),
            ErrorKind::cancelled);
  EXPECT_EQ(text("key"), "old");
}

TEST_P(Asynchronous, AStopWhileManyPutsRunEndsThemSoon) {
  std::stop_source stop;
  std::atomic<int> begun{0};
  std::function<Task<void>(std::size_t)> put_one = [this, &begun, &stop](std::size_t i) {
    if (++begun == 20) stop.request_stop();
    return [](std::shared_ptr<ObjectStore> on, std::size_t n) -> Task<void> {
      PutRequest request("stopped/" + std::to_string(n), Bytes::copy("whole"));
      co_await on->put_async(std::move(request));
    }(store, i);
  };
  EXPECT_EQ(kind_thrown([&] {
              run_in_background(for_each_concurrent(100'000, 4, std::move(put_one)), stop.get_token());
            }),
            ErrorKind::cancelled);
  EXPECT_LT(begun.load(), 100);
  for (const auto& meta : store->list("stopped")) EXPECT_TRUE(meta.size == 5 || !GetParam().whole_puts);
}

STORELINK_ON_EVERY_BACKEND(Asynchronous);

}  // namespace
}  // namespace storelink::testing
