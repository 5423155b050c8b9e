// ThreadPool: a queue of work, and threads made when there is more work than idle threads. Its threads block
// every signal: signals are for the application's own.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>

#include "storelink/task.hpp"

namespace storelink {

class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(std::size_t limit) : limit_(limit) {}
  void post(std::function<void()> work) override;
  // Drops what is still queued and waits until the work under way has ended, but no longer than `patience`:
  // at exit a thread may be waiting for what is never given again, such as an interpreter's lock.
  // True when every thread has ended, and only then may the pool be destroyed.
  bool stop(std::chrono::milliseconds patience);

 private:
  void serve();

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  bool stopping_ = false;
};

}  // namespace storelink
