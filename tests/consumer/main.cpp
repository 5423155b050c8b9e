#include <storelink/storelink.hpp>

int main() {
  const auto store = storelink::make_memory_store();
  store->put("greeting", storelink::Bytes::copy("hello"));
  return store->get("greeting").view() == "hello" ? 0 : 1;
}
