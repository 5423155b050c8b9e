// A task of one foreign operation. Extensions compile this file, so it is made to be small.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "storelink/detail/abi_convert.hpp"

namespace storelink::abi {

// One foreign operation until its callback has come. The store outlives it, as it does every task. In a
// blocking call it is driven on this very thread; otherwise it runs on the producer's threads and the caller
// continues on its own executor.
class ForeignCall {
 public:
  ForeignCall(const sl_store* at, storelink::detail::PromiseBase& promise) noexcept
      : store(at), promise_(promise) {}
  ForeignCall(const ForeignCall&) = delete;
  ForeignCall& operator=(const ForeignCall&) = delete;
  ~ForeignCall() {
    if (operation_ != nullptr) operation_->release(operation_);
  }

  // The operation, whose callback gets this object as `user`; null when memory is out.
  void set(sl_operation* operation) noexcept { operation_ = operation; }

  // What the callback does: `read(*this, result)`, which fills the outcome, if there is no error; then the
  // end.
  void finish(const sl_error* error, void (*read)(ForeignCall& self, const void* result),
              const void* result) noexcept {
    try {
      if (error != nullptr)
        promise_.failure = std::make_exception_ptr(to_error(*error));
      else
        read(*this, result);
    } catch (...) {
      promise_.unhandled_exception();
    }
    // Nobody waits for one that is driven. After the exchange this object may be gone.
    Executor* const executor = executor_;
    if (executor != nullptr && handed_over_.exchange(true, std::memory_order_acq_rel))
      executor->post(Resume{this});
  }

  template <class Outcome>
  Outcome& outcome() const {
    return promise<Outcome>().value.emplace();
  }
  template <class Outcome>
  storelink::detail::Promise<Outcome>& promise() const noexcept {
    return static_cast<storelink::detail::Promise<Outcome>&>(promise_);
  }

  // Called when the task is started or awaited and, if that had to wait, once more when the callback has
  // come.
  void resume() noexcept {
    try {
      if (!begun_) {
        begun_ = true;
        if (waits()) return;
      }
      on_stop_.reset();
      promise_.context->check();  // an interrupt of the caller's own comes before what the callback said
    } catch (...) {
      promise_.unhandled_exception();
    }
    promise_.hand_over();
  }

  const sl_store* const store;

 private:
  struct Resume {
    ForeignCall* call;
    void operator()() const { call->resume(); }
  };
  struct Cancel {
    sl_operation* operation;
    void operator()() const { operation->cancel(operation); }
  };

  static std::int32_t ask(void* context) {
    try {
      static_cast<Context*>(context)->check();
      return 0;
    } catch (...) {
      return 1;
    }
  }

  // Runs the operation. False when the callback has come already; else this object may be gone.
  bool waits() {
    if (operation_ == nullptr) throw std::bad_alloc();
    Context& context = *promise_.context;
    if (context.may_block() && context.is_alone()) {
      operation_->drive(operation_, &ForeignCall::ask, &context);
      return false;
    }
    executor_ = &context.executor();
    on_stop_.emplace(context.stop_token(), Cancel{operation_});
    operation_->start(operation_);
    return !handed_over_.exchange(true, std::memory_order_acq_rel);
  }

  storelink::detail::PromiseBase& promise_;
  sl_operation* operation_ = nullptr;
  Executor* executor_ = nullptr;
  bool begun_ = false;
  // Set once by the side that has started it and once by the callback: the second one continues.
  std::atomic<bool> handed_over_{false};
  std::optional<std::stop_callback<Cancel>> on_stop_;
};

// A call in the place of a coroutine that only awaits it, which would be four times the code for each type of
// outcome. What a coroutine's handle points at is the same for GCC, Clang and MSVC: how to resume it, how to
// destroy it, then its promise.
template <class Outcome>
struct ForeignFrame {
  using Promise = storelink::detail::Promise<Outcome>;

  explicit ForeignFrame(const sl_store* store) : call(store, promise) {}

  void (*resume)(void*) = [](void* frame) { static_cast<ForeignFrame*>(frame)->call.resume(); };
  void (*destroy)(void*) = [](void* frame) { delete static_cast<ForeignFrame*>(frame); };
  Promise promise;
  ForeignCall call;

  static_assert(sizeof(void*) == 8 && alignof(Promise) <= 2 * sizeof(void*));
};

// A new call, to be given its operation and then turned into a task. Between the two nothing throws, which
// keeps the verbs small: the C functions do not, by contract.
template <class Outcome>
ForeignCall* begin(const sl_store* store) {
  return &(new ForeignFrame<Outcome>(store))->call;
}

template <class Outcome>
Task<Outcome> task_of(ForeignCall* call) noexcept {
  return call->promise<Outcome>().get_return_object();
}

}  // namespace storelink::abi
