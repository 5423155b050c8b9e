#include "base/background.hpp"

#include "base/runtime.hpp"

namespace storelink {

namespace {

struct Spawned {
  explicit Spawned(Task<void> t)
      : loop(background_loop()), context(loop, &loop, false, {}), task(std::move(t)) {}
  EventLoop& loop;
  ExecutorContext context;
  Task<void> task;
  UnfinishedWork unfinished;
};

}  // namespace

void spawn_background(Task<void> task) {
  auto* spawned = new Spawned(std::move(task));
  spawned->loop.post([spawned] {
    spawned->task.start(
        spawned->context, [](void* self) noexcept { delete static_cast<Spawned*>(self); }, spawned);
  });
}

}  // namespace storelink
