#include "base/runtime.hpp"

#include <openssl/crypto.h>
#include <pthread.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <vector>

#include "base/thread_pool.hpp"

namespace storelink {

namespace {

constexpr std::size_t pool_limit = 32;
constexpr std::size_t free_loops_limit = 64;  // each holds a few descriptors and its connections

// Long enough for a call that is under way to see that it was stopped.
constexpr auto exit_patience = std::chrono::milliseconds(500);
// See UnfinishedWork.
constexpr auto unfinished_patience = std::chrono::seconds(2);

class BackgroundThread {
 public:
  BackgroundThread() {
    thread_.post([this] {
      loop_.adopt();
      while (!stopping_) loop_.turn(std::chrono::hours(1));
    });
  }

  EventLoop& loop() noexcept { return loop_; }

  void stop() {
    loop_.post([this] { stopping_ = true; });
    thread_.stop(exit_patience);
  }

 private:
  EventLoop loop_;
  bool stopping_ = false;  // the thread's own
  ThreadPool thread_{1};
};

struct Runtime {
  std::once_flag background_once;
  std::unique_ptr<BackgroundThread> background;
  ThreadPool pool{pool_limit};
  std::mutex free_mutex;
  std::vector<std::unique_ptr<EventLoop>> free_loops;
  std::atomic<int> unfinished{0};
};

std::atomic<std::uint64_t> generation{0};
std::atomic<Runtime*> current{nullptr};
std::mutex creation;

// Everything here is abandoned, never destroyed, in a forked child and at exit: other threads may still be
// inside. At exit the background threads are stopped first, while OpenSSL and libcurl still exist.
void stop_at_exit() {
  Runtime* runtime = current.load();
  if (runtime == nullptr) return;
  const auto end = std::chrono::steady_clock::now() + unfinished_patience;
  while (runtime->unfinished.load() != 0 && std::chrono::steady_clock::now() < end)
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  if (runtime->background) runtime->background->stop();
  runtime->pool.stop(exit_patience);
}

Runtime& make_runtime() {
  static const bool initialised = [] {
    OPENSSL_init_crypto(0, nullptr);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    pthread_atfork([] { creation.lock(); }, [] { creation.unlock(); },
                   [] {
                     creation.unlock();
                     generation.fetch_add(1);
                     current.store(nullptr);
                   });
    std::atexit(stop_at_exit);
    return true;
  }();
  (void)initialised;
  const std::lock_guard lock(creation);
  Runtime* runtime = current.load(std::memory_order_acquire);
  if (runtime == nullptr) {
    runtime = new Runtime();
    current.store(runtime, std::memory_order_release);
  }
  return *runtime;
}

Runtime& runtime() {
  Runtime* existing = current.load(std::memory_order_acquire);
  return existing != nullptr ? *existing : make_runtime();
}

}  // namespace

std::uint64_t fork_generation() noexcept {
  return generation.load(std::memory_order_relaxed);
}

UnfinishedWork::UnfinishedWork() : count_(&runtime().unfinished) {
  count_->fetch_add(1);
}

UnfinishedWork::~UnfinishedWork() {
  count_->fetch_sub(1);
}

Executor& thread_pool() {
  return runtime().pool;
}

Executor& detail::background_executor() {
  return background_loop();
}

EventLoop& background_loop() {
  Runtime& mine = runtime();
  std::call_once(mine.background_once, [&mine] { mine.background = std::make_unique<BackgroundThread>(); });
  return mine.background->loop();
}

std::unique_ptr<EventLoop> borrow_loop() {
  Runtime& mine = runtime();
  {
    const std::lock_guard lock(mine.free_mutex);
    if (!mine.free_loops.empty()) {
      auto loop = std::move(mine.free_loops.back());
      mine.free_loops.pop_back();
      loop->adopt();
      return loop;
    }
  }
  return std::make_unique<EventLoop>();
}

void give_back(std::unique_ptr<EventLoop> loop) noexcept {
  Runtime& mine = runtime();
  const std::lock_guard lock(mine.free_mutex);
  if (mine.free_loops.size() < free_loops_limit) mine.free_loops.push_back(std::move(loop));
}

}  // namespace storelink
