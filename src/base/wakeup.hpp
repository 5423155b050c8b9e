// Wakeup: a descriptor that any thread makes readable, for a thread that polls it beside others.
#pragma once

#include "base/descriptor.hpp"

namespace storelink {

class Wakeup {
 public:
  // Empty, and errno says why, where there are no more descriptors.
  Wakeup() noexcept;

  explicit operator bool() const noexcept { return static_cast<bool>(watched_); }
  // Readable from wake() until clear().
  int descriptor() const noexcept { return watched_.get(); }
  // From any thread. Never waits.
  void wake() noexcept;
  void clear() noexcept;

 private:
  Descriptor watched_;
  Descriptor writing_;  // where the system has no eventfd: the other end of a pipe
};

}  // namespace storelink
