// Calls through the functions of abi.h, as a consumer makes them.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "storelink/abi.h"

namespace storelink::testing {

// One reference of a struct, released at the end.
using StorePointer = std::unique_ptr<const sl_store, void (*)(const sl_store*)>;
inline StorePointer own(const sl_store* store) {
  return {store, store->release};
}

inline sl_get_request get_request(std::string_view path) {
  sl_get_request request{};
  request.struct_size = sizeof(request);
  request.path = {path.data(), path.size()};
  request.if_modified_since = request.if_unmodified_since = SL_NO_TIME;
  return request;
}

// What get's callback was told. Read it when `calls` is 1.
struct GetOutcome {
  std::atomic<int> calls{0};
  std::atomic<int> kind{0};  // of the error, or 0
  std::string body;
  sl_stream* stream = nullptr;  // given on

  void wait() const { calls.wait(0); }
};

inline void on_get(void* user, const sl_error* error, sl_get_result* result) {
  auto* outcome = static_cast<GetOutcome*>(user);
  if (error != nullptr) outcome->kind = error->kind;
  if (result != nullptr) {
    outcome->body.assign(reinterpret_cast<const char*>(result->body.data), result->body.size);
    if (result->body.release != nullptr) result->body.release(result->body.owner);
    result->body.release = nullptr;
    outcome->stream = result->stream;
    result->stream = nullptr;
  }
  ++outcome->calls;
  outcome->calls.notify_all();
}

}  // namespace storelink::testing
