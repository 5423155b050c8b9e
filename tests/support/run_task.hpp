// Tasks that run on other threads than the test's.
#pragma once

#include <future>
#include <memory>

#include "base/runtime.hpp"

namespace storelink::testing {

// Starts the task on the executor, in the context, and waits for its end.
template <class T>
T run_on(Executor& executor, Context& context, Task<T> task) {
  auto* promise = new std::promise<void>();
  std::future<void> ended = promise->get_future();
  executor.post([&task, &context, promise] {
    task.start(
        context,
        [](void* argument) noexcept {
          const std::unique_ptr<std::promise<void>> mine(static_cast<std::promise<void>*>(argument));
          mine->set_value();
        },
        promise);
  });
  ended.wait();
  return task.result();
}

template <class T>
T run_in_background(Task<T> task, std::stop_token token = {}) {
  ExecutorContext context(background_loop(), &background_loop(), false, std::move(token));
  return run_on(background_loop(), context, std::move(task));
}

}  // namespace storelink::testing
