// The table `sl_runtime` of abi.h.
#include "storelink/detail/runtime_table.hpp"

#include "storelink/abi.hpp"
#include "storelink/stores.hpp"
#include "storelink/version.h"

namespace storelink {

namespace {

RetryConfig to_retry(const sl_retry* from) {
  RetryConfig retry;
  if (from == nullptr) return retry;
  const abi::Received given(*from);
  const auto nanoseconds = [](std::uint64_t count) {
    return std::chrono::nanoseconds(static_cast<std::int64_t>(std::min<std::uint64_t>(count, INT64_MAX)));
  };
  retry.init_backoff = nanoseconds(given->init_backoff);
  retry.max_backoff = nanoseconds(given->max_backoff);
  retry.retry_timeout = nanoseconds(given->retry_timeout);
  if (given->base != 0) retry.base = given->base;
  retry.max_retries = given->max_retries;
  return retry;
}

void open(const sl_open_request* from, sl_open_callback callback, void* user) noexcept {
  const abi::Received request(*from);
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

const sl_executor* abi::exported_executor() noexcept {
  static constexpr auto post = [](const sl_executor*, void (*work)(void*), void* user) noexcept {
    thread_pool().post([work, user] { work(user); });
  };
  static constexpr sl_executor executor{sizeof(sl_executor), 0, post, post};
  return &executor;
}

const sl_runtime& runtime_table() noexcept {
  static const sl_runtime table = {sizeof(sl_runtime), SL_ABI_VERSION, SL_VERSION, abi::exported_executor(),
                                   open};
  return table;
}

}  // namespace storelink

extern "C" const sl_runtime* sl_get_runtime(void) {
  return &storelink::runtime_table();
}
