// Coroutines of Python for C++: they run on one asyncio event loop in a thread of its own (event_loop.py).
#pragma once

#include "interpreter.hpp"
#include "storelink/task.hpp"

namespace storelink::python {

// Runs the awaitable and gives its result, or throws what it raised (ErrorAlreadySet). Blocks, without the
// GIL; needs it at first.
Ref run_awaitable(PyObject* awaitable);

// What a Python call is given: a tuple, and a dict or nothing.
struct CallValues {
  CallValues() {}
  CallValues(SharedRef tuple, SharedRef dict) : args(std::move(tuple)), kwargs(std::move(dict)) {}
  SharedRef args;
  SharedRef kwargs;
  SharedRef loop;  // where it runs; null: the private one
};

// Calls `function` on the loop and awaits what it returns. No thread waits meanwhile, and a stop request
// cancels the coroutine, whose end is not awaited. Throws Error as error_from_python() says. Needs no GIL; a
// blocking caller who has it all the same lends it to the loop while the coroutine runs.
Task<SharedRef> await_on_loop(SharedRef function, CallValues values);

}  // namespace storelink::python
