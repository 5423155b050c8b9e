// Copies every object below a prefix to another store, sixteen at a time, on one thread: coroutine FROM TO
// [PREFIX]
#include <cstdio>
#include <storelink/storelink.hpp>

using storelink::ObjectStore;
using storelink::Task;

// Coroutines take their parameters by value, so that they outlive every wait.
Task<void> copy_one(std::shared_ptr<ObjectStore> from, std::shared_ptr<ObjectStore> to, std::string key) {
  storelink::GetResult got = co_await from->get_async(storelink::GetRequest(key));
  storelink::PutRequest request(key, std::move(got.body));
  request.attributes = std::move(got.attributes);
  co_await to->put_async(std::move(request));
}

Task<std::size_t> copy_all(std::shared_ptr<ObjectStore> from, std::shared_ptr<ObjectStore> to,
                           std::string prefix) {
  const storelink::ListResult list = co_await from->list_async(storelink::ListRequest(prefix));
  // The first failure stops the others and is thrown here.
  co_await storelink::for_each_concurrent(
      list.objects.size(), 16, [&](std::size_t i) { return copy_one(from, to, list.objects[i].path); });
  co_return list.objects.size();
}

int main(int argc, char** argv) {
  if (argc < 3 || argc > 4) {
    std::fprintf(stderr, "usage: %s FROM TO [PREFIX]\n", argv[0]);
    return 2;
  }
  try {
    const std::size_t copied = storelink::drive(
        copy_all(storelink::open_url(argv[1]), storelink::open_url(argv[2]), argc == 4 ? argv[3] : ""));
    std::printf("%zu objects copied\n", copied);
  } catch (const storelink::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
