// LoopQueue: the completions on their way to one asyncio event loop.
//
// The first completion that arrives wakes the loop, which then takes all that are there. The loop is woken
// through a descriptor that it watches (add_reader); a loop that cannot watch one is called
// (call_soon_threadsafe) by a thread of the pool, since that needs the GIL.
//
// Nothing here keeps a loop alive. A queue is closed when its loop drops what it was given to call: it is
// closed itself then, or destroyed. Completions that come later are orphans: see completion.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "base/inbox.hpp"
#include "base/wakeup.hpp"
#include "completion.hpp"

namespace storelink::python {

class LoopQueue : public std::enable_shared_from_this<LoopQueue> {
 public:
  // The queue of the event loop that runs in this thread; made at first use. Needs the GIL. A forked child
  // has queues of its own: its parent's descriptors are its parent's, too.
  static std::shared_ptr<LoopQueue> of(PyObject* loop);

  LoopQueue() noexcept = default;
  LoopQueue(const LoopQueue&) = delete;
  LoopQueue& operator=(const LoopQueue&) = delete;

  // From any thread, without the GIL. False when it is closed: the completion is still the caller's.
  bool put(sl_completion* completion) noexcept;

  // The rest needs the GIL.

  // Settles what has arrived. False with a Python exception set when that ends the loop.
  bool drain() noexcept;
  // Idempotent. What has arrived becomes orphans.
  void close() noexcept;
  // For the garbage collector: an awaitable that has arrived holds on to its loop, which owns `drainer`,
  // which owns this. One drainer at a time answers for what is here.
  int traverse(const PyObject* drainer, visitproc visit, void* arg) const;
  void answers(const PyObject* drainer) noexcept { drainer_ = drainer; }

 private:
  void watch(PyObject* loop);
  void wake() noexcept;
  void call_loop() noexcept;
  PyObject* loop() const noexcept;
  bool serves(PyObject* running) const noexcept;
  static void close_abandoned(const PyObject* address);

  Inbox<sl_completion> inbox_;
  std::optional<Wakeup> wakeup_;  // none where the loop is called instead
  // With the GIL only:
  PyObject* loop_reference_ = nullptr;  // weak; null when this is closed
  const PyObject* loop_address_ = nullptr;
  std::uint64_t generation_ = 0;    // see fork_generation()
  sl_completion* first_ = nullptr;  // taken out of the inbox and not yet settled, the oldest first
  sl_completion* last_ = nullptr;
  const PyObject* drainer_ = nullptr;  // see traverse()
};

}  // namespace storelink::python
