#include "loop_queue.hpp"

#include <new>
#include <unordered_map>
#include <vector>

#include "base/runtime.hpp"
#include "interpreter.hpp"

namespace storelink::python {

namespace {

// By the loop's address, which another loop may have had before. With the GIL only.
using Queues = std::unordered_map<const PyObject*, std::shared_ptr<LoopQueue>>;
Queues& queues() {
  static auto* const all = new Queues();  // never destroyed: loops may outlive static objects
  return *all;
}

// A Python callable that drains a queue: what the loop is given to call. A loop that drops it while it still
// owes that is closed, or being destroyed.
struct Drainer {
  PyObject ob_base;  // what PyObject_HEAD stands for
  std::shared_ptr<LoopQueue> queue;
  bool repeats;  // called each time that the descriptor is readable, not once
  bool owes;

  static Drainer* from(PyObject* self) noexcept { return reinterpret_cast<Drainer*>(self); }

  static PyObject* call(PyObject* self, PyObject*, PyObject*) noexcept {
    from(self)->owes = from(self)->repeats;
    if (!from(self)->owes) from(self)->queue->answers(nullptr);
    return from(self)->queue->drain() ? Py_NewRef(Py_None) : nullptr;
  }

  static int traverse(PyObject* self, visitproc visit, void* arg) {
    Py_VISIT(Py_TYPE(self));
    return from(self)->queue ? from(self)->queue->traverse(self, visit, arg) : 0;
  }

  static int clear(PyObject* self) noexcept {
    if (std::exchange(from(self)->owes, false)) from(self)->queue->close();
    return 0;
  }

  static void dealloc(PyObject* self) noexcept {
    PyObject_GC_UnTrack(self);
    clear(self);
    std::destroy_at(&from(self)->queue);
    PyTypeObject* type = Py_TYPE(self);
    reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
  }
};

PyTypeObject* drainer_type() {
  static PyTypeObject* const type = [] {
    static PyType_Slot slots[] = {{Py_tp_dealloc, slot(Drainer::dealloc)},
                                  {Py_tp_traverse, slot(Drainer::traverse)},
                                  {Py_tp_clear, slot(Drainer::clear)},
                                  {Py_tp_call, slot(Drainer::call)},
                                  {0, nullptr}};
    static PyType_Spec spec = {"storelink.AwaitableDrainer", sizeof(Drainer), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                               slots};
    return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
  }();
  return type;
}

Ref make_drainer(std::shared_ptr<LoopQueue> queue, bool repeats) {
  PyTypeObject* type = drainer_type();
  const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
  Ref made = checked(alloc(type, 0));
  Drainer* drainer = Drainer::from(made.get());
  new (&drainer->queue) std::shared_ptr<LoopQueue>(std::move(queue));
  drainer->repeats = repeats;
  drainer->owes = true;
  drainer->queue->answers(made.get());
  return made;
}

}  // namespace

std::shared_ptr<LoopQueue> LoopQueue::of(PyObject* loop) {
  const auto found = queues().find(loop);
  if (found != queues().end() && found->second->serves(loop)) return found->second;
  close_abandoned(loop);
  auto made = std::make_shared<LoopQueue>();
  made->loop_reference_ = checked(PyWeakref_NewRef(loop, nullptr)).release();
  made->loop_address_ = loop;
  made->generation_ = fork_generation();
  try {
    made->watch(loop);
    queues().insert_or_assign(loop, made);
  } catch (...) {
    made->close();
    throw;
  }
  return made;
}

// Leaves no wakeup_ where the loop cannot watch a descriptor, or there is none to be had.
void LoopQueue::watch(PyObject* loop) {
  const Ref add_reader = attribute_or_none(loop, "add_reader");
  if (!add_reader) return;
  wakeup_.emplace();
  if (!*wakeup_) return wakeup_.reset();
  // In an empty context: the loop keeps the one in which add_reader() is called.
  static PyObject* const context_type = import_attribute("contextvars", "Context").release();
  const Ref context = checked(PyObject_CallNoArgs(context_type));
  const Ref drainer = make_drainer(shared_from_this(), true);
  const Ref added = Ref::steal(PyObject_CallMethod(context.get(), "run", "OiO", add_reader.get(),
                                                   wakeup_->descriptor(), drainer.get()));
  if (added) return;
  Drainer::from(drainer.get())->owes = false;
  if (PyErr_ExceptionMatches(PyExc_NotImplementedError) == 0) throw ErrorAlreadySet{};
  PyErr_Clear();
  wakeup_.reset();
}

PyObject* LoopQueue::loop() const noexcept {
  return loop_reference_ != nullptr ? PyWeakref_GetObject(loop_reference_) : Py_None;
}

bool LoopQueue::serves(PyObject* running) const noexcept {
  return generation_ == fork_generation() && loop() == running;
}

// Those whose loop is gone, and one that the loop had before fork().
void LoopQueue::close_abandoned(const PyObject* address) {
  std::vector<std::shared_ptr<LoopQueue>> abandoned;
  for (const auto& [key, queue] : queues())
    if (key == address || queue->loop() == Py_None) abandoned.push_back(queue);
  for (const auto& queue : abandoned) queue->close();
}

void LoopQueue::close() noexcept {
  const std::shared_ptr<LoopQueue> alive = shared_from_this();
  const auto found = queues().find(loop_address_);
  if (found != queues().end() && found->second == alive) queues().erase(found);
  while (first_ != nullptr) put_orphan(std::exchange(first_, first_->next));
  for (sl_completion* list = inbox_.close(); list != nullptr;) put_orphan(std::exchange(list, list->next));
  Py_CLEAR(loop_reference_);
}

int LoopQueue::traverse(const PyObject* drainer, visitproc visit, void* arg) const {
  if (drainer != drainer_) return 0;
  int stopped = 0;
  const auto look = [&](const sl_completion& completion) {
    if (stopped == 0) stopped = visit(completion.awaitable, arg);
  };
  for (const sl_completion* completion = first_; completion != nullptr; completion = completion->next)
    look(*completion);
  inbox_.for_each(look);
  return stopped;
}

bool LoopQueue::put(sl_completion* completion) noexcept {
  switch (inbox_.put(completion)) {
    case Inbox<sl_completion>::Put::first: wake(); return true;
    case Inbox<sl_completion>::Put::more: return true;
    case Inbox<sl_completion>::Put::closed: return false;
  }
  return false;
}

void LoopQueue::wake() noexcept {
  if (wakeup_) return wakeup_->wake();
  thread_pool().post([queue = shared_from_this()] {
    const EnteredPython entered;
    if (entered) queue->call_loop();
  });
}

void LoopQueue::call_loop() noexcept {
  const Ref loop_object = Ref::borrow(loop());
  if (loop_object.is_none()) return;
  // Where the loop is closed already, dropping the drainer closes this.
  const int called = guarded<>(-1, [&] {
    const Ref drainer = make_drainer(shared_from_this(), false);
    (void)checked(PyObject_CallMethod(loop_object.get(), "call_soon_threadsafe", "O", drainer.get()));
    return 0;
  });
  if (called < 0) PyErr_Clear();
}

bool LoopQueue::drain() noexcept {
  if (wakeup_) wakeup_->clear();
  if (loop_reference_ != nullptr) {
    if (sl_completion* arrived = inbox_.take_all()) {
      (first_ == nullptr ? first_ : last_->next) = arrived;
      for (last_ = arrived; last_->next != nullptr;) last_ = last_->next;
    }
  }
  // One by one, so that a waiter that turns the loop from inside, as nest_asyncio does, finds the rest here.
  while (first_ != nullptr) {
    if (settle(std::exchange(first_, first_->next))) continue;
    if (first_ != nullptr) wake();
    return false;
  }
  settle_orphans();
  return true;
}

}  // namespace storelink::python
