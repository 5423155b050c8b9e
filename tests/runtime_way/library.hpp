// What the module library.cpp exports: the library, as another binary of the same process has it.
#pragma once

#include <cstddef>

#include "storelink/abi.h"

extern "C" {
__attribute__((visibility("default"))) const sl_runtime* library_runtime();
// Uses an empty store with blocking and with asynchronous verbs. Writes at most `size` bytes of what went
// wrong, or an empty text, with a zero at its end.
__attribute__((visibility("default"))) void library_use(const sl_store* store, char* text, std::size_t size);
}
