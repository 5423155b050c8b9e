#include "interpreter_exit.hpp"

#include <pthread.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "support.hpp"

namespace storelink::python {

namespace {

// A use that takes longer than this, such as one that waits for a server, is not waited for.
constexpr auto patience = std::chrono::seconds(1);

constexpr unsigned closed = 1U << 31U;

std::atomic<unsigned> uses{closed};  // how many are under way, and whether no more are granted

std::atomic<bool> ending{false};
std::atomic<pthread_t> ending_thread;  // once `ending` is set

bool is_ending_thread() noexcept {
  return ending.load() && Py_IsInitialized() != 0 && pthread_equal(ending_thread.load(), pthread_self()) != 0;
}

std::atomic<unsigned> forks{0};

// The parent's threads do not exist here, and a use of this one began there.
void forked_in_child() {
  forks.fetch_add(1);
  uses.fetch_and(closed);
}

// Runs with the GIL, which those in here may be waiting for.
PyObject* wait_for_uses(PyObject*, PyObject*) noexcept {
  ending_thread.store(pthread_self());
  ending.store(true);
  uses.fetch_or(closed);
  {
    const GilReleased released;
    const auto end = std::chrono::steady_clock::now() + patience;
    while (uses.load() != closed && std::chrono::steady_clock::now() < end)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return Py_NewRef(Py_None);
}

}  // namespace

void watch_interpreter_exit() {
  static bool watching = false;
  if (watching) return;
  static PyMethodDef hook = {"_wait_for_uses", wait_for_uses, METH_NOARGS, nullptr};
  const Ref function = checked(PyCFunction_NewEx(&hook, nullptr, nullptr));
  const Ref register_hook = import_attribute("atexit", "register");
  if (watching) return;  // by another thread, during the import
  (void)checked(PyObject_CallFunctionObjArgs(register_hook.get(), function.get(), nullptr));
  pthread_atfork(nullptr, nullptr, forked_in_child);
  uses.fetch_and(~closed);
  watching = true;
}

InterpreterUse::InterpreterUse() noexcept
    : granted_((uses.fetch_add(1) & closed) == 0 || is_ending_thread()), forks_(forks.load()) {
  if (!granted_) uses.fetch_sub(1);
}

InterpreterUse::~InterpreterUse() {
  if (granted_ && forks_ == forks.load()) uses.fetch_sub(1);
}

}  // namespace storelink::python
