// What a server's thread saw, for the test's thread to read.
#pragma once

#include <mutex>
#include <utility>

namespace storelink::testing {

template <class T>
class Guarded {
 public:
  void set(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
  }
  template <class Change>
  void change(Change change) {
    const std::lock_guard lock(mutex_);
    change(value_);
  }
  T get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;
  T value_{};
};

}  // namespace storelink::testing
