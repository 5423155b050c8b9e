// Turns: operations on one object of Python that must not run side by side, one after the other.
#pragma once

#include <cstdint>
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
  // the operation is stopped, and Error(generic) in a child of fork() whose parent had a turn under way: it
  // would never end here.
  static Task<Turn> take(std::shared_ptr<Turns> self);

 private:
  void pass_on() noexcept;

  std::mutex mutex_;
  bool busy_ = false;
  std::uint64_t generation_ = 0;  // see fork_generation(), when the turn was taken
  std::deque<std::shared_ptr<Waiter>> waiting_;
};

}  // namespace storelink::python
