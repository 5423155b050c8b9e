// Exceptions that Python code raised, as Errors.
#pragma once

#include "support.hpp"

namespace storelink::python {

// The kind follows from the names of the exception's classes, the most derived first: those of obspec and
// obstore (NotFoundError, PreconditionError …) and builtins (FileNotFoundError, TimeoutError …); what has no
// such class is generic. The message quotes type and text; the exception is the cause. Needs the GIL.
Error error_from_python(PyObject* exception);

// An exception as the cause of an Error. Needs the GIL.
std::exception_ptr python_cause(PyObject* exception);

// Throws Error(cancelled) if this is KeyboardInterrupt or SystemExit, which is then set again: it ends the
// whole call, and set_python_exception() leaves it alone. `what` says what was interrupted.
void rethrow_interrupt(TakenError& taken, const char* what);

// Throws the Python exception that is set: as rethrow_interrupt() does, std::bad_alloc for MemoryError, or
// else error_from_python(). Needs the GIL.
[[noreturn]] void throw_python_error();

}  // namespace storelink::python
