#include <fmt/format.h>

#include <algorithm>
#include <bit>

#include "wrappers/each_call.hpp"

namespace storelink {

namespace {

using Clock = std::chrono::steady_clock;

// The caller's context, which also hears of each retry.
class CountingContext final : public Context {
 public:
  CountingContext(Context& outer, std::atomic<std::uint64_t>& retries) : outer_(outer), retries_(retries) {}
  Executor& executor() override { return outer_.executor(); }
  EventLoop* event_loop() noexcept override { return outer_.event_loop(); }
  bool may_block() const noexcept override { return outer_.may_block(); }
  bool is_alone() const noexcept override { return outer_.is_alone(); }
  std::stop_token stop_token() const noexcept override { return outer_.stop_token(); }
  void check() override { outer_.check(); }
  void note_retry() noexcept override {
    retries_.fetch_add(1, std::memory_order_relaxed);
    outer_.note_retry();
  }

 private:
  Context& outer_;
  std::atomic<std::uint64_t>& retries_;
};

class MeasuredPassage final : public Passage {
 public:
  MeasuredPassage(std::shared_ptr<RequestMetrics> metrics, Verb verb)
      : metrics_(std::move(metrics)), verb_(verb) {}
  ~MeasuredPassage() override { metrics_->add(verb_, failed_, retries_, bytes_, Clock::now() - begun_); }
  MeasuredPassage(const MeasuredPassage&) = delete;
  MeasuredPassage& operator=(const MeasuredPassage&) = delete;

  Context& context(Context& outer) override { return context_.emplace(outer, retries_); }
  Task<void> moved_async(std::uint64_t bytes, std::uint64_t) override {
    bytes_ += bytes;
    co_return;
  }
  void failed() noexcept override { failed_ = true; }

 private:
  const std::shared_ptr<RequestMetrics> metrics_;
  const Verb verb_;
  const Clock::time_point begun_ = Clock::now();
  std::optional<CountingContext> context_;  // of the call that is under way
  std::atomic<std::uint64_t> retries_{0};
  std::uint64_t bytes_ = 0;
  bool failed_ = false;
};

class Measure final : public CallPolicy {
 public:
  explicit Measure(std::shared_ptr<RequestMetrics> metrics) : metrics_(std::move(metrics)) {}
  Task<std::unique_ptr<Passage>> enter_async(Verb verb) override {
    co_return std::make_unique<MeasuredPassage>(metrics_, verb);
  }

 private:
  const std::shared_ptr<RequestMetrics> metrics_;
};

// The place in VerbMetrics::latencies.
std::size_t latency_class(std::chrono::nanoseconds time) {
  const auto microseconds = static_cast<std::uint64_t>(
      std::max<std::int64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time).count(), 0));
  return std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(microseconds)), 31);
}

}  // namespace

const char* name_of(Verb verb) noexcept {
  constexpr std::array<const char*, verb_count> names = {"get",
                                                         "get_ranges",
                                                         "put",
                                                         "start_multipart",
                                                         "put_part",
                                                         "complete_multipart",
                                                         "abort_multipart",
                                                         "remove",
                                                         "remove_many",
                                                         "list",
                                                         "copy",
                                                         "rename",
                                                         "sign"};
  return names[static_cast<std::size_t>(verb)];
}

std::chrono::nanoseconds VerbMetrics::quantile(double share) const noexcept {
  const double wanted = share * static_cast<double>(calls);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < latencies.size(); ++i) {
    seen += latencies[i];
    if (seen != 0 && static_cast<double>(seen) >= wanted)
      return std::chrono::microseconds(std::int64_t{1} << i);
  }
  return {};
}

VerbMetrics RequestMetrics::of(Verb verb) const noexcept {
  const Counters& from = counters_[static_cast<std::size_t>(verb)];
  VerbMetrics metrics;
  metrics.calls = from.calls.load(std::memory_order_relaxed);
  metrics.failures = from.failures.load(std::memory_order_relaxed);
  metrics.retries = from.retries.load(std::memory_order_relaxed);
  metrics.bytes = from.bytes.load(std::memory_order_relaxed);
  metrics.total = std::chrono::nanoseconds(from.total.load(std::memory_order_relaxed));
  metrics.longest = std::chrono::nanoseconds(from.longest.load(std::memory_order_relaxed));
  for (std::size_t i = 0; i < metrics.latencies.size(); ++i)
    metrics.latencies[i] = from.latencies[i].load(std::memory_order_relaxed);
  return metrics;
}

void RequestMetrics::add(Verb verb, bool failed, std::uint64_t retries, std::uint64_t bytes,
                         std::chrono::nanoseconds time) noexcept {
  Counters& to = counters_[static_cast<std::size_t>(verb)];
  to.calls.fetch_add(1, std::memory_order_relaxed);
  if (failed) to.failures.fetch_add(1, std::memory_order_relaxed);
  to.retries.fetch_add(retries, std::memory_order_relaxed);
  to.bytes.fetch_add(bytes, std::memory_order_relaxed);
  to.total.fetch_add(time.count(), std::memory_order_relaxed);
  to.latencies[latency_class(time)].fetch_add(1, std::memory_order_relaxed);
  std::int64_t longest = to.longest.load(std::memory_order_relaxed);
  while (longest < time.count() &&
         !to.longest.compare_exchange_weak(longest, time.count(), std::memory_order_relaxed)) {
  }
}

std::shared_ptr<ObjectStore> make_metrics_store(std::shared_ptr<ObjectStore> inner,
                                                std::shared_ptr<RequestMetrics> metrics) {
  std::string description = fmt::format("MetricsStore({})", inner->describe());
  return make_each_call_store(std::move(inner), std::make_shared<Measure>(std::move(metrics)),
                              std::move(description));
}

}  // namespace storelink
