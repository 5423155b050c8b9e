#include "base/thread_pool.hpp"

#include <csignal>
#include <thread>

namespace storelink {

void ThreadPool::post(std::function<void()> work) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(std::move(work));
    if (queue_.size() > idle_ && threads_ < limit_ && !stopping_) {
      sigset_t all;
      sigset_t before;
      sigfillset(&all);
      pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits the mask
      std::thread([this] { serve(); }).detach();
      pthread_sigmask(SIG_SETMASK, &before, nullptr);
      ++threads_;
    }
  }
  wake_.notify_one();
}

void ThreadPool::serve() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (queue_.empty()) {
      ++idle_;
      wake_.wait(lock);
      --idle_;
      continue;
    }
    auto work = std::move(queue_.front());
    queue_.pop_front();
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
