// ThreadPool: a queue of work, and threads made when there is more work than idle threads. Its threads block
// every signal: signals are for the application's own.
//
// One thread at a time is called to work, and calls the next one when it takes its own: a burst of short
// pieces of work keeps few threads busy instead of waking one for each piece, and work that blocks holds up
// nothing.
#pragma once

#include <pthread.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "storelink/task.hpp"

namespace storelink {

class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(std::size_t limit) : limit_(limit) {}
  void post(std::function<void()> work) override;
  // Drops what is still queued and waits until the work under way has ended, but no longer than `patience`:
  // at exit a thread may be waiting for what is never given again, such as an interpreter's lock.
  // True when every thread has ended, its thread-local state included (OpenSSL's must go before OpenSSL
  // does), and only then may the pool be destroyed.
  bool stop(std::chrono::milliseconds patience);

 private:
  void serve();
  void call_thread();  // if there is work that no thread is on its way to
  void make_thread();

  const std::size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> queue_;
  std::vector<pthread_t> made_;
  std::size_t threads_ = 0;
  std::size_t idle_ = 0;
  bool called_ = false;  // a thread is on its way to the queue
  bool stopping_ = false;
};

}  // namespace storelink
