// What a process has once: the thread pool (thread_pool() in storelink/task.hpp), the background loop and the
// free list of loops that blocking calls borrow. Made at first use. A child of fork() abandons its parent's
// and makes its own; nothing that belongs to the parent (sockets, TLS sessions, threads) is used or closed
// there.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/event_loop.hpp"
#include "storelink/task.hpp"

namespace storelink {

// 0 at first; one more in every child of fork(). Objects that hold handles or locks compare it with the
// generation they were made in, and start anew when it differs.
std::uint64_t fork_generation() noexcept;

// Turned by a thread of its own that blocks all signals.
EventLoop& background_loop();

// What should end before the process does, such as an upload that would leave parts at its service. While any
// is left the process's exit waits for it, but no longer than two seconds.
class UnfinishedWork {
 public:
  UnfinishedWork();
  ~UnfinishedWork();
  UnfinishedWork(const UnfinishedWork&) = delete;
  UnfinishedWork& operator=(const UnfinishedWork&) = delete;

 private:
  std::atomic<int>* count_;  // of the process that it was made in
};

// An empty loop for the running thread; the one given back last comes first, its connections are warm.
std::unique_ptr<EventLoop> borrow_loop();
void give_back(std::unique_ptr<EventLoop> loop) noexcept;

}  // namespace storelink
