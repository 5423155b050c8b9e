#include <fmt/format.h>

#include <deque>
#include <mutex>

#include "base/runtime.hpp"
#include "storelink/detail/waiter.hpp"
#include "wrappers/each_call.hpp"

namespace storelink {

namespace {

// Lets so many in at a time, in the order of their coming.
class Gate {
 public:
  explicit Gate(std::size_t places) : places_(places), free_(places) {}

  // Throws Error(cancelled) when the operation was stopped before its turn.
  Task<void> enter_async() {
    Context& context = *co_await current_context();
    std::shared_ptr<Waiter> waiter;
    {
      const std::lock_guard lock(mutex_);
      if (made_in_ != fork_generation()) {  // what was under way was so in the parent
        made_in_ = fork_generation();
        free_ = places_;
        waiting_.clear();
      }
      if (free_ > 0) {
        --free_;
        co_return;
      }
      waiter = std::make_shared<Waiter>(context);
      waiting_.push_back(waiter);
    }
    Waiter::Wait wait(std::move(waiter));
    co_await wait;
  }

  void leave() {
    for (;;) {
      std::shared_ptr<Waiter> next;
      {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
          ++free_;
          return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      if (next->end()) return;  // otherwise it was stopped
    }
  }

 private:
  const std::size_t places_;
  std::mutex mutex_;  // guards the rest
  std::uint64_t made_in_ = fork_generation();
  std::size_t free_;
  std::deque<std::shared_ptr<Waiter>> waiting_;
};

class Place final : public Passage {
 public:
  explicit Place(std::shared_ptr<Gate> gate) : gate_(std::move(gate)) {}
  ~Place() override {
    if (taken_in_ == fork_generation()) gate_->leave();
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  const std::shared_ptr<Gate> gate_;
  const std::uint64_t taken_in_ = fork_generation();
};

class Limit final : public CallPolicy {
 public:
  explicit Limit(std::size_t limit) : gate_(std::make_shared<Gate>(limit)) {}

  Task<std::unique_ptr<Passage>> enter_async(Verb verb) override {
    if (verb == Verb::sign) co_return std::make_unique<Passage>();
    const std::shared_ptr<Gate> gate = gate_;
    co_await gate->enter_async();
    co_return std::make_unique<Place>(gate);
  }

 private:
  const std::shared_ptr<Gate> gate_;
};

}  // namespace

std::shared_ptr<ObjectStore> make_limit_store(std::shared_ptr<ObjectStore> inner, std::size_t limit) {
  if (limit == 0) throw Error(ErrorKind::generic, "the limit of a limit store is 0; accepted is 1 or more");
  std::string description = fmt::format("LimitStore({}, {})", inner->describe(), limit);
  return make_each_call_store(std::move(inner), std::make_shared<Limit>(limit), std::move(description));
}

}  // namespace storelink
