// for_each_concurrent().
#pragma once

#include <algorithm>
#include <mutex>

#include "storelink/task.hpp"

namespace storelink {

namespace detail {

// The context of one for_each_concurrent: its parent's, with a stop source of its own that the parent's
// stop and the first failure set off.
class Group final : public Context {
 public:
  Group(Context& parent, std::size_t count, bool alone, std::function<Task<void>(std::size_t)> body)
      : parent_(parent),
        count_(count),
        alone_(alone),
        body_(std::move(body)),
        from_parent_(parent.stop_token(), [this] { stop_.request_stop(); }) {}

  Executor& executor() override { return parent_.executor(); }
  EventLoop* event_loop() noexcept override { return parent_.event_loop(); }
  bool may_block() const noexcept override { return parent_.may_block(); }
  bool is_alone() const noexcept override { return alone_ && parent_.is_alone(); }
  std::stop_token stop_token() const noexcept override { return stop_.get_token(); }
  void check() override {
    parent_.check();
    Context::check();
  }
  void note_retry() noexcept override { parent_.note_retry(); }

  // Takes items until there are none left.
  static Task<void> work(Group* group) {
    for (;;) {
      if (group->stop_.stop_requested()) co_return;
      const std::size_t index = group->next_.fetch_add(1, std::memory_order_relaxed);
      if (index >= group->count_) co_return;
      try {
        co_await group->body_(index);
      } catch (...) {
        group->fail(std::current_exception());
      }
    }
  }

  struct Join {
    Join(Group& g, std::size_t workers) : group(g), tasks(workers) {}
    bool await_ready() const noexcept { return false; }
    bool await_suspend(std::coroutine_handle<> caller) {
      waiter = caller;
      // One more than there are workers: this function's own share, so that none ends it too early.
      running.store(tasks.size() + 1, std::memory_order_relaxed);
      for (auto& task : tasks) {
        task = work(&group);
        task.start(group, &Join::one_ended, this);
      }
      return running.fetch_sub(1, std::memory_order_acq_rel) != 1;
    }
    void await_resume() const {
      if (group.failure_) std::rethrow_exception(group.failure_);
      group.parent_.check();
    }
    static void one_ended(void* self) noexcept {
      auto* join = static_cast<Join*>(self);
      if (join->running.fetch_sub(1, std::memory_order_acq_rel) == 1) join->waiter.resume();
    }
    Group& group;
    std::vector<Task<void>> tasks;
    std::atomic<std::size_t> running{0};
    std::coroutine_handle<> waiter;
  };

 private:
  void fail(std::exception_ptr failure) {
    {
      const std::lock_guard lock(mutex_);
      if (!failure_) failure_ = std::move(failure);
    }
    stop_.request_stop();
  }

  Context& parent_;
  const std::size_t count_;
  const bool alone_;  // one worker only
  std::function<Task<void>(std::size_t)> body_;
  std::stop_source stop_;
  std::stop_callback<std::function<void()>> from_parent_;
  std::atomic<std::size_t> next_{0};
  std::mutex mutex_;
  std::exception_ptr failure_;
};

}  // namespace detail

inline Task<void> for_each_concurrent(std::size_t count, std::size_t limit,
                                      std::function<Task<void>(std::size_t)> body) {
  if (count == 0) co_return;
  Context& context = *co_await current_context();
  const std::size_t workers = limit == 0 ? count : std::min(limit, count);
  detail::Group group(context, count, workers == 1, std::move(body));
  detail::Group::Join join(group, workers);
  co_await join;
}

}  // namespace storelink
