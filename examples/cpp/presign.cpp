// Prints a URL with which anybody may read an object for an hour: presign URL KEY
#include <cstdio>
#include <storelink/storelink.hpp>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: %s URL KEY\n", argv[0]);
    return 2;
  }
  try {
    const auto store = storelink::open_url(argv[1]);
    if (!store->capabilities().sign) {
      std::fprintf(stderr, "%s cannot sign URLs\n", store->describe().c_str());
      return 1;
    }
    const storelink::SignRequest request("GET", argv[2], std::chrono::hours(1));
    std::printf("%s\n", store->sign(request).c_str());
  } catch (const storelink::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
