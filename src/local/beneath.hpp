// Opening files below a directory in such a way that neither ".." nor a symbolic link leaves it.
#pragma once

#include <fcntl.h>

#include <string>

#include "base/descriptor.hpp"

namespace storelink::local {

// Flags for opening what is only looked at, or used as the directory of other calls. Where O_PATH is missing
// the process needs permission to read a file for that, too.
#if defined(O_PATH) && !defined(STORELINK_PORTABLE_ONLY)
inline constexpr int look_only = O_PATH;
inline constexpr int directory_only = O_PATH | O_DIRECTORY;
#elif defined(O_SEARCH)
inline constexpr int look_only = O_RDONLY | O_NONBLOCK;
inline constexpr int directory_only = O_SEARCH | O_DIRECTORY;
#else
inline constexpr int look_only = O_RDONLY | O_NONBLOCK;
inline constexpr int directory_only = O_RDONLY | O_DIRECTORY;
#endif

// Whether the kernel resolves paths in that way itself (openat2 of Linux 5.6). Asked once for each root.
bool kernel_opens_beneath(int root) noexcept;
// Makes that false from then on. For tests.
void avoid_openat2(bool avoid) noexcept;

// Opens the file or directory `relative` below `root`; links that stay below it are followed. Empty on
// failure, with errno set: EXDEV for what would leave the root. `by_kernel`: what kernel_opens_beneath(root)
// said; without it each component is opened on its own, and links are read here.
Descriptor open_beneath(int root, const std::string& relative, int flags, bool by_kernel);

}  // namespace storelink::local
