#include <storelink/abi.h>

#include <storelink/storelink.hpp>

int main() {
  const auto store = storelink::make_memory_store();
  store->put("greeting", storelink::Bytes::copy("hello"));
  const bool table_is_there = sl_get_runtime()->abi_version == SL_ABI_VERSION;
  return table_is_there && store->get("greeting").view() == "hello" ? 0 : 1;
}
