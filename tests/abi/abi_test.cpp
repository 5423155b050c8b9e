// The C ABI: sharing, cancelling, driving, versions.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "storelink/abi.hpp"
#include "storelink/stores.hpp"
#include "support/abi_calls.hpp"
#include "support/foreign_store.hpp"
#include "support/run_task.hpp"
#include "support/slow_stores.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

TEST(Abi, AMemoryStoreIsSharedNotCopied) {
  const auto store = make_memory_store();
  const auto other = through_abi(store);
  EXPECT_NE(store, other);
  store->put("key", Bytes::copy("shared"));
  EXPECT_EQ(other->get("key").data(), store->get("key").data());
  other->put("back", Bytes::copy("too"));
  EXPECT_EQ(store->get("back").view(), "too");
  EXPECT_EQ(other->describe(), store->describe());
}

TEST(Abi, AStoreComesBackAsItself) {
  const auto store = make_memory_store();
  const sl_store* exported = export_store(store);
  EXPECT_EQ(import_store(exported), store);
  exported->release(exported);
  EXPECT_EQ(store.use_count(), 1);
}

TEST(Abi, AnImportedStoreIsExportedAsItsProducersStruct) {
  const sl_store* foreign = make_foreign(make_memory_store());
  const sl_store* again = export_store(import_store(foreign));
  EXPECT_EQ(again, foreign);
  again->release(again);
  foreign->release(foreign);
}

TEST(Abi, TheStructKeepsTheStoreAlive) {
  auto store = make_memory_store();
  const std::weak_ptr<ObjectStore> watched = store;
  const sl_store* exported = export_store(std::move(store));
  EXPECT_FALSE(watched.expired());
  exported->release(exported);
  EXPECT_TRUE(watched.expired());
}

TEST(Abi, AnUnknownVersionOrAShortTableIsRefused) {
  const sl_store* newer = make_foreign(make_memory_store(), sizeof(sl_store), SL_ABI_VERSION + 1);
  EXPECT_EQ(kind_thrown([&] { (void)import_store(newer); }), ErrorKind::not_supported);
  newer->release(newer);
  const sl_store* shorter = make_foreign(make_memory_store(), offsetof(sl_store, rename));
  EXPECT_EQ(kind_thrown([&] { (void)import_store(shorter); }), ErrorKind::not_supported);
  shorter->release(shorter);
  const sl_store* longer = make_foreign(make_memory_store(), sizeof(sl_store) + 64);
  EXPECT_TRUE(import_store(longer)->list().empty());
  longer->release(longer);
}

TEST(Abi, StartRunsInTheBackgroundAndDriveOnTheCaller) {
  const auto store = make_memory_store();
  store->put("key", Bytes::copy("text"));
  const sl_store* exported = export_store(store);
  const sl_get_request request = get_request("key");
  GetOutcome driven;
  sl_operation* operation = exported->get(exported, &request, on_get, &driven);
  operation->drive(operation, nullptr, nullptr);
  EXPECT_EQ(driven.calls.load(), 1);
  EXPECT_EQ(driven.body, "text");
  operation->release(operation);
  GetOutcome started;
  operation = exported->get(exported, &request, on_get, &started);
  operation->start(operation);
  operation->release(operation);  // it goes on
  started.calls.wait(0);
  EXPECT_EQ(started.body, "text");
  exported->release(exported);
}

TEST(Abi, AnOperationThatNeverRanCallsNobody) {
  const sl_store* exported = export_store(make_memory_store());
  const sl_get_request request = get_request("key");
  GetOutcome outcome;
  sl_operation* operation = exported->get(exported, &request, on_get, &outcome);
  operation->release(operation);
  exported->release(exported);
  EXPECT_EQ(outcome.calls.load(), 0);
}

TEST(Abi, CancellingGivesExactlyOneCallback) {
  const sl_store* exported = export_store(std::make_shared<WaitingStore>());
  for (int round = 0; round < 50; ++round) {
    const sl_get_request request = get_request("key");
    GetOutcome outcome;
    sl_operation* operation = exported->get(exported, &request, on_get, &outcome);
    operation->start(operation);
    std::jthread other([operation] { operation->cancel(operation); });
    operation->cancel(operation);
    outcome.calls.wait(0);
    other.join();
    operation->release(operation);
    EXPECT_EQ(outcome.calls.load(), 1);
    EXPECT_EQ(outcome.kind.load(), SL_CANCELLED);
  }
  exported->release(exported);
}

TEST(Abi, CancellationRacingCompletionGivesExactlyOneCallback) {
  const auto store = make_memory_store();
  store->put("key", Bytes::copy("text"));
  const sl_store* exported = export_store(store);
  for (int round = 0; round < 500; ++round) {
    const sl_get_request request = get_request("key");
    GetOutcome outcome;
    sl_operation* operation = exported->get(exported, &request, on_get, &outcome);
    operation->start(operation);
    operation->cancel(operation);
    outcome.calls.wait(0);
    operation->release(operation);
    EXPECT_EQ(outcome.calls.load(), 1);
  }
  exported->release(exported);
}

TEST(Abi, DriveAsksTheInterruptHook) {
  const sl_store* exported = export_store(std::make_shared<WaitingStore>());
  const sl_get_request request = get_request("key");
  GetOutcome outcome;
  sl_operation* operation = exported->get(exported, &request, on_get, &outcome);
  std::atomic<int> asked{0};
  operation->drive(
      operation,
      [](void* count) { return static_cast<std::int32_t>(++*static_cast<std::atomic<int>*>(count) >= 2); },
      &asked);
  operation->release(operation);
  exported->release(exported);
  EXPECT_EQ(outcome.kind.load(), SL_CANCELLED);
  EXPECT_GE(asked.load(), 2);
}

TEST(Abi, AnInterruptReachesADrivenForeignStore) {
  const auto store = through_abi(std::make_shared<WaitingStore>());
  const Interrupt interrupt = [] { return true; };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_thrown([&] { (void)drive(store->get_async(GetRequest("key")), &interrupt); }),
            ErrorKind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

Task<void> get_with_timeout(std::shared_ptr<ObjectStore> store) {
  // Two at a time: the second fails and thereby stops the first, which only ends when it is cancelled.
  std::function<Task<void>(std::size_t)> body = [store](std::size_t index) {
    return [](std::shared_ptr<ObjectStore> from, std::size_t i) -> Task<void> {
      if (i == 1) throw Error(ErrorKind::timeout, "enough");
      GetRequest request("key");
      co_await from->get_async(std::move(request));
    }(store, index);
  };
  co_await for_each_concurrent(2, 0, std::move(body));
}

TEST(Abi, AStopTokenCancelsAnAsynchronousForeignCall) {
  const auto store = through_abi(std::make_shared<WaitingStore>());
  EXPECT_EQ(kind_thrown([&] { run_in_background(get_with_timeout(store)); }), ErrorKind::timeout);
}

TEST(Abi, CapabilitiesPassThrough) {
  HttpOptions options;
  options.url = "https://example.com";
  for (const auto& inner : {make_memory_store(), make_http_store(options)}) {
    const Capabilities given = inner->capabilities();
    const Capabilities passed = through_abi(inner)->capabilities();
    for (const auto member :
         {&Capabilities::put_create, &Capabilities::put_update, &Capabilities::copy_create,
          &Capabilities::attributes, &Capabilities::tags, &Capabilities::versions, &Capabilities::sign,
          &Capabilities::ordered_list, &Capabilities::headers, &Capabilities::multipart})
      EXPECT_EQ(passed.*member, given.*member) << inner->describe();
  }
}

TEST(Abi, AttributesTagsAndErrorsPassThrough) {
  const auto inner = make_memory_store();
  const auto store = through_abi(inner);
  PutRequest request("key", Bytes::copy("text"));
  request.attributes.content_type = "text/plain";
  request.attributes.storage_class = "COLD";
  request.attributes.metadata["a"] = "b";
  const Attributes given = request.attributes;
  store->put(std::move(request));
  EXPECT_EQ(inner->get(GetRequest("key")).attributes, given);
  EXPECT_EQ(store->get(GetRequest("key")).attributes, given);
  try {
    (void)store->get("missing");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::not_found);
    EXPECT_EQ(error.path(), "missing");
    EXPECT_EQ(error.store(), "MemoryStore");
  }
}

// A store whose get fails because of an exception of the calling language.
class FailingStore final : public EmptyStore {
 public:
  explicit FailingStore(std::shared_ptr<void> object) : object_(std::move(object)) {}
  Task<GetResult> get_async(GetRequest) override {
    ErrorDetails details;
    details.cause = std::make_exception_ptr(ForeignException(object_));
    throw Error(std::move(details));
    co_return GetResult();
  }
  std::string describe() const override { return "FailingStore"; }

 private:
  const std::shared_ptr<void> object_;
};

TEST(Abi, TheCauseOfAnErrorPassesThroughAndIsKept) {
  const auto object = std::make_shared<int>(7);
  std::optional<Error> caught;
  try {
    (void)through_abi(std::make_shared<FailingStore>(object))->get("key");
  } catch (const Error& error) {
    caught = error;
  }
  ASSERT_TRUE(caught && caught->cause());
  EXPECT_GT(object.use_count(), 1);
  try {
    std::rethrow_exception(caught->cause());
  } catch (const ForeignException& exception) {
    EXPECT_EQ(exception.object().get(), object.get());
  }
  caught.reset();
  EXPECT_EQ(object.use_count(), 1);
}

TEST(Abi, AnErrorOfAnOlderProducerHasNoCause) {
  sl_error older{};
  older.struct_size = offsetof(sl_error, cause);
  older.kind = SL_NOT_FOUND;
  int object = 7;
  older.cause.object = &object;  // behind the end of the older struct
  EXPECT_FALSE(abi::to_error(older).cause());
  EXPECT_EQ(abi::to_error(older).kind(), ErrorKind::not_found);
}

// A producer of the first version of the table, which ended with rename.
TEST(Abi, VerbsThatAShorterTableLacksAreMadeOfOthersOrRefused) {
  const auto inner = make_memory_store();
  inner->put("key", Bytes::copy("0123456789"));
  const sl_store* shorter = make_foreign(inner, offsetof(sl_store, get_ranges));
  const auto store = import_store(shorter);
  shorter->release(shorter);
  const auto pieces = store->get_ranges("key", {{1, 3}, {7, 9}});
  ASSERT_EQ(pieces.size(), 2u);
  EXPECT_EQ(pieces[1].view(), "78");
  EXPECT_FALSE(store->remove_many({"key"}).at(0));
  EXPECT_TRUE(inner->list().empty());
  EXPECT_EQ(kind_thrown([&] { (void)store->start_multipart(MultipartRequest("key")); }),
            ErrorKind::not_supported);
  EXPECT_EQ(kind_thrown([&] { (void)store->sign(SignRequest("GET", "key", std::chrono::seconds(1))); }),
            ErrorKind::not_supported);
}

// Seen from a consumer that drives: many operations at once still overlap, on the producer's threads.
TEST(Abi, ConcurrentForeignCallsOfABlockingCallerOverlap) {
  const auto store = through_abi(std::make_shared<MeetingStore>());
  std::function<Task<void>(std::size_t)> body = [store](std::size_t) {
    return [](std::shared_ptr<ObjectStore> from) -> Task<void> {
      GetRequest request("key");
      co_await from->get_async(std::move(request));
    }(store);
  };
  drive(for_each_concurrent(2, 0, std::move(body)));
}

}  // namespace
}  // namespace storelink::testing
