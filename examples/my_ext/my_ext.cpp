// An extension whose functions take an object store from Python and do their I/O in C++, without the GIL.
//
// The store may be one of my_ext.store, of any other storelink extension (shared as it is, connections
// included), or of a library such as obstore (built anew from its settings).
#define STORELINK_STORE_MODULE "my_ext.store"
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>
#include <openssl/evp.h>

#include <algorithm>
#include <atomic>
#include <fstream>
#include <storelink/python/nanobind.hpp>
#include <storelink/storelink.hpp>
#include <string>
#include <thread>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;
using storelink::AnyObjectStore;
using storelink::Bytes;

namespace {

using Store = std::shared_ptr<storelink::ObjectStore>;

std::string sha256_hex(std::string_view data) {
  unsigned char digest[32];
  EVP_Digest(data.data(), data.size(), digest, nullptr, EVP_sha256(), nullptr);
  std::string hex;
  for (const unsigned char byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

Bytes read_file(const std::string& name) {
  std::ifstream file(name, std::ios::binary | std::ios::ate);
  const std::size_t size = file ? static_cast<std::size_t>(file.tellg()) : 0;
  storelink::Buffer buffer(size);
  if (!file.seekg(0).read(buffer.data(), static_cast<std::streamsize>(size)))
    throw storelink::Error(storelink::ErrorKind::io, "cannot read " + name);
  return std::move(buffer).freeze(size);
}

// A coroutine: it starts when it is awaited, and other uploads go on while this one waits for the server.
storelink::Task<> upload_file(Store store, std::string file, std::string key) {
  co_await store->put_async(storelink::PutRequest(std::move(key), read_file(file)));
}

// Copies files below `root` into the store, `in_flight` uploads at a time on this one thread.
void upload(const AnyObjectStore& any, const std::string& root, const std::vector<std::string>& names,
            std::size_t in_flight) {
  const Store store = any.into_dyn();
  const nb::gil_scoped_release released;
  storelink::drive(storelink::for_each_concurrent(names.size(), in_flight, [&](std::size_t i) {
    return upload_file(store, root + "/" + names[i], names[i]);
  }));
}

// The keys below `prefix`, sorted.
std::vector<std::string> list_keys(const AnyObjectStore& any, const std::string& prefix) {
  const Store store = any.into_dyn();
  const nb::gil_scoped_release released;
  std::vector<std::string> keys;
  for (storelink::ObjectMeta& object : store->list(prefix)) keys.push_back(std::move(object.path));
  std::ranges::sort(keys);
  return keys;
}

// Reads objects on `threads` threads with blocking calls and gives one digest for all of them: SHA-256 over
// `key \0 size \0 SHA-256 of the content \n` of each, in the order of `keys`.
std::string digest(const AnyObjectStore& any, const std::vector<std::string>& keys, std::size_t threads) {
  const Store store = any.into_dyn();
  const nb::gil_scoped_release released;
  std::vector<std::string> lines(keys.size());
  std::atomic<std::size_t> next = 0;
  std::atomic<bool> stop = false;
  std::exception_ptr failure;
  const auto work = [&](const storelink::Interrupt* interrupt) {
    try {
      for (std::size_t i = next++; i < keys.size() && !stop; i = next++) {
        const Bytes content =
            storelink::drive(store->get_async(storelink::GetRequest(keys[i])), interrupt).body;
        lines[i] = keys[i] + '\0' + std::to_string(content.size()) + '\0' + sha256_hex(content.view()) + '\n';
      }
    } catch (...) {
      if (!stop.exchange(true)) failure = std::current_exception();
    }
  };
  // Ctrl-C ends what this thread is waiting for, and then `stop` ends what the others are.
  const storelink::Interrupt stopped = [&stop] { return stop.load(); };
  {
    std::vector<std::jthread> others;
    for (std::size_t i = 1; i < threads; ++i) others.emplace_back([&] { work(&stopped); });
    work(nullptr);
  }
  if (failure) std::rethrow_exception(failure);
  std::string all;
  for (const std::string& line : lines) all += line;
  return sha256_hex(all);
}

// The SHA-256 of one object, for asyncio: the object is read and hashed on a thread of the pool.
storelink::Awaitable<std::string> digest_one_async(const AnyObjectStore& any, std::string key) {
  return storelink::into_awaitable([](Store store, std::string path) -> storelink::Task<std::string> {
    const storelink::GetResult got = co_await store->get_async(storelink::GetRequest(std::move(path)));
    co_return sha256_hex(got.body.view());
  }(any.into_dyn(), std::move(key)));
}

// Removes objects. The first failure is raised when all have been tried.
void remove_all(const AnyObjectStore& any, const std::vector<std::string>& keys) {
  const Store store = any.into_dyn();
  const nb::gil_scoped_release released;
  for (const auto& failure : store->remove_many(keys))
    if (failure) throw storelink::Error(*failure);
}

}  // namespace

NB_MODULE(_my_ext, m) {
  storelink::register_store_module(m, "my_ext", "store");
  storelink::register_exceptions_module(m, "my_ext", "exceptions");
  m.def("upload", &upload, "store"_a, "root"_a, "names"_a, "in_flight"_a = 16,
        "Copy files below root into the store, in_flight at a time.");
  m.def("list_keys", &list_keys, "store"_a, "prefix"_a = "", "The keys below prefix, sorted.");
  m.def("digest", &digest, "store"_a, "keys"_a, "threads"_a = 8,
        "One SHA-256 over keys, sizes and contents.");
  m.def("digest_one_async", &digest_one_async, "store"_a, "key"_a, "The SHA-256 of one object; await it.");
  m.def("remove_all", &remove_all, "store"_a, "keys"_a, "Remove objects.");
}
