#include "interpreter.hpp"

#include <cxxabi.h>
#include <pthread.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "base/runtime.hpp"

namespace storelink::python {

namespace {

// How long the interpreter's end waits for threads that are inside. Those that stay longer sleep for ever.
constexpr std::chrono::milliseconds exit_patience{500};

std::atomic<bool> ending{false};
std::atomic<pthread_t> ending_thread;
std::atomic<int> inside{0};

bool may_enter() noexcept {
  if (Py_IsInitialized() == 0) return false;
  return !ending.load() || pthread_equal(ending_thread.load(), pthread_self()) != 0;
}

PyObject* interpreter_ends(PyObject*, PyObject*) {
  ending_thread.store(pthread_self());
  ending.store(true);
  {
    const GilReleased released;
    const auto deadline = std::chrono::steady_clock::now() + exit_patience;
    while (inside.load() > 0 && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return Py_NewRef(Py_None);
}

}  // namespace

// A stack of what is to be destroyed. Whoever puts the first thing on it has it emptied.
class Dropped {
 public:
  static void push(NeedsGil* object) {
    NeedsGil* first = top_.load();
    do {
      object->next_ = first;
    } while (!top_.compare_exchange_weak(first, object));
    if (first == nullptr) thread_pool().post(destroy_all);
  }

  static void forget() noexcept { top_.store(nullptr); }

 private:
  static void destroy_all() {
    const EnteredPython entered;
    if (!entered) return;
    for (NeedsGil* object = top_.exchange(nullptr); object != nullptr;) {
      const NeedsGil* destroyed = std::exchange(object, object->next_);
      delete destroyed;
    }
  }

  static inline std::atomic<NeedsGil*> top_{nullptr};
};

void destroy_later(NeedsGil* object) noexcept {
  if (!may_enter()) return;
  try {
    Dropped::push(object);
  } catch (const std::exception&) {
    Dropped::forget();  // no memory for the work: what was to be destroyed is lost
  }
}

void watch_for_the_end() {
  static bool watching = false;
  if (watching) return;
  static PyMethodDef definition = {"storelink_ends", interpreter_ends, METH_NOARGS, nullptr};
  const Ref handler = checked(PyCFunction_NewEx(&definition, nullptr, nullptr));
  const Ref add = import_attribute("atexit", "register");
  if (watching) return;  // by another thread, during the import
  (void)checked(PyObject_CallFunctionObjArgs(add.get(), handler.get(), nullptr));
  // The threads that were inside do not exist in the child, nor those that would empty the stack.
  pthread_atfork(nullptr, nullptr, [] {
    inside.store(0);
    Dropped::forget();
  });
  watching = true;
}

EnteredPython::EnteredPython() noexcept {
  inside.fetch_add(1);
  if (may_enter()) {
    state_ = PyGILState_Ensure();
    entered_ = true;
  } else {
    inside.fetch_sub(1);
  }
}

EnteredPython::~EnteredPython() {
  if (!entered_) return;
  PyGILState_Release(state_);
  inside.fetch_sub(1);
}

SharedRef share(PyObject* object) {
  if (object == nullptr) return nullptr;
  watch_for_the_end();
  return {Py_NewRef(object), [](PyObject* dropped) {
            const EnteredPython entered;
            if (entered) Py_DECREF(dropped);
          }};
}

SharedRef share_until_later(PyObject* object) {
  class Holder final : public NeedsGil {
   public:
    explicit Holder(PyObject* held) : held_(Ref::borrow(held)) {}

   private:
    const Ref held_;
  };
  watch_for_the_end();
  const std::shared_ptr<NeedsGil> holder(new Holder(object), &destroy_later);
  return {holder, object};
}

Ref call_python(PyObject* function, PyObject* args, PyObject* kwargs) {
#ifdef __GLIBCXX__
  try {
    return checked(PyObject_Call(function, args, kwargs));
  } catch (const abi::__forced_unwind&) {
    for (;;) pause();
  }
#else
  return checked(PyObject_Call(function, args, kwargs));
#endif
}

}  // namespace storelink::python
