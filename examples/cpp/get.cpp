// Prints an object: get URL KEY, for example: get s3://bucket/prefix data/readme.txt
#include <cstdio>
#include <storelink/storelink.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s URL KEY\n", argv[0]);
    return 2;
  }
  try {
    const std::shared_ptr<storelink::ObjectStore> store = storelink::open_url(argv[1]);
    // As a stream: an object of any size takes a few MiB of memory.
    storelink::GetRequest request(argv[2]);
    request.sink = storelink::Sink::stream;
    const storelink::GetResult result = store->get(std::move(request));
    std::fprintf(stderr, "%s has %llu bytes\n", result.meta.path.c_str(),
                 static_cast<unsigned long long>(result.meta.size));
    for (storelink::Bytes piece = result.stream->next(); !piece.empty(); piece = result.stream->next())
      std::fwrite(piece.data(), 1, piece.size(), stdout);
  } catch (const storelink::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
