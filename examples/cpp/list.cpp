// Lists what is directly below a prefix, page by page: list URL [PREFIX]
#include <cstdio>
#include <storelink/storelink.hpp>

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    std::fprintf(stderr, "usage: %s URL [PREFIX]\n", argv[0]);
    return 2;
  }
  try {
    const auto store = storelink::open_url(argv[1]);
    storelink::ListRequest request(argc == 3 ? argv[2] : "");
    request.delimiter = true;
    do {
      const storelink::ListPage page = store->list_page(request);
      for (const std::string& prefix : page.common_prefixes) std::printf("%12s  %s/\n", "", prefix.c_str());
      for (const storelink::ObjectMeta& object : page.objects)
        std::printf("%12llu  %s\n", static_cast<unsigned long long>(object.size), object.path.c_str());
      request.page_token = page.next_page_token;
    } while (!request.page_token.empty());
  } catch (const storelink::Error& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
