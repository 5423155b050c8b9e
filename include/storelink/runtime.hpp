// The runtime way: code that compiles storelink's headers only, with STORELINK_RUNTIME defined, and finds the
// library at run time as the table `sl_runtime` of abi.h. An extension built with storelink_add_module() gets
// it from the installed Python package; a program may hand it over itself with use_runtime().
//
// What this header defines replaces what the library compiles in: blocking calls, the executor, stores from
// URLs. Works without a table: imported stores (storelink/abi.hpp) with blocking verbs, and drive(). Needs
// one: thread_pool(), which asynchronous operations of exported stores continue on, and open_url(). Not in
// the runtime way: what stores.hpp marks as STORELINK_LINKED, transport.hpp, wrappers.hpp and
// aws_credentials.hpp.
#pragma once

#ifndef STORELINK_RUNTIME
#error \
    "storelink/runtime.hpp is for code that is compiled with STORELINK_RUNTIME; link storelink::storelink instead"
#endif

#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "storelink/abi.h"
#include "storelink/abi.hpp"
#include "storelink/detail/blocking_context.hpp"
#include "storelink/stores.hpp"

namespace storelink {

namespace detail {

// This module's own.
[[gnu::visibility("hidden")]] inline const sl_runtime* used_runtime = nullptr;

inline const sl_runtime& need_runtime() {
  const sl_runtime* table = used_runtime;
  if (table == nullptr)
    throw_error(ErrorKind::not_supported,
                {"this needs storelink's runtime: call use_runtime() or, in a Python extension, "
                 "register_store_module() first"});
  return *table;
}

}  // namespace detail

// From here on this extension or program uses that table. Throws Error(not_supported) for another ABI
// version. Call it once, before the functions that need it.
inline void use_runtime(const sl_runtime* table) {
  if (table->abi_version != SL_ABI_VERSION) abi::refuse_version("runtime", table->abi_version);
  detail::used_runtime = table;
}

inline Executor& thread_pool() {
  class RuntimeExecutor final : public Executor {
   public:
    void post(std::function<void()> work) override {
      const sl_executor* executor = detail::need_runtime().executor;
      auto moved = std::make_unique<std::function<void()>>(std::move(work));
      executor->post(
          executor,
          [](void* user) {
            const std::unique_ptr<std::function<void()>> mine(static_cast<std::function<void()>*>(user));
            (*mine)();
          },
          moved.release());
    }
  };
  static RuntimeExecutor executor;
  return executor;
}

inline Executor& detail::background_executor() {
  (void)need_runtime();
  return thread_pool();
}

inline const sl_executor* abi::exported_executor() noexcept {
  return detail::used_runtime != nullptr ? detail::used_runtime->executor : nullptr;
}

// Without an event loop: operations of stores run on their producers' threads, or on this one, one after
// another.
class detail::BlockingRun::Impl final : public BlockingContext, public Executor {
 public:
  using BlockingContext::BlockingContext;

  Executor& executor() override { return *this; }

  void post(std::function<void()> work) override {
    auto* posted = new Posted{std::move(work), nullptr};
    const std::lock_guard lock(mutex_);
    *last_ = posted;
    last_ = &posted->next;
    wake_.notify_one();  // under the lock: once the waiting thread has it, this object may go
  }

  void wait(const bool& finished) {
    while (!finished) {
      ask_if_due();
      if (const std::unique_ptr<Posted> posted = next()) posted->work();
    }
    if (interrupted()) throw_interrupted();
  }

 private:
  struct Posted {
    std::function<void()> work;
    Posted* next;
  };

  // Waits for work; null when it is time to ask the interrupt hook.
  std::unique_ptr<Posted> next() {
    std::unique_lock lock(mutex_);
    if (first_ == nullptr) {
      if (interruptible())
        wake_.wait_for(lock, interrupt_interval);
      else
        wake_.wait(lock);
    }
    Posted* taken = first_;
    if (taken != nullptr) {
      first_ = taken->next;
      if (first_ == nullptr) last_ = &first_;
    }
    return std::unique_ptr<Posted>(taken);
  }

  std::mutex mutex_;  // guards the list of work
  std::condition_variable wake_;
  Posted* first_ = nullptr;
  Posted** last_ = &first_;
};

inline detail::BlockingRun::BlockingRun(const Interrupt* interrupt, LazyStopSource* stop) {
  static_assert(sizeof(Impl) <= sizeof(storage_) && alignof(Impl) <= alignof(std::max_align_t));
  impl_ = new (storage_) Impl(interrupt, stop);
}
inline detail::BlockingRun::~BlockingRun() {
  impl_->~Impl();
}
inline Context& detail::BlockingRun::context() noexcept {
  return *impl_;
}
inline void detail::BlockingRun::wait(const bool& finished) {
  impl_->wait(finished);
}

inline std::shared_ptr<char> detail::allocate_large(std::size_t capacity) {
  auto* memory = static_cast<char*>(std::malloc(capacity));
  if (memory == nullptr) throw std::bad_alloc();
  return std::shared_ptr<char>(memory, [](char* p) { std::free(p); });
}

inline std::shared_ptr<ObjectStore> open_url(const std::string& url, Settings config, Settings client_options,
                                             RetryConfig retry) {
  const auto nanoseconds = [](std::chrono::nanoseconds time) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(time.count(), 0));
  };
  const abi::Pairs settings(config);
  const abi::Pairs options(client_options);
  const sl_retry given{sizeof(sl_retry),
                       static_cast<std::uint32_t>(std::min<std::size_t>(retry.max_retries, UINT32_MAX)),
                       nanoseconds(retry.init_backoff),
                       nanoseconds(retry.max_backoff),
                       nanoseconds(retry.retry_timeout),
                       retry.base};
  const sl_open_request request{sizeof(sl_open_request),
                                0,
                                abi::borrow(std::string_view(url)),
                                settings.data(),
                                settings.size(),
                                options.data(),
                                options.size(),
                                &given};
  struct Opened {
    std::shared_ptr<ObjectStore> store;
    std::exception_ptr failure;
  } opened;
  detail::need_runtime().open_url(
      &request,
      [](void* user, const sl_error* error, const sl_store* store) {
        auto& out = *static_cast<Opened*>(user);
        try {
          if (error != nullptr) throw abi::to_error(*error);
          const std::unique_ptr<const sl_store, void (*)(const sl_store*)> reference(store, store->release);
          out.store = import_store(store);
        } catch (...) {
          out.failure = std::current_exception();
        }
      },
      &opened);
  if (opened.failure) std::rethrow_exception(opened.failure);
  return opened.store;
}

inline std::shared_ptr<ObjectStore> make_memory_store() {
  return open_url("memory:///");
}

}  // namespace storelink
