#include "completion.hpp"

#include "base/inbox.hpp"
#include "interpreter.hpp"
#include "loop_queue.hpp"

namespace storelink::python {

namespace {

Inbox<sl_completion> orphans;

}  // namespace

void put_orphan(sl_completion* completion) noexcept {
  if (orphans.put(completion) != Inbox<sl_completion>::Put::first) return;
  thread_pool().post([] {
    const EnteredPython entered;
    if (entered) settle_orphans();
  });
}

void settle_orphans() noexcept {
  for (sl_completion* list = orphans.take_all(); list != nullptr;)
    settle_orphan(std::exchange(list, list->next));
}

}  // namespace storelink::python

extern "C" void sl_awaitable_complete(sl_completion* completion, PyObject* (*convert)(void* user),
                                      void* user) {
  using Stage = sl_completion::Stage;
  completion->convert = convert;
  completion->convert_user = user;
  if (completion->stage.exchange(Stage::complete, std::memory_order_acq_rel) == Stage::bound) {
    // Held here: once the completion is put in, it may be settled and freed.
    const auto queue = std::move(completion->queue);
    if (queue->put(completion)) return;
  }
  storelink::python::put_orphan(completion);
}
