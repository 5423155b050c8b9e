// Reads an object in parallel ranges, straight into one buffer: parallel_ranges URL KEY
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <storelink/storelink.hpp>
#include <thread>
#include <vector>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s URL KEY\n", argv[0]);
    return 2;
  }
  constexpr std::size_t range_size = 8u << 20;
  try {
    const auto store = storelink::open_url(argv[1]);
    const std::string key = argv[2];
    std::vector<std::byte> buffer(store->head(key).size);
    std::atomic<std::size_t> next{0};
    std::vector<std::jthread> threads;  // any number of them may use one store
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::size_t begin = next.fetch_add(range_size); begin < buffer.size();
             begin = next.fetch_add(range_size)) {
          const std::size_t end = std::min(begin + range_size, buffer.size());
          store->get_into(key, storelink::GetRange::bounded(begin, end),
                          std::span(buffer).subspan(begin, end - begin));
        }
      });
    }
    threads.clear();
    std::size_t lines = std::count(buffer.begin(), buffer.end(), std::byte{'\n'});
    std::printf("%zu bytes, %zu lines\n", buffer.size(), lines);
  } catch (const storelink::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
