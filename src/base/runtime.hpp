// What a process has once: the thread pool, the background loop and the free list of loops that blocking
// calls borrow. Made at first use. A child of fork() abandons its parent's and makes its own; nothing
// that belongs to the parent (sockets, TLS sessions, threads) is used or closed there.
#pragma once

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

// An empty loop for the running thread; the one given back last comes first, its connections are warm.
std::unique_ptr<EventLoop> borrow_loop();
void give_back(std::unique_ptr<EventLoop> loop) noexcept;

// A context on a background loop or pool that can be stopped.
class ExecutorContext : public Context {
 public:
  ExecutorContext(Executor& executor, EventLoop* loop, bool may_block, std::stop_token token) noexcept
      : executor_(executor), loop_(loop), may_block_(may_block), token_(std::move(token)) {}
  Executor& executor() override { return executor_; }
  EventLoop* event_loop() noexcept override { return loop_; }
  bool may_block() const noexcept override { return may_block_; }
  std::stop_token stop_token() const noexcept override { return token_; }

 private:
  Executor& executor_;
  EventLoop* loop_;
  bool may_block_;
  std::stop_token token_;
};

}  // namespace storelink
