// Threads of ours that want the GIL, and the end of the interpreter.
//
// A thread that asks for the GIL while the interpreter ends never gets it: CPython ends the thread or parks
// it for ever, which C++ frames do not survive. So such a thread says first that it is going to use Python,
// and the interpreter's end waits for it.
#pragma once

namespace storelink::python {

// Makes the interpreter wait, at its end, for the uses under way, though not for long. Idempotent. Needs the
// GIL. Before this was called no use is granted.
void watch_interpreter_exit();

// One use of Python by a thread that has no GIL yet. If it is not granted, Python must be left alone. Once
// the interpreter's atexit functions run it is granted to their thread only, and to none after its end.
class InterpreterUse {
 public:
  InterpreterUse() noexcept;
  ~InterpreterUse();
  InterpreterUse(const InterpreterUse&) = delete;
  InterpreterUse& operator=(const InterpreterUse&) = delete;
  explicit operator bool() const noexcept { return granted_; }

 private:
  bool granted_;
  unsigned forks_;  // before it: a forked child does not count the uses of its parent
};

}  // namespace storelink::python
