#include "loop_queue.hpp"

#ifdef __linux__
#include <sys/eventfd.h>
#endif
#include <unistd.h>

#include <cstdint>
#include <new>
#include <unordered_map>

#include "base/runtime.hpp"
#include "interpreter_exit.hpp"

namespace storelink::python {

// A Python callable: what the loop calls when completions have arrived. Owned by the loop that watches the
// descriptor. Where the loop watches nothing it owns itself, as the callback of its weak reference to the
// loop, until that is destroyed (the garbage collector does not look into it).
struct Drainer {
  PyObject ob_base;              // what PyObject_HEAD stands for
  PyObject* loop_reference;      // weak; null when the loop is gone
  const PyObject* loop_address;  // its key among all drainers
  std::uint64_t generation;      // see fork_generation()
  std::shared_ptr<LoopQueue> queue;
  // Taken out of the queue and not yet settled, the oldest first.
  sl_completion* first;
  sl_completion* last;

  PyObject* object() noexcept { return &ob_base; }
  PyObject* loop() const noexcept {  // None when it is gone
    return loop_reference != nullptr ? PyWeakref_GetObject(loop_reference) : Py_None;
  }
  bool serves(PyObject* running) const noexcept {
    return generation == fork_generation() && loop() == running;
  }

  static Ref make(PyObject* loop);
  static PyObject* call(PyObject* self, PyObject* arguments, PyObject* keywords) noexcept;
  static void dealloc(PyObject* self) noexcept;

  bool watch(PyObject* loop);
  void be_called(PyObject* loop);
  bool drain() noexcept;
  void close() noexcept;
};

namespace {

// By the loop's address. An entry goes with its drainer, which a loop that is gone may leave behind.
std::unordered_map<const PyObject*, Drainer*>& drainers() {
  static auto* const all = new std::unordered_map<const PyObject*, Drainer*>();
  return *all;
}

PyTypeObject* drainer_type() {
  static PyTypeObject* const type = [] {
    static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(Drainer::dealloc)},
                                  {Py_tp_call, reinterpret_cast<void*>(Drainer::call)},
                                  {0, nullptr}};
    static PyType_Spec spec = {"storelink.AwaitableDrainer", sizeof(Drainer), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, slots};
    return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
  }();
  return type;
}

int make_descriptor() noexcept {
#ifdef __linux__
  return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
#else
  return -1;
#endif
}

}  // namespace

Ref Drainer::make(PyObject* loop) {
  PyTypeObject* type = drainer_type();
  const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
  Ref made = checked(alloc(type, 0));
  auto* drainer = reinterpret_cast<Drainer*>(made.get());
  new (&drainer->queue) std::shared_ptr<LoopQueue>(std::make_shared<LoopQueue>());
  drainer->queue->drainer_ = drainer;
  drainer->loop_address = loop;
  drainer->generation = fork_generation();
  if (!drainer->watch(loop)) drainer->be_called(loop);
  drainers().insert_or_assign(loop, drainer);
  return made;
}

// False where the loop cannot watch a descriptor, or there is none to be had.
bool Drainer::watch(PyObject* loop) {
  const int descriptor = make_descriptor();
  if (descriptor < 0) return false;
  queue->descriptor_ = descriptor;
  loop_reference = checked(PyWeakref_NewRef(loop, nullptr)).release();
  // In an empty context: the loop keeps the one in which add_reader() is called.
  static PyObject* const context_type = import_attribute("contextvars", "Context").release();
  const Ref context = checked(PyObject_CallNoArgs(context_type));
  const Ref add_reader = attribute_or_none(loop, "add_reader");
  if (add_reader) {
    const Ref added =
        Ref::steal(PyObject_CallMethod(context.get(), "run", "OiO", add_reader.get(), descriptor, object()));
    if (added) return true;
    if (PyErr_ExceptionMatches(PyExc_NotImplementedError) == 0) throw ErrorAlreadySet{};
    PyErr_Clear();
  }
  Py_CLEAR(loop_reference);
  ::close(std::exchange(queue->descriptor_, -1));
  return false;
}

void Drainer::be_called(PyObject* loop) {
  loop_reference = checked(PyWeakref_NewRef(loop, object())).release();
}

PyObject* Drainer::call(PyObject* self, PyObject* arguments, PyObject*) noexcept {
  auto* drainer = reinterpret_cast<Drainer*>(self);
  if (PyTuple_Size(arguments) == 0) return drainer->drain() ? Py_NewRef(Py_None) : nullptr;
  Py_CLEAR(drainer->loop_reference);  // its callback: the loop is gone
  return Py_NewRef(Py_None);
}

// False when an exception ends the loop.
bool Drainer::drain() noexcept {
  if (queue->descriptor_ >= 0) {
    std::uint64_t count = 0;
    (void)!::read(queue->descriptor_, &count, sizeof count);
  }
  if (sl_completion* arrived = queue->inbox_.take_all()) {
    (first == nullptr ? first : last->next) = arrived;
    for (last = arrived; last->next != nullptr;) last = last->next;
  }
  // One by one, so that a waiter that turns the loop from inside, as nest_asyncio does, finds the rest here.
  while (first != nullptr) {
    if (settle(std::exchange(first, first->next))) continue;
    if (first != nullptr) queue->wake();
    return false;
  }
  settle_orphans();
  return true;
}

void Drainer::close() noexcept {
  queue->drainer_ = nullptr;
  while (first != nullptr) put_orphan(std::exchange(first, first->next));
  for (sl_completion* list = queue->inbox_.close(); list != nullptr;)
    put_orphan(std::exchange(list, list->next));
}

void Drainer::dealloc(PyObject* self) noexcept {
  auto* drainer = reinterpret_cast<Drainer*>(self);
  const auto found = drainers().find(drainer->loop_address);
  if (found != drainers().end() && found->second == drainer) drainers().erase(found);
  if (drainer->queue) drainer->close();
  std::destroy_at(&drainer->queue);
  Py_CLEAR(drainer->loop_reference);
  PyTypeObject* type = Py_TYPE(self);
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(type);
}

std::shared_ptr<LoopQueue> LoopQueue::of(PyObject* loop) {
  const auto found = drainers().find(loop);
  if (found != drainers().end() && found->second->serves(loop)) return found->second->queue;
  const Ref made = Drainer::make(loop);
  return reinterpret_cast<Drainer*>(made.get())->queue;
}

LoopQueue::~LoopQueue() {
  if (descriptor_ >= 0) ::close(descriptor_);
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
  if (descriptor_ >= 0) {
    const std::uint64_t one = 1;
    (void)!::write(descriptor_, &one, sizeof one);
    return;
  }
  thread_pool().post([queue = shared_from_this()] {
    const InterpreterUse use;
    if (!use) return;
    const GilHeld gil;
    queue->call_loop();
  });
}

void LoopQueue::call_loop() noexcept {
  if (drainer_ == nullptr) return;
  const Ref drainer = Ref::borrow(drainer_->object());
  const Ref loop = Ref::borrow(drainer_->loop());
  if (loop.is_none()) return;
  const Ref called = Ref::steal(PyObject_CallMethod(loop.get(), "call_soon_threadsafe", "O", drainer.get()));
  if (called) return;
  PyErr_Clear();
  if (drainer_ != nullptr) drainer_->close();  // the loop is closed
}

}  // namespace storelink::python
