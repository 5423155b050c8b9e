// What single calls cost, without any network.
#include <benchmark/benchmark.h>

#include <chrono>
#include <storelink/storelink.hpp>
#include <string>

#include "cloud/aws/sigv4.hpp"
#include "storelink/abi.hpp"

namespace {

using storelink::ObjectStore;
using storelink::Task;

std::shared_ptr<ObjectStore> store_with_object() {
  auto store = storelink::make_memory_store();
  store->put("key", storelink::Bytes::adopt(std::string(1000, 'x')));
  return store;
}

void get_one(benchmark::State& state, const std::shared_ptr<ObjectStore>& store) {
  for (auto _ : state) benchmark::DoNotOptimize(store->get("key"));
}

void MemoryStoreGet(benchmark::State& state) {
  get_one(state, store_with_object());
}
BENCHMARK(MemoryStoreGet);

// The difference to the one above is what crossing the C ABI costs.
void MemoryStoreGetThroughAbi(benchmark::State& state) {
  const sl_store* exported = storelink::export_store(store_with_object());
  // Not import_store(), which knows its own.
  get_one(state, std::make_shared<storelink::abi::ImportedStore>(exported));
  exported->release(exported);
}
BENCHMARK(MemoryStoreGetThroughAbi);

Task<int> ready(int value) {
  co_return value;
}

Task<int> await_many(int count) {
  int sum = 0;
  for (int i = 0; i < count; ++i) sum += co_await ready(i);
  co_return sum;
}

// One await of a task that does not wait: a coroutine frame made, run and freed.
void TaskAwait(benchmark::State& state) {
  constexpr int awaits = 1000;
  for (auto _ : state) benchmark::DoNotOptimize(storelink::drive(await_many(awaits)));
  state.SetItemsProcessed(state.iterations() * awaits);
}
BENCHMARK(TaskAwait);

void Drive(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(storelink::drive(ready(1)));
}
BENCHMARK(Drive);

// A ranged GET, signed with a signing key that is cached already.
void SigV4Sign(benchmark::State& state) {
  namespace cloud = storelink::cloud;
  const cloud::SigV4Signer signer("us-east-1");
  cloud::AwsCredentials credentials;
  credentials.access_key_id = "AKIDEXAMPLE";
  credentials.secret_access_key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
  const storelink::codec::Timestamp now = std::chrono::sys_days(std::chrono::year(2024) / 5 / 24);
  for (auto _ : state) {
    cloud::HeaderList headers{{"range", "bytes=0-999"}};
    const cloud::SignableRequest request{"GET", "bench.s3.us-east-1.amazonaws.com", "/small", "", headers};
    signer.sign(request, credentials, now, cloud::empty_payload_hash);
    benchmark::DoNotOptimize(headers.data());
  }
}
BENCHMARK(SigV4Sign);

}  // namespace
