#include "base/thread_pool.hpp"

#include <csignal>
#include <memory>
#include <system_error>
#include <thread>

namespace storelink {

void ThreadPool::post(std::function<void()> work) {
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(work));
  try {
    call_thread();
  } catch (const std::system_error&) {
    if (threads_ > 0) return;  // those that there are will come to it
    queue_.pop_back();
    throw;
  }
}

void ThreadPool::call_thread() {
  if (called_ || stopping_ || queue_.empty()) return;
  if (idle_ > 0) {
    wake_.notify_one();
  } else if (threads_ < limit_) {
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits the mask
    const auto restored = [&before](void*) { pthread_sigmask(SIG_SETMASK, &before, nullptr); };
    const std::unique_ptr<void, decltype(restored)> restore(this, restored);
    std::thread([this] { serve(); }).detach();
    ++threads_;
  } else {
    return;
  }
  called_ = true;
}

void ThreadPool::serve() {
  std::unique_lock lock(mutex_);
  called_ = false;
  while (!stopping_) {
    if (queue_.empty()) {
      ++idle_;
      wake_.wait(lock);
      --idle_;
      called_ = false;
      continue;
    }
    auto work = std::move(queue_.front());
    queue_.pop_front();
    try {
      call_thread();  // for the rest, since this work may block
    } catch (const std::system_error&) {
    }
    lock.unlock();
    work();
    work = nullptr;  // what it captured ends here, without the lock
    lock.lock();
  }
  --threads_;
  wake_.notify_all();
}

bool ThreadPool::stop(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  stopping_ = true;
  queue_.clear();
  wake_.notify_all();
  return wake_.wait_for(lock, patience, [this] { return threads_ == 0; });
}

}  // namespace storelink
