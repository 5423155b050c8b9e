// The context of a blocking call: the caller's thread turns a borrowed loop until its task has ended.
#include <new>

#include "base/runtime.hpp"
#include "storelink/detail/blocking_context.hpp"

namespace storelink {

class detail::BlockingRun::Impl final : public BlockingContext {
 public:
  using BlockingContext::BlockingContext;

  ~Impl() override {
    if (!loop_) return;
    // Work that was posted for this call, such as a cancellation that came too late, ends with it.
    if (loop_->settle()) give_back(std::move(loop_));
  }

  Executor& executor() override { return *event_loop(); }

  EventLoop* event_loop() noexcept override {
    if (!loop_) loop_ = borrow_loop();
    return loop_.get();
  }

  void wait(const bool& finished) {
    const auto longest =
        interruptible() ? interrupt_interval : std::chrono::milliseconds(std::chrono::hours(1));
    while (!finished) {
      ask_if_due();
      event_loop()->turn(longest);
    }
    if (interrupted()) throw_interrupted();
  }

 private:
  std::unique_ptr<EventLoop> loop_;
};

detail::BlockingRun::BlockingRun(const Interrupt* interrupt, LazyStopSource* stop) {
  static_assert(sizeof(Impl) <= sizeof(storage_) && alignof(Impl) <= alignof(std::max_align_t));
  impl_ = new (storage_) Impl(interrupt, stop);
}
detail::BlockingRun::~BlockingRun() {
  impl_->~Impl();
}
Context& detail::BlockingRun::context() noexcept {
  return *impl_;
}
void detail::BlockingRun::wait(const bool& finished) {
  impl_->wait(finished);
}

}  // namespace storelink
