// Work that outlives the call that began it.
#pragma once

#include "storelink/task.hpp"

namespace storelink {

// Starts the task on the background loop and forgets it; its exceptions are dropped.
void spawn_background(Task<void> task);

}  // namespace storelink
