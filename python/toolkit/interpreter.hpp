// Going into the interpreter from threads that it does not know, also while it comes to its end.
#pragma once

#include <memory>

#include "interpreter_exit.hpp"
#include "support.hpp"

namespace storelink::python {

// The GIL for its lifetime, on any thread, unless the interpreter is ending: see InterpreterUse. Then nothing
// is taken, and whoever has a reference leaks it.
class EnteredPython {
 public:
  EnteredPython() noexcept;
  ~EnteredPython();
  EnteredPython(const EnteredPython&) = delete;
  EnteredPython& operator=(const EnteredPython&) = delete;
  explicit operator bool() const noexcept { return static_cast<bool>(use_); }
  // Whether this thread had the GIL before.
  bool had_gil() const noexcept { return use_ && state_ == PyGILState_LOCKED; }

 private:
  const InterpreterUse use_;
  PyGILState_STATE state_{};
};

// A reference that may be dropped on any thread at any time.
using SharedRef = std::shared_ptr<PyObject>;

// A new reference to `object`, which is borrowed and may be null. Needs the GIL.
SharedRef share(PyObject* object);

// What needs the GIL to be destroyed.
class NeedsGil {
 public:
  NeedsGil() = default;
  virtual ~NeedsGil() = default;
  NeedsGil(const NeedsGil&) = delete;
  NeedsGil& operator=(const NeedsGil&) = delete;

  NeedsGil* next = nullptr;  // of what was dropped, too
};

// Destroys it soon, on a thread of the pool. Never waits for the GIL, so that it may be called with locks
// held that a thread with the GIL is waiting for.
void destroy_later(NeedsGil* object) noexcept;

// As share(), for a reference whose dropping must not wait for the GIL: see destroy_later().
SharedRef share_until_later(PyObject* object);

// PyObject_Call for functions that may take long. Needs the GIL. CPython before 3.14 ends a thread that wants
// the GIL back after the interpreter's end, by unwinding it through frames that cannot stand that; here it
// sleeps for ever instead, as it does from 3.14 on.
Ref call_python(PyObject* function, PyObject* args, PyObject* kwargs);

}  // namespace storelink::python
