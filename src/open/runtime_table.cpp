// The table `sl_runtime` of abi.h.
#include "storelink/detail/runtime_table.hpp"

#include "storelink/abi.hpp"
#include "storelink/stores.hpp"
#include "storelink/version.h"

namespace storelink {

namespace {

RetryConfig to_retry(const sl_retry* given) {
  RetryConfig retry;
  if (given == nullptr) return retry;
  const auto nanoseconds = [](std::uint64_t count) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX)));
  };
  retry.init_backoff = nanoseconds(given->init_backoff);
  retry.max_backoff = nanoseconds(given->max_backoff);
  retry.retry_timeout = nanoseconds(given->retry_timeout);
  retry.base = given->base;
  retry.max_retries = given->max_retries;
  return retry;
}

void open(const sl_open_request* request, sl_open_callback callback, void* user) {
  const sl_store* store = nullptr;
  try {
    store = export_store(open_url(
        abi::to_string(request->url), abi::to_pairs(request->config, request->config_count),
        abi::to_pairs(request->client_options, request->client_option_count), to_retry(request->retry)));
  } catch (...) {
    const Error error = abi::to_error(std::current_exception());
    const sl_error out = abi::borrow(error);
    callback(user, &out, nullptr);
    return;
  }
  callback(user, nullptr, store);
}

}  // namespace

const sl_runtime& runtime_table() noexcept {
  static const sl_runtime table = {sizeof(sl_runtime), SL_ABI_VERSION, SL_VERSION, abi::exported_executor(),
                                   open};
  return table;
}

}  // namespace storelink

extern "C" const sl_runtime* sl_get_runtime(void) {
  return &storelink::runtime_table();
}
