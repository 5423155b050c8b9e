/* Python awaitables that other threads complete: what an `async` function of an extension returns.
 *
 * The object behaves like an asyncio.Future and works with asyncio and uvloop: await (also twice, also from
 * several tasks), add_done_callback, cancel, wait, wait_for, shield, gather, timeout. Completions come to an
 * event loop in batches, with one wake-up for all that have arrived. An awaitable belongs to the loop that
 * runs in the thread that makes it; made where none runs, it belongs to the one where it is first awaited.
 *
 * Plain C, independent of any binding library. C++ authors use awaitable.hpp, which is built on this. */
#ifndef STORELINK_PYTHON_AWAITABLE_H
#define STORELINK_PYTHON_AWAITABLE_H

#include <Python.h>

#include "storelink/python/capi.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef STORELINK_RUNTIME /* the functions of the installed package */
#define SL_AWAITABLE_FUNCTION static inline
#else
#define SL_AWAITABLE_FUNCTION
#endif

/* A new awaitable (a new reference), or null with a Python exception set. Needs the GIL.
 *
 * `*completion` is to be given to sl_awaitable_complete() exactly once: the awaitable lives until then.
 * When Python cancels the awaitable, its waiters see CancelledError at once and `cancel(user)` is called: at
 * most once, never after `convert` has been called, on any thread, with or without the GIL. It must not
 * block and not call Python; it may call sl_awaitable_complete(). Null: cancelling only detaches. */
SL_AWAITABLE_FUNCTION PyObject* sl_awaitable_new(void (*cancel)(void* user), void* user,
                                                 sl_completion** completion);

/* Completes it, also after a cancel. From any thread, with or without the GIL; never blocks.
 *
 * `convert(user)` gives the result as a new reference, or null with a Python exception set. It is called
 * later, exactly once, with the GIL: by the loop, or by whoever looks at the awaitable before the loop does;
 * where there is no loop (any more), on any thread. It is called also when nobody waits and after a cancel;
 * its result is then dropped. Only the end of the interpreter prevents the call. */
SL_AWAITABLE_FUNCTION void sl_awaitable_complete(sl_completion* completion, PyObject* (*convert)(void* user),
                                                 void* user);

/* An awaitable that is complete: awaiting it gives the result without going through the loop. Takes the
 * reference to `result`; null stands for the Python exception that is set. Needs the GIL. A new reference,
 * or null with a Python exception set. */
SL_AWAITABLE_FUNCTION PyObject* sl_awaitable_done(PyObject* result);

#ifdef STORELINK_RUNTIME

static inline PyObject* sl_awaitable_new(void (*cancel)(void* user), void* user, sl_completion** completion) {
  const sl_python* python = sl_python_load();
  return python != NULL ? python->awaitable_new(cancel, user, completion) : NULL;
}

static inline void sl_awaitable_complete(sl_completion* completion, PyObject* (*convert)(void* user),
                                         void* user) {
  sl_python_loaded->awaitable_complete(completion, convert, user); /* loaded: there is a completion */
}

static inline PyObject* sl_awaitable_done(PyObject* result) {
  const sl_python* python = sl_python_load();
  return python != NULL ? python->awaitable_done(result) : NULL;
}

#endif

#ifdef __cplusplus
}
#endif

#endif
