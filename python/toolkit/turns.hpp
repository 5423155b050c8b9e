// Turns: operations on one object of Python that must not run side by side, one after the other.
#pragma once

#include <deque>
#include <memory>
#include <mutex>
#include <utility>

#include "storelink/detail/waiter.hpp"

namespace storelink::python {

class Turns {
 public:
  // Held while it is one's turn. Movable; given up by the destructor.
  class Turn {
   public:
    explicit Turn(std::shared_ptr<Turns> turns) noexcept : turns_(std::move(turns)) {}
    ~Turn() {
      if (turns_) turns_->pass_on();
    }
    Turn(Turn&&) noexcept = default;
    Turn& operator=(Turn&&) = delete;

   private:
    std::shared_ptr<Turns> turns_;
  };

  // Waits for one's turn; those who wait come in the order in which they came. Throws Error(cancelled) when
  // the operation is stopped.
  static Task<Turn> take(std::shared_ptr<Turns> self) {
    Context& context = *co_await current_context();
    std::shared_ptr<Waiter> waiter;
    {
      const std::lock_guard lock(self->mutex_);
      if (self->busy_) {
        waiter = std::make_shared<Waiter>(context);
        self->waiting_.push_back(waiter);
      }
      self->busy_ = true;
    }
    if (waiter) {
      Waiter::Wait wait(waiter);
      co_await wait;
    }
    co_return Turn(std::move(self));
  }

 private:
  void pass_on() noexcept {
    for (;;) {
      std::shared_ptr<Waiter> next;
      {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
          busy_ = false;
          return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
      }
      if (next->end()) return;  // otherwise it was stopped
    }
  }

  std::mutex mutex_;
  bool busy_ = false;
  std::deque<std::shared_ptr<Waiter>> waiting_;
};

}  // namespace storelink::python
