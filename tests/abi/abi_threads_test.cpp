// Many threads with one store, modules that are unloaded, and forked children.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "storelink/stores.hpp"
#include "support/abi_sources.hpp"
#include "support/eventually.hpp"
#include "support/run_task.hpp"
#include "support/sanitizer.hpp"
#include "support/tiny_server.hpp"

namespace storelink::testing {
namespace {

constexpr int thread_count = 16;

template <class Work>
void on_threads(Work work) {
  std::vector<std::jthread> threads;
  for (int t = 0; t < thread_count; ++t) threads.emplace_back([work, t] { work(t); });
}

// Each thread writes, reads, lists and deletes keys of its own, and reads one that all read.
void use(ObjectStore& store, int thread, int rounds) {
  const std::string directory = "t" + std::to_string(thread);
  for (int round = 0; round < rounds; ++round) {
    const std::string key = directory + "/" + std::to_string(round);
    store.put(key, Bytes::copy(key));
    EXPECT_EQ(store.get(key).view(), key);
    EXPECT_EQ(run_in_background(store.get_async(GetRequest(key))).body.view(), key);
    EXPECT_EQ(store.list(directory).size(), 1u);
    EXPECT_EQ(store.get("shared").view(), "text");
    store.remove(key);
  }
}

class AbiThreads : public AbiSourceTest {};

TEST_P(AbiThreads, ManyThreadsShareOneImportedStore) {
  put("shared", "text");
  const auto imported = import_store(store.get());
  on_threads([&imported](int thread) { use(*imported, thread, 5); });
  EXPECT_EQ(imported->list().size(), 1u);
}

TEST_P(AbiThreads, ManyThreadsImportAndExportAtOnce) {
  put("shared", "text");
  on_threads([this](int thread) {
    for (int round = 0; round < 5; ++round) {
      const auto again = own(export_store(import_store(store.get())));
      use(*import_store(again.get()), thread, 1);
    }
  });
}

// Every callback comes once, from whatever thread.
TEST_P(AbiThreads, ManyStartedOperationsCallBackOnceEach) {
  put("shared", "text");
  on_threads([this](int) {
    std::vector<GetOutcome> outcomes(50);
    const sl_get_request request = get_request("shared");
    for (GetOutcome& outcome : outcomes) {
      sl_operation* operation = store->get(store.get(), &request, &on_get, &outcome);
      operation->start(operation);
      operation->release(operation);
    }
    for (GetOutcome& outcome : outcomes) outcome.wait();
    for (const GetOutcome& outcome : outcomes) {
      EXPECT_EQ(outcome.calls, 1);
      EXPECT_EQ(outcome.body, "text");
    }
  });
}

STORELINK_ON_EVERY_SOURCE(AbiThreads);

TEST(AbiUnload, AProducersModuleGoesLast) {
  // A copy: other tests have loaded the module for good.
  const std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("storelink_unloaded_" + std::to_string(::getpid()) + ".so");
  std::filesystem::copy_file(ToyStoreModule::path("newer"), path);
  std::atomic<int> released{0};
  {
    const ToyStoreModule toy(path, Unload::at_end);
    {
      Bytes body;
      std::unique_ptr<BodyStream> stream;
      std::unique_ptr<MultipartUpload> upload;
      {
        const auto made = own(toy.make());
        const auto store = import_store(made.get());
        store->put("shared", Bytes::copy("text"));
        on_threads([&store](int thread) { use(*store, thread, 3); });
        body = store->get("shared");
        GetRequest request("shared");
        request.sink = Sink::stream;
        stream = store->get(std::move(request)).stream;
        upload = store->start_multipart(MultipartRequest("up"));
      }
      EXPECT_EQ(body.view(), "text");
      EXPECT_EQ(stream->next().view(), "text");
      const auto count = [body](std::atomic<int>* released_parts) { ++*released_parts; };
      upload->put_part(0,
                       Bytes(body.data(), body.size(), std::shared_ptr<std::atomic<int>>(&released, count)));
      upload->abort();  // on this thread; dropped, it would be aborted by one that nobody waits for
      EXPECT_GT(toy.alive(), 0);
    }
    EXPECT_TRUE(eventually([&] { return toy.alive() == 0; })) << toy.alive() << " things are not released";
    EXPECT_EQ(released, 1);
  }
  EXPECT_EQ(::dlopen(path.c_str(), RTLD_NOW | RTLD_NOLOAD), nullptr);
  std::filesystem::remove(path);
}

#ifndef STORELINK_THREAD_SANITIZER

// Runs `good` in a forked child, where it must be true within 20 seconds.
template <class Good>
void expect_in_child(Good good) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(20);  // a lock that nobody holds any more would never be had
    bool result = false;
    try {
      result = good();
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in the child: %s\n", error.what());
    }
    ::_exit(result ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

bool reads(const sl_store* store, bool started) {
  const sl_get_request request = get_request("key");
  GetOutcome outcome;
  sl_operation* operation = store->get(store, &request, &on_get, &outcome);
  if (started)
    operation->start(operation);
  else
    operation->drive(operation, nullptr, nullptr);
  outcome.wait();
  operation->release(operation);
  return outcome.kind == 0 && outcome.body == "text";
}

class AbiFork : public AbiSourceTest {};

TEST_P(AbiFork, AChildUsesAStoreThatItsParentExported) {
  put("key", "text");
  EXPECT_TRUE(reads(store.get(), true));  // the parent has its threads and loops
  EXPECT_TRUE(reads(store.get(), false));
  expect_in_child(
      [this] { return reads(store.get(), false) && reads(store.get(), true) && reads(store.get(), false); });
  EXPECT_TRUE(reads(store.get(), true));
}

TEST_P(AbiFork, AChildUsesAStoreThatItsParentImported) {
  put("key", "text");
  const auto imported = import_store(store.get());
  const auto read = [&imported] {
    return imported->get("key").view() == "text" &&
           run_in_background(imported->get_async(GetRequest("key"))).body.view() == "text";
  };
  EXPECT_TRUE(read());
  expect_in_child([&] {
    if (!read()) return false;
    imported->put("mine", Bytes::copy("x"));
    return run_in_background(imported->list_async(ListRequest())).objects.size() == 2;
  });
  EXPECT_TRUE(read());
}

STORELINK_ON_EVERY_SOURCE(AbiFork);

TEST(AbiForkOfTheLibrary, AChildReleasesWhatItsParentBegan) {
  const TinyServer server([](TinyServer::Connection& connection) {
    (void)connection.read();
    connection.write(
        "HTTP/1.1 200 OK\r\netag: \"e\"\r\nlast-modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
        "content-length: 1000000\r\n\r\nfirst");
    connection.wait_until_closed();
  });
  S3Options options;
  options.bucket = "bucket";
  options.read_environment = false;
  options.config = {{"endpoint", server.url("")}, {"aws_skip_signature", "true"}};
  options.client_options = {{"allow_http", "true"}};
  auto store = own(export_store(make_s3_store(options)));

  sl_get_request request = get_request("key");
  GetOutcome running;
  sl_operation* operation = store->get(store.get(), &request, &on_get, &running);
  operation->start(operation);
  request.sink = SL_SINK_STREAM;
  GetOutcome opened;
  sl_operation* opening = store->get(store.get(), &request, &on_get, &opened);
  opening->drive(opening, nullptr, nullptr);
  ASSERT_EQ(opened.kind, 0);
  sl_operation* never_run = store->get(store.get(), &request, &on_get, &opened);

  expect_in_child([&] {
    operation->release(operation);
    opening->release(opening);
    never_run->release(never_run);
    opened.stream->release(opened.stream);
    store.reset();
    return true;
  });

  operation->cancel(operation);
  running.wait();
  EXPECT_EQ(running.kind, SL_CANCELLED);
  for (sl_operation* each : {operation, opening, never_run}) each->release(each);
  opened.stream->release(opened.stream);
}

#endif

}  // namespace
}  // namespace storelink::testing
