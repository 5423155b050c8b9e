// Work that outlives the call that began it.
#pragma once

#include "storelink/task.hpp"

namespace storelink {

// Starts the task on the background loop and forgets it; its exceptions are dropped. The process's exit waits
// for it for a while, see UnfinishedWork.
void spawn_background(Task<void> task);

}  // namespace storelink
