// AwaitableObject: the Python side of a pending or finished operation, a Future in all but name.
//
// Everything here needs the GIL. An awaitable takes a completion that has arrived the next time it is used,
// or when its loop settles it, whichever comes first.
#pragma once

#include <cstdint>
#include <vector>

#include "completion.hpp"

namespace storelink::python {

struct AwaitableObject {
  enum class State : std::uint8_t { pending, finished, failed, cancelled };
  struct Callback {
    Ref function;
    Ref context;
  };

  PyObject ob_base;  // what PyObject_HEAD stands for
  PyObject* weak_references;
  PyObject* loop;             // null until it is bound
  PyObject* outcome;          // the result, or the exception; of a cancelled one the message or null
  PyObject* traceback;        // the exception's own, or null
  sl_completion* completion;  // null when its `convert` has been called
  std::vector<Callback> callbacks;
  State state;
  bool blocking;     // asyncio's own mark: a task that awaits it has been given it just now
  bool unretrieved;  // nobody has seen the exception
  bool ends_first;   // a cancel takes effect when the operation has ended, see cancel_at_the_end()
  bool cancelling;   // one of those was cancelled; `outcome` is the message or null

  PyObject* object() noexcept { return &ob_base; }
};

inline AwaitableObject* as_awaitable(PyObject* self) noexcept {
  return reinterpret_cast<AwaitableObject*>(self);
}

// What is used of Python, by name.
struct AsyncioNames {
  Ref get_running_loop, copy_context, cancelled_error, invalid_state_error;
  Ref run, call_soon, context;  // strings
};
const AsyncioNames& asyncio_names();

PyTypeObject* awaitable_type();

// Makes an awaitable of that very class a coroutine, too (awaitable_coroutine.cpp); leaves any other object.
void make_coroutine(PyObject* object);

// For operations that use memory of the caller's: an awaitable of that class that is cancelled stays pending
// until its operation has ended, so that whoever awaits it then has that memory for itself.
void cancel_at_the_end(PyObject* object);

// Binds it to the loop that runs in this thread, if it has none yet. False when none runs.
bool bind_to_running_loop(AwaitableObject* self);

// Takes a completion that has arrived, and has the callbacks called soon.
void poll(AwaitableObject* self);

// Has the loop call each callback soon, and forgets them.
void schedule_callbacks(AwaitableObject* self);

// Tells the loop's exception handler of an exception that nobody has seen. Leaves the Python exception that
// is set.
void report_unretrieved(AwaitableObject* self) noexcept;

}  // namespace storelink::python
