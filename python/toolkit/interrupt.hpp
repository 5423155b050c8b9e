// Ctrl-C during blocking calls.
#pragma once

namespace storelink::python {

// Makes blocking verbs on Python's main thread end soon after Ctrl-C with Error(cancelled), while the
// exception that the signal's handler raised (KeyboardInterrupt) is set. Idempotent. Needs the GIL.
void install_interrupt_hook();

}  // namespace storelink::python
