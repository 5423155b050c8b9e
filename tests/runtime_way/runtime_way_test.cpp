// The runtime way: this program compiles headers only and links nothing of the library. Stores come from
// modules in plain C, and from the table of a library that another binary has.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <fstream>
#include <set>
#include <storelink/runtime.hpp>
#include <string>
#include <thread>
#include <vector>

#include "runtime_way/library.hpp"
#include "support/eventually.hpp"
#include "support/guarded.hpp"
#include "support/kind_thrown.hpp"
#include "support/tiny_server.hpp"
#include "support/toy_modules.hpp"

namespace storelink {
namespace {

using testing::eventually;
using testing::kind_thrown;
using testing::Module;
using testing::TinyServer;
using testing::ToyConsumerModule;
using testing::ToyStoreModule;

// A store of this program's own: it forwards to another, and counts.
class CountingStore final : public ObjectStore {
 public:
  explicit CountingStore(std::shared_ptr<ObjectStore> inner) : inner_(std::move(inner)) {}

  Task<GetResult> get_async(GetRequest request) override {
    ++calls;
    GetResult result = co_await inner_->get_async(std::move(request));
    ++returns;
    co_return result;
  }
  Task<PutResult> put_async(PutRequest request) override {
    ++calls;
    PutResult result = co_await inner_->put_async(std::move(request));
    ++returns;
    co_return result;
  }
  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    auto upload = co_await inner_->start_multipart_async(std::move(request));
    co_return upload;
  }
  Task<void> delete_async(std::string path) override { co_await inner_->delete_async(std::move(path)); }
  Task<ListPage> list_page_async(ListRequest request) override {
    ListPage page = co_await inner_->list_page_async(std::move(request));
    co_return page;
  }
  Task<void> copy_async(CopyRequest request) override { co_await inner_->copy_async(std::move(request)); }
  Task<std::string> sign_async(SignRequest request) override {
    std::string url = co_await inner_->sign_async(std::move(request));
    co_return url;
  }
  Capabilities capabilities() const noexcept override { return inner_->capabilities(); }
  std::string describe() const override { return "CountingStore(" + inner_->describe() + ")"; }

  std::atomic<int> calls{0};
  std::atomic<int> returns{0};

 private:
  const std::shared_ptr<ObjectStore> inner_;
};

class Toy : public ::testing::Test {
 protected:
  void TearDown() override {
    store.reset();
    EXPECT_TRUE(eventually([this] { return module.alive() == 0; }))
        << module.alive() << " things are not released";
  }

  static std::shared_ptr<ObjectStore> import(const sl_store* made) {
    auto imported = import_store(made);
    made->release(made);
    return imported;
  }

  const ToyStoreModule module{"current"};
  std::shared_ptr<ObjectStore> store = import(module.make());
};

// The first tests run before use_runtime().
using WithoutTable = Toy;

TEST_F(WithoutTable, BlockingVerbsOfAnImportedStoreWork) {
  store->put("a/1", Bytes::copy("0123456789"));
  EXPECT_EQ(store->get("a/1").view(), "0123456789");
  EXPECT_EQ(store->get_range("a/1", 2, 4).view(), "23");
  EXPECT_EQ(store->get_ranges("a/1", {{8, 10}, {0, 1}}).at(0).view(), "89");
  EXPECT_EQ(store->head("a/1").size, 10u);
  std::array<std::byte, 10> buffer{};
  EXPECT_EQ(store->get_into("a/1", GetRange(), buffer), 10u);
  store->copy(CopyRequest("a/1", "b"));
  store->rename(CopyRequest("b", "c"));
  EXPECT_EQ(store->list().size(), 2u);
  EXPECT_EQ(store->list_with_delimiter().common_prefixes, std::vector<std::string>{"a"});
  EXPECT_EQ(store->sign(SignRequest("GET", "c", std::chrono::seconds(3))), "toy:c?3");
  const auto upload = store->start_multipart(MultipartRequest("d"));
  upload->put_part(0, Bytes::copy("x"));
  upload->complete();
  EXPECT_EQ(store->get("d").view(), "x");
  EXPECT_EQ(store->remove_many({"a/1", "c", "d"}).size(), 3u);
  EXPECT_EQ(kind_thrown([this] { (void)store->get("a/1"); }), ErrorKind::not_found);
}

TEST_F(WithoutTable, ALargeBodyIsCollected) {
  store->put("large", Bytes::adopt(std::string(16u << 20, 'x')));
  EXPECT_EQ(store->get("large").size(), 16u << 20);
  GetRequest request("large", GetRange::bounded(0, 100));
  request.sink = Sink::stream;
  EXPECT_EQ(store->get(std::move(request)).stream->collect(100).size(), 100u);
}

// Started operations come back from the producer's threads, and the tasks go on here.
TEST_F(WithoutTable, ManyOperationsOfABlockingCallRunAtOnceAndContinueOnItsThread) {
  store->put("key", Bytes::copy("text"));
  std::set<std::thread::id> threads;
  std::function<Task<void>(std::size_t)> body = [this, &threads](std::size_t) {
    return [](std::shared_ptr<ObjectStore> from, std::set<std::thread::id>* seen) -> Task<void> {
      GetRequest request("key");
      const GetResult got = co_await from->get_async(std::move(request));
      EXPECT_EQ(got.body.view(), "text");
      seen->insert(std::this_thread::get_id());
    }(store, &threads);
  };
  drive(for_each_concurrent(200, 16, std::move(body)));
  EXPECT_EQ(threads, std::set<std::thread::id>{std::this_thread::get_id()});
}

TEST_F(WithoutTable, TheFirstFailureOfManyIsThrown) {
  std::function<Task<void>(std::size_t)> body = [this](std::size_t) {
    return [](std::shared_ptr<ObjectStore> from) -> Task<void> {
      GetRequest request("missing");
      co_await from->get_async(std::move(request));
    }(store);
  };
  EXPECT_EQ(kind_thrown([&] { drive(for_each_concurrent(50, 8, std::move(body))); }), ErrorKind::not_found);
}

TEST_F(WithoutTable, AnInterruptEndsADrivenOperation) {
  store->put("key", Bytes::copy("text"));
  const Interrupt now = [] { return true; };
  int done = 0;
  const auto slow = [](std::shared_ptr<ObjectStore> from, int* count) -> Task<void> {
    for (;; ++*count) {
      GetRequest request("key");
      co_await from->get_async(std::move(request));
      std::this_thread::sleep_for(detail::interrupt_interval);  // so that the hook is due
    }
  };
  EXPECT_EQ(kind_thrown([&] { drive(slow(store, &done), &now); }), ErrorKind::cancelled);
  EXPECT_EQ(done, 1);
}

TEST_F(WithoutTable, AStoreOfOnesOwnServesAProgramInC) {
  const ToyConsumerModule program("newer");
  const auto counting = std::make_shared<CountingStore>(store);
  const sl_store* exported = export_store(counting);
  EXPECT_EQ(program.consume(exported, 0), 0) << "the line of toy_consumer.c";
  EXPECT_GT(counting->returns, 0);
  exported->release(exported);
}

void on_get(void* user, const sl_error* error, sl_get_result*) {
  static_cast<std::atomic<int>*>(user)->store(error == nullptr ? -1 : error->kind);
}

TEST_F(WithoutTable, AsynchronousWorkIsRefused) {
  EXPECT_EQ(kind_thrown([] { thread_pool().post([] {}); }), ErrorKind::not_supported);
  EXPECT_EQ(kind_thrown([] { (void)open_url("memory:///"); }), ErrorKind::not_supported);
  const sl_store* exported = export_store(std::make_shared<CountingStore>(store));
  EXPECT_EQ(exported->executor(exported), nullptr);
  sl_get_request request{};
  request.struct_size = sizeof(request);
  request.path = {"key", 3};
  request.if_modified_since = request.if_unmodified_since = SL_NO_TIME;
  std::atomic<int> outcome{0};
  sl_operation* operation = exported->get(exported, &request, &on_get, &outcome);
  operation->start(operation);
  operation->release(operation);
  EXPECT_TRUE(eventually([&] { return outcome != 0; }));
  EXPECT_EQ(outcome, SL_NOT_SUPPORTED);
  exported->release(exported);
}

class WithTable : public Toy {
 protected:
  static const Module& library() {
    static const Module loaded(STORELINK_RUNTIME_WAY_LIBRARY);
    return loaded;
  }
  static void SetUpTestSuite() {
    use_runtime(library().function<decltype(library_runtime)>("library_runtime")());
  }
};

TEST_F(WithTable, AnUnknownVersionOfTheTableIsRefused) {
  sl_runtime newer{};
  newer.struct_size = sizeof(newer);
  newer.abi_version = SL_ABI_VERSION + 1;
  EXPECT_EQ(kind_thrown([&] { use_runtime(&newer); }), ErrorKind::not_supported);
}

TEST_F(WithTable, StoresAreOpenedByUrl) {
  const auto memory = open_url("memory:///below");
  memory->put("key", Bytes::copy("text"));
  EXPECT_EQ(memory->get("key").view(), "text");
  EXPECT_EQ(make_memory_store()->describe(), "MemoryStore");
  EXPECT_EQ(kind_thrown([] { (void)open_url("nowhere://x"); }), ErrorKind::generic);
  EXPECT_EQ(kind_thrown([] { (void)open_url("s3://bucket", {{"no_such_key", "1"}}); }),
            ErrorKind::unknown_config_key);
}

Settings settings_of(const TinyServer& server) {
  return {{"endpoint", server.url("")},
          {"aws_access_key_id", "id"},
          {"aws_secret_access_key", "key"},
          {"region", "r"}};
}

TEST_F(WithTable, TheRetrySettingsArriveAtTheLibrary) {
  std::atomic<int> requests{0};
  const TinyServer server([&](TinyServer::Connection& connection) {
    while (!connection.read().empty()) {
      ++requests;
      connection.write("HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\n\r\n");
    }
  });
  RetryConfig retry;
  retry.max_retries = 2;
  retry.init_backoff = retry.max_backoff = std::chrono::milliseconds(1);
  const auto s3 = open_url("s3://bucket", settings_of(server), {{"allow_http", "true"}}, retry);
  EXPECT_EQ(kind_thrown([&] { (void)s3->get("key"); }), ErrorKind::generic);
  EXPECT_EQ(requests, 3);
}

TEST_F(WithTable, AProfileOfTheSharedFilesIsTakenByItsName) {
  const std::string path = ::testing::TempDir() + "storelink-credentials-" + std::to_string(::getpid());
  std::ofstream(path) << "[reader]\naws_access_key_id = PROFILE\naws_secret_access_key = s\n";
  ::setenv("AWS_SHARED_CREDENTIALS_FILE", path.c_str(), 1);
  ::setenv("AWS_CONFIG_FILE", "/nonexistent", 1);
  testing::Guarded<std::string> head;
  const TinyServer server([&](TinyServer::Connection& connection) {
    head.set(connection.read());
    connection.write("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
  });
  const auto s3 = open_url("s3://bucket", {{"endpoint", server.url("")}, {"aws_profile", "reader"}},
                           {{"allow_http", "true"}});
  EXPECT_EQ(kind_thrown([&] { (void)s3->get("key"); }), ErrorKind::not_found);
  EXPECT_NE(head.get().find("Credential=PROFILE/"), std::string::npos) << head.get();
  ::unsetenv("AWS_SHARED_CREDENTIALS_FILE");
  ::unsetenv("AWS_CONFIG_FILE");
  ::unlink(path.c_str());
}

TEST_F(WithTable, AnInterruptEndsAWaitForTheLibrary) {
  const TinyServer server([](TinyServer::Connection& connection) { connection.wait_until_closed(); });
  const auto s3 = open_url("s3://bucket", settings_of(server), {{"allow_http", "true"}});
  const Interrupt now = [] { return true; };
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_thrown([&] { (void)drive(s3->get_async(GetRequest("key")), &now); }), ErrorKind::cancelled);
  // And several at once, which run on the library's threads while this one waits.
  std::function<Task<void>(std::size_t)> body = [&s3](std::size_t) {
    return [](std::shared_ptr<ObjectStore> from) -> Task<void> {
      GetRequest request("key");
      co_await from->get_async(std::move(request));
    }(s3);
  };
  EXPECT_EQ(kind_thrown([&] { drive(for_each_concurrent(4, 0, std::move(body)), &now); }),
            ErrorKind::cancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_F(WithTable, ThePoolRunsWorkOnThreadsOfTheLibrary) {
  std::atomic<int> done{0};
  std::atomic<bool> elsewhere{true};
  const auto here = std::this_thread::get_id();
  for (int i = 0; i < 100; ++i) {
    thread_pool().post([&, here] {
      if (std::this_thread::get_id() == here) elsewhere = false;
      ++done;
    });
  }
  EXPECT_TRUE(eventually([&] { return done == 100; }));
  EXPECT_TRUE(elsewhere);
}

TEST_F(WithTable, AStoreOfOnesOwnServesTheLibrary) {
  const auto counting = std::make_shared<CountingStore>(store);
  const sl_store* exported = export_store(counting);
  EXPECT_NE(exported->executor(exported), nullptr);
  std::array<char, 500> failure{};
  library().function<decltype(library_use)>("library_use")(exported, failure.data(), failure.size());
  EXPECT_STREQ(failure.data(), "");
  exported->release(exported);
  EXPECT_EQ(counting->calls, counting->returns + 2);  // one missing object for each way of running
}

TEST_F(WithTable, AStoreOfOnesOwnServesAProgramInCThatStartsItsOperations) {
  const ToyConsumerModule program("older");
  const sl_store* exported = export_store(std::make_shared<CountingStore>(store));
  EXPECT_EQ(program.consume(exported, 1), 0) << "the line of toy_consumer.c";
  exported->release(exported);
  EXPECT_TRUE(eventually([&] { return program.given() == 0; }));
}

TEST_F(WithTable, AStoreOfTheLibraryServesAProgramInC) {
  const ToyConsumerModule program("current");
  const sl_store* exported = export_store(open_url("memory:///"));
  EXPECT_EQ(program.consume(exported, 1), 0) << "the line of toy_consumer.c";
  exported->release(exported);
  EXPECT_TRUE(eventually([&] { return program.given() == 0; }));
}

}  // namespace
}  // namespace storelink
