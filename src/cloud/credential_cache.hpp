// CredentialCache: what a provider gave, until shortly before it expires; one refresh at a time.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "base/runtime.hpp"
#include "storelink/detail/waiter.hpp"
#include "storelink/object_store.hpp"
#include "storelink/task.hpp"

namespace storelink::cloud {

// Thread-safe. `Credential` is copied out through a shared pointer, which stays valid as long as it is held.
// * The provider runs on the thread pool, apart from the call that asked: cancelling one waiter changes
//   nothing for the others.
// * A credential with no more than `refresh_ahead` left is asked for again. When that fails, the old one is
//   used as long as it is valid, and the next attempt waits for 100 ms; without a valid one every waiter gets
//   the provider's exception.
// * A provider that is asked in the parent of a fork() is asked again by the child.
template <class Credential>
class CredentialCache {
 public:
  struct Entry {
    Entry(Credential c, std::optional<Timestamp> e) : credential(std::move(c)), expires_at(e) {}
    Credential credential;
    std::optional<Timestamp> expires_at;  // nothing: never
  };
  using SharedEntry = std::shared_ptr<const Entry>;
  using Provider = std::function<Task<Entry>()>;
  using Clock = std::function<Timestamp()>;

  CredentialCache(Provider provider, std::chrono::nanoseconds refresh_ahead,
                  Clock clock = &CredentialCache::system_now)
      : state_(std::make_shared<State>(std::move(provider), refresh_ahead, std::move(clock))) {}

  Task<SharedEntry> get_async() {
    const std::shared_ptr<State> state = state_;
    if (SharedEntry fresh = state->fresh()) co_return fresh;
    Context& context = *co_await current_context();
    const auto waiter = std::make_shared<CredentialWaiter>(context);
    bool begin = false;
    {
      const std::lock_guard lock(state->mutex);
      if (state->refreshing && state->refreshing_in != fork_generation()) {
        state->waiters.clear();
        state->refreshing = false;
      }
      state->waiters.push_back(waiter);
      begin = !std::exchange(state->refreshing, true);
      state->refreshing_in = fork_generation();
    }
    if (begin) Refresh::start(state);
    Waiter::Wait wait(waiter);
    co_await wait;
    if (waiter->failure) std::rethrow_exception(waiter->failure);
    co_return waiter->entry;
  }

  // What get_async() would give at once, or null. For messages and redaction.
  SharedEntry current() const {
    const std::lock_guard lock(state_->mutex);
    return state_->entry;
  }

 private:
  static constexpr std::chrono::milliseconds failure_pause{100};

  static Timestamp system_now() {
    return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
  }

  struct CredentialWaiter : Waiter {
    using Waiter::Waiter;
    SharedEntry entry;
    std::exception_ptr failure;
  };
  using SharedWaiter = std::shared_ptr<CredentialWaiter>;

  struct State {
    State(Provider p, std::chrono::nanoseconds ahead, Clock c)
        : provider(std::move(p)), refresh_ahead(ahead), now(std::move(c)) {}
    const Provider provider;
    const std::chrono::nanoseconds refresh_ahead;
    const Clock now;
    std::mutex mutex;  // guards the rest
    SharedEntry entry;
    bool refreshing = false;
    std::uint64_t refreshing_in = 0;  // the fork generation
    std::optional<Timestamp> failed_at;
    std::vector<SharedWaiter> waiters;

    // With the lock held.
    bool valid_for(std::chrono::nanoseconds time) const {
      return entry && (!entry->expires_at || *entry->expires_at - now() > time);
    }

    SharedEntry fresh() {
      const std::lock_guard lock(mutex);
      if (valid_for(refresh_ahead)) return entry;
      if (failed_at && now() - *failed_at < failure_pause && valid_for({})) return entry;
      return nullptr;
    }
  };

  // A refresh under way; deletes itself when it has ended.
  struct Refresh {
    explicit Refresh(std::shared_ptr<State> s)
        : state(std::move(s)), context(thread_pool(), nullptr, true, {}) {}
    std::shared_ptr<State> state;
    ExecutorContext context;
    Task<Entry> task;

    static void start(std::shared_ptr<State> state) {
      auto* refresh = new Refresh(std::move(state));
      thread_pool().post([refresh] {
        refresh->task = ask(refresh->state.get());
        refresh->task.start(refresh->context, &Refresh::ended, refresh);
      });
    }
    // A coroutine, so that what the provider throws before its task begins is a failure like any other.
    static Task<Entry> ask(State* state) {
      Entry entry = co_await state->provider();
      co_return entry;
    }
    static void ended(void* self) noexcept {
      const std::unique_ptr<Refresh> refresh(static_cast<Refresh*>(self));
      State& state = *refresh->state;
      SharedEntry entry;
      std::exception_ptr failure;
      try {
        entry = std::make_shared<const Entry>(refresh->task.result());
      } catch (...) {
        failure = std::current_exception();
      }
      std::vector<SharedWaiter> waiters;
      {
        const std::lock_guard lock(state.mutex);
        state.refreshing = false;
        waiters = std::exchange(state.waiters, {});
        if (entry) {
          state.entry = entry;
          state.failed_at.reset();
        } else {
          state.failed_at = state.now();
          if (state.valid_for({})) {
            entry = state.entry;
            failure = nullptr;
          }
        }
      }
      for (const SharedWaiter& waiter : waiters) {
        waiter->end([&] {
          waiter->entry = entry;
          waiter->failure = failure;
        });
      }
    }
  };

  const std::shared_ptr<State> state_;
};

}  // namespace storelink::cloud
