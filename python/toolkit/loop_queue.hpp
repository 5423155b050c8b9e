// LoopQueue: the completions on their way to one asyncio event loop.
//
// The first completion that arrives wakes the loop, which then takes all that are there. The loop is woken
// through an eventfd that it watches (add_reader); a loop that cannot watch one is called
// (call_soon_threadsafe) by a thread of the pool, since that needs the GIL.
//
// Nothing here keeps a loop alive. What the loop watches or calls, the Drainer, is a Python object that goes
// away when the loop is closed or destroyed. Completions that come later are orphans: see completion.hpp.
#pragma once

#include <memory>

#include "base/inbox.hpp"
#include "completion.hpp"

namespace storelink::python {

struct Drainer;

class LoopQueue : public std::enable_shared_from_this<LoopQueue> {
 public:
  // The queue of the event loop that runs in this thread; made at first use. Needs the GIL. A forked child
  // has queues of its own: its parent's descriptors are its parent's, too.
  static std::shared_ptr<LoopQueue> of(PyObject* loop);

  LoopQueue() noexcept = default;
  ~LoopQueue();
  LoopQueue(const LoopQueue&) = delete;
  LoopQueue& operator=(const LoopQueue&) = delete;

  // From any thread, without the GIL. False when the loop is closed: the completion is still the caller's.
  bool put(sl_completion* completion) noexcept;

 private:
  friend struct Drainer;

  void wake() noexcept;
  void call_loop() noexcept;

  Inbox<sl_completion> inbox_;
  int descriptor_ = -1;         // an eventfd; -1 where the loop is called instead
  Drainer* drainer_ = nullptr;  // with the GIL only; null when the loop is closed
};

}  // namespace storelink::python
