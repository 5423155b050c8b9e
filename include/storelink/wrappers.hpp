// Stores around a store: how much of it is used at a time, how fast, and how much that was.
//
// Each has the capabilities of the store inside, is thread-safe, and keeps it alive. (The store that sees a
// prefix only is make_prefix_store() in stores.hpp.)
#pragma once

#ifdef STORELINK_RUNTIME
#error \
    "storelink/wrappers.hpp is of the linked library: build with storelink_add_module(<name> EMBED <source>...)"
#endif

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "storelink/object_store.hpp"

namespace storelink {

// What is asked of a store at a time. The steps of an upload are verbs of their own.
enum class Verb : std::uint8_t {
  get,  // heads, too
  get_ranges,
  put,
  start_multipart,
  put_part,
  complete_multipart,
  abort_multipart,
  remove,
  remove_many,
  list,  // one page
  copy,
  rename,
  sign,
};
inline constexpr std::size_t verb_count = 13;

// "get", "get_ranges" …
const char* name_of(Verb verb) noexcept;

// At most `limit` verbs of `inner` are under way at a time; others wait for their turn, first come first
// served, and can be cancelled meanwhile. A streamed body counts until it has been read to its end or was
// destroyed. Signing does not count. Throws Error(generic) for a limit of 0.
std::shared_ptr<ObjectStore> make_limit_store(std::shared_ptr<ObjectStore> inner, std::size_t limit);

// How much slower a store is to be. For tests of programs, and to stay below a service's rate.
struct ThrottleOptions {
  ThrottleOptions() {}
  std::chrono::nanoseconds per_get{}, per_put{}, per_list{}, per_delete{}, per_other{};  // each call
  std::chrono::nanoseconds per_byte_got{}, per_byte_put{};  // bytes of bodies, streamed ones as they come
  std::chrono::nanoseconds per_entry{};                     // objects and common prefixes of a listing
};
std::shared_ptr<ObjectStore> make_throttle_store(std::shared_ptr<ObjectStore> inner, ThrottleOptions options);

// What one verb was used for. Times are from the call to its result; for a streamed body to its end.
struct VerbMetrics {
  VerbMetrics() {}
  std::uint64_t calls = 0;  // that have ended
  std::uint64_t failures = 0;
  std::uint64_t retries = 0;  // HTTP requests that were sent again
  std::uint64_t bytes = 0;    // of bodies, got or put
  std::chrono::nanoseconds total{}, longest{};
  // latencies[i] calls took less than 2^i microseconds and not less than 2^(i-1); the last all that took
  // longer.
  std::array<std::uint64_t, 32> latencies{};

  // An upper bound, a power of two of microseconds, of what `share` (0 to 1) of the calls took.
  std::chrono::nanoseconds quantile(double share) const noexcept;
};

// The sums of every store that was made with it.
class RequestMetrics {
 public:
  RequestMetrics() {}
  RequestMetrics(const RequestMetrics&) = delete;
  RequestMetrics& operator=(const RequestMetrics&) = delete;

  VerbMetrics of(Verb verb) const noexcept;
  void add(Verb verb, bool failed, std::uint64_t retries, std::uint64_t bytes,
           std::chrono::nanoseconds time) noexcept;

 private:
  struct Counters {
    std::atomic<std::uint64_t> calls{0}, failures{0}, retries{0}, bytes{0};
    std::atomic<std::int64_t> total{0}, longest{0};
    std::array<std::atomic<std::uint64_t>, 32> latencies{};
  };
  std::array<Counters, verb_count> counters_;
};

std::shared_ptr<ObjectStore> make_metrics_store(std::shared_ptr<ObjectStore> inner,
                                                std::shared_ptr<RequestMetrics> metrics);

}  // namespace storelink
