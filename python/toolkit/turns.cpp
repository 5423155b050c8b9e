#include "turns.hpp"

#include "base/runtime.hpp"

namespace storelink::python {

Task<Turns::Turn> Turns::take(std::shared_ptr<Turns> self) {
  Context& context = *co_await current_context();
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard lock(self->mutex_);
    if (self->busy_ && self->generation_ != fork_generation())
      throw Error(ErrorKind::generic, "this was in use when the process was forked: open it again");
    self->generation_ = fork_generation();
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

void Turns::pass_on() noexcept {
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

}  // namespace storelink::python
