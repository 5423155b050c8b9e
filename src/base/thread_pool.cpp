#include "base/thread_pool.hpp"

#include <csignal>
#include <ctime>
#include <system_error>

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
    make_thread();
  } else {
    return;
  }
  called_ = true;
}

// Not a std::thread: stop() joins with a time limit, which those cannot do.
void ThreadPool::make_thread() {
  made_.reserve(made_.size() + 1);
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);  // the new thread inherits the mask
  pthread_t thread{};
  const auto start = [](void* pool) -> void* {
    static_cast<ThreadPool*>(pool)->serve();
    return nullptr;
  };
  const int failure = pthread_create(&thread, nullptr, start, this);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (failure != 0) throw std::system_error(failure, std::generic_category(), "pthread_create");
  made_.push_back(thread);
  ++threads_;
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
  const auto deadline = std::chrono::system_clock::now() + patience;
  std::vector<pthread_t> made;
  {
    std::unique_lock lock(mutex_);
    stopping_ = true;
    queue_.clear();
    wake_.notify_all();
    if (!wake_.wait_until(lock, deadline, [this] { return threads_ == 0; })) return false;
    made.swap(made_);
  }
  // They have left serve(), but their thread-local state is still going. (The thread sanitizer does not know
  // pthread_clockjoin_np, whose clock would be the better one.)
  const auto since_epoch = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.time_since_epoch());
  const timespec until = {since_epoch.count() / 1'000'000'000, since_epoch.count() % 1'000'000'000};
  bool ended = true;
  for (const pthread_t thread : made) ended = pthread_timedjoin_np(thread, nullptr, &until) == 0 && ended;
  return ended;
}

}  // namespace storelink
