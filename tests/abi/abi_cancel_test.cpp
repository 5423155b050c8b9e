// Cancelling through the C ABI: one callback, whatever the race, and nothing happens after it.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <random>
#include <thread>
#include <vector>

#include "storelink/stores.hpp"
#include "support/abi_sources.hpp"
#include "support/foreign_store.hpp"
#include "support/run_task.hpp"
#include "support/tiny_server.hpp"

namespace storelink::testing {
namespace {

class AbiCancel : public AbiSourceTest {};

TEST_P(AbiCancel, AnOperationThatIsCancelledBeforeItRunsDoesNothing) {
  put("key", "text");
  const sl_get_request request = get_request("key");
  for (const bool started : {false, true}) {
    GetOutcome outcome;
    sl_operation* operation = store->get(store.get(), &request, &on_get, &outcome);
    operation->cancel(operation);
    operation->cancel(operation);
    EXPECT_EQ(outcome.calls, 0);
    if (started)
      operation->start(operation);
    else
      operation->drive(operation, nullptr, nullptr);
    outcome.wait();
    EXPECT_EQ(outcome.calls, 1);
    EXPECT_EQ(outcome.kind, SL_CANCELLED);
    operation->cancel(operation);  // too late
    operation->release(operation);
    EXPECT_EQ(outcome.calls, 1);
  }
}

TEST_P(AbiCancel, CancellingWhileItEndsGivesOneCallback) {
  put("key", "text");
  const sl_get_request request = get_request("key");
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same pauses each time
  std::minstd_rand random(1);
  int cancelled = 0;
  for (int round = 0; round < 200; ++round) {
    GetOutcome outcome;
    sl_operation* operation = store->get(store.get(), &request, &on_get, &outcome);
    {
      const std::chrono::microseconds pause(random() % 2000);
      const std::jthread canceller([operation, pause] {
        std::this_thread::sleep_for(pause);
        operation->cancel(operation);
      });
      if (round % 2 == 0)
        operation->start(operation);
      else
        operation->drive(operation, nullptr, nullptr);
      outcome.wait();
    }
    operation->release(operation);
    EXPECT_EQ(outcome.calls, 1);
    if (outcome.kind != 0) {
      EXPECT_EQ(outcome.kind, SL_CANCELLED);
      ++cancelled;
    } else {
      EXPECT_EQ(outcome.body, "text");
    }
  }
  EXPECT_LT(cancelled, 200);
}

STORELINK_ON_EVERY_SOURCE(AbiCancel);

// --- the caller's buffer ---

constexpr std::size_t body_size = 1 << 20;

// A body that arrives in small pieces.
class SlowServer {
 public:
  std::shared_ptr<ObjectStore> store() const {
    S3Options options;
    options.bucket = "bucket";
    options.read_environment = false;
    options.config = {{"endpoint", server_.url("")}, {"aws_skip_signature", "true"}};
    options.client_options = {{"allow_http", "true"}};
    return make_s3_store(options);
  }

 private:
  const TinyServer server_{[](TinyServer::Connection& connection) {
    while (!connection.read().empty()) {
      bool open = connection.write(
          "HTTP/1.1 200 OK\r\netag: \"e\"\r\n"
          "last-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
          "content-length: " +
          std::to_string(body_size) + "\r\n\r\n");
      for (std::size_t sent = 0; open && sent < body_size; sent += 1 << 14) {
        open = connection.write(std::string(1 << 14, 'x'));
        std::this_thread::sleep_for(std::chrono::microseconds(300));
      }
      if (!open) return;
    }
  }};
};

// Memory that was lent to an operation that has ended.
void expect_untouched_from_now(std::vector<std::byte>& buffer) {
  constexpr std::byte pattern{0x5a};
  std::fill(buffer.begin(), buffer.end(), pattern);
  std::this_thread::sleep_for(std::chrono::milliseconds(3));  // more pieces would arrive
  EXPECT_TRUE(std::all_of(buffer.begin(), buffer.end(), [](std::byte b) { return b == pattern; }));
}

enum class Way { started, driven, interrupted, imported };

class AbiBuffer : public ::testing::TestWithParam<Way> {};

TEST_P(AbiBuffer, IsNotTouchedAfterTheCallback) {
  const SlowServer server;
  const auto imported = through_abi(server.store());
  const StorePointer store = own(export_store(server.store()));
  // NOLINTNEXTLINE(bugprone-random-generator-seed): the same pauses each time
  std::minstd_rand random(7);
  int cancelled = 0;
  for (int round = 0; round < 30; ++round) {
    std::vector<std::byte> buffer(body_size);
    const std::chrono::microseconds pause(random() % 20'000);
    const auto end = std::chrono::steady_clock::now() + pause;
    if (GetParam() == Way::imported) {
      std::stop_source stop;
      GetRequest request("key");
      request.sink = Sink::into;
      request.buffer = buffer;
      const std::jthread stopper([&stop, end] {
        std::this_thread::sleep_until(end);
        stop.request_stop();
      });
      try {
        run_in_background(imported->get_async(std::move(request)), stop.get_token());
      } catch (const Error& error) {
        EXPECT_EQ(error.kind(), ErrorKind::cancelled);
        ++cancelled;
      }
      expect_untouched_from_now(buffer);
      continue;
    }
    sl_get_request request = get_request("key");
    request.sink = SL_SINK_INTO;
    request.buffer = reinterpret_cast<std::uint8_t*>(buffer.data());
    request.buffer_size = buffer.size();
    GetOutcome outcome;
    sl_operation* operation = store->get(store.get(), &request, &on_get, &outcome);
    std::jthread canceller;
    if (GetParam() != Way::interrupted)
      canceller = std::jthread([operation, end] {
        std::this_thread::sleep_until(end);
        operation->cancel(operation);
      });
    switch (GetParam()) {
      case Way::started: operation->start(operation); break;
      case Way::interrupted:
        operation->drive(operation, [](void*) { return std::int32_t{1}; }, nullptr);
        break;
      case Way::driven: operation->drive(operation, nullptr, nullptr); break;
      case Way::imported: break;
    }
    outcome.wait();
    expect_untouched_from_now(buffer);
    if (canceller.joinable()) canceller.join();
    operation->release(operation);
    EXPECT_EQ(outcome.calls, 1);
    cancelled += outcome.kind == SL_CANCELLED ? 1 : 0;
  }
  EXPECT_GT(cancelled, 0);
}

INSTANTIATE_TEST_SUITE_P(All, AbiBuffer,
                         ::testing::Values(Way::started, Way::driven, Way::interrupted, Way::imported),
                         [](const auto& item) {
                           switch (item.param) {
                             case Way::started: return "Started";
                             case Way::driven: return "Driven";
                             case Way::interrupted: return "Interrupted";
                             case Way::imported: return "Imported";
                           }
                           return "";
                         });

}  // namespace
}  // namespace storelink::testing
