// Ctrl-C during blocking calls.
#pragma once

namespace storelink::python {

// Makes blocking verbs on Python's main thread end soon after Ctrl-C with Error(cancelled), while the
// exception that the signal's handler raised (KeyboardInterrupt) is set. Idempotent. Needs the GIL.
void install_interrupt_hook();

// True on Python's main thread once a signal's handler has raised an exception, which is then set. Takes the
// GIL itself.
bool interrupted();

}  // namespace storelink::python
