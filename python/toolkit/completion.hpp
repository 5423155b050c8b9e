// sl_completion: a pending awaitable, seen from the side that completes it, and the way back to Python.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "storelink/python/awaitable.h"
#include "support.hpp"

namespace storelink::python {
class LoopQueue;
}

// Belongs to the completing side until it is complete, then to where it waits for the GIL: its loop's queue
// or the orphans. Settling frees it.
struct sl_completion {
  enum class Stage : std::uint8_t {
    unbound,   // belongs to no loop yet
    bound,     // `queue` is set
    complete,  // `convert` and `user` are set
  };

  sl_completion* next = nullptr;  // Inbox
  std::atomic<Stage> stage{Stage::unbound};
  std::shared_ptr<storelink::python::LoopQueue> queue;
  PyObject* awaitable = nullptr;  // a reference
  void (*cancel)(void* user) = nullptr;
  void* cancel_user = nullptr;
  PyObject* (*convert)(void* user) = nullptr;
  void* convert_user = nullptr;
};

namespace storelink::python {

// With the GIL, on the loop: gives the awaitable its result unless it has it already, runs what waits for it,
// and frees the completion. False with a Python exception set when that ends the loop (KeyboardInterrupt,
// SystemExit).
bool settle(sl_completion* completion) noexcept;

// With the GIL: the same for an awaitable whose loop is closed, or that was never awaited. Nobody waits.
void settle_orphan(sl_completion* completion) noexcept;

// Completions without a loop. They are settled by a thread of the pool soon, or by whoever uses an awaitable
// before that.
void put_orphan(sl_completion* completion) noexcept;  // from any thread, without the GIL
void settle_orphans() noexcept;                       // with the GIL

}  // namespace storelink::python
