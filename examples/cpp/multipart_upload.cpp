// Uploads standard input in parts: multipart_upload URL KEY < file
#include <cstdio>
#include <storelink/storelink.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s URL KEY < file\n", argv[0]);
    return 2;
  }
  constexpr std::size_t part_size = 8u << 20;  // S3 wants at least 5 MiB, but for the last part
  try {
    const auto store = storelink::open_url(argv[1]);
    // Nothing of the object is seen before complete(). An upload that is neither completed nor aborted,
    // because of an exception for example, is aborted when it is destroyed.
    const auto upload = store->start_multipart(storelink::MultipartRequest(argv[2]));
    std::size_t parts = 0;
    for (;;) {
      storelink::Buffer part(part_size);
      const std::size_t size = std::fread(part.data(), 1, part_size, stdin);
      if (size == 0) break;
      upload->put_part(parts++, std::move(part).freeze(size));
    }
    const storelink::PutResult result = upload->complete();
    std::printf("%zu parts, etag %s\n", parts, result.e_tag.value_or("unknown").c_str());
  } catch (const storelink::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
