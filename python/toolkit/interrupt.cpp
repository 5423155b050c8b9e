#include "interrupt.hpp"

#include <pthread.h>

#include <atomic>

#include "storelink/task.hpp"
#include "support.hpp"

namespace storelink::python {

namespace {

// Python runs signal handlers on its main thread only; any other thread need not ask.
std::atomic<pthread_t> main_thread;

void forked_in_child() {
  main_thread.store(pthread_self(), std::memory_order_relaxed);
}

}  // namespace

bool interrupted() {
  if (pthread_equal(main_thread.load(std::memory_order_relaxed), pthread_self()) == 0) return false;
  if (Py_IsInitialized() == 0) return false;
  const GilHeld gil;
  // What the handler raised stays set in this thread's state: set_python_exception() leaves it alone.
  return PyErr_Occurred() != nullptr || PyErr_CheckSignals() != 0;
}

void install_interrupt_hook() {
  static bool installed = false;
  if (installed) return;
  // An extension may be imported first by another thread than the main one. On POSIX a thread's `ident` is
  // its pthread_t.
  const Ref find = import_attribute("threading", "main_thread");
  const Ref thread = checked(PyObject_CallNoArgs(find.get()));
  const Ref ident = checked(PyObject_GetAttrString(thread.get(), "ident"));
  const unsigned long id = PyLong_AsUnsignedLong(ident.get());
  if (PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
  main_thread.store(static_cast<pthread_t>(id), std::memory_order_relaxed);
  pthread_atfork(nullptr, nullptr, forked_in_child);
  set_default_interrupt(interrupted);
  installed = true;
}

}  // namespace storelink::python
