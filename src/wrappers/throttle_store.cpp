#include <fmt/format.h>

#include "base/blocking.hpp"
#include "wrappers/each_call.hpp"

namespace storelink {

namespace {

std::chrono::nanoseconds per_call(const ThrottleOptions& options, Verb verb) {
  switch (verb) {
    case Verb::get:
    case Verb::get_ranges: return options.per_get;
    case Verb::put:
    case Verb::put_part: return options.per_put;
    case Verb::list: return options.per_list;
    case Verb::remove:
    case Verb::remove_many: return options.per_delete;
    case Verb::sign: return {};  // no request
    default: return options.per_other;
  }
}

Task<void> wait(std::chrono::nanoseconds time) {
  if (time > std::chrono::nanoseconds::zero()) co_await sleep_for(time);
}

class ThrottledPassage final : public Passage {
 public:
  ThrottledPassage(const ThrottleOptions& options, Verb verb)
      : per_byte_(verb == Verb::get || verb == Verb::get_ranges ? options.per_byte_got
                                                                : options.per_byte_put),
        per_entry_(options.per_entry) {}

  Task<void> moved_async(std::uint64_t bytes, std::uint64_t entries) override {
    return wait(per_byte_ * static_cast<std::int64_t>(bytes) +
                per_entry_ * static_cast<std::int64_t>(entries));
  }

 private:
  const std::chrono::nanoseconds per_byte_, per_entry_;
};

class Throttle final : public CallPolicy {
 public:
  explicit Throttle(const ThrottleOptions& options) : options_(options) {}

  Task<std::unique_ptr<Passage>> enter_async(Verb verb) override {
    co_await wait(per_call(options_, verb));
    co_return std::make_unique<ThrottledPassage>(options_, verb);
  }

 private:
  const ThrottleOptions options_;
};

}  // namespace

std::shared_ptr<ObjectStore> make_throttle_store(std::shared_ptr<ObjectStore> inner,
                                                 ThrottleOptions options) {
  std::string description = fmt::format("ThrottleStore({})", inner->describe());
  return make_each_call_store(std::move(inner), std::make_shared<Throttle>(options), std::move(description));
}

}  // namespace storelink
