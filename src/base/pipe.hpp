// Pipe: two connected descriptors that programs started meanwhile do not inherit.
#pragma once

#include "base/descriptor.hpp"

namespace storelink {

struct Pipe {
  Descriptor reading, writing;
};

// Both ends are empty, and errno says why, where the process or the system has no more descriptors. A system
// without pipe2() gives a program that another thread starts at this very moment a copy of both ends.
Pipe make_pipe() noexcept;

}  // namespace storelink
