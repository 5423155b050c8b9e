#include "base/pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>

namespace storelink {

Pipe make_pipe() noexcept {
  std::array<int, 2> ends{-1, -1};
#if defined(__linux__) && !defined(STORELINK_PORTABLE_ONLY)
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return {};
#else
  if (::pipe(ends.data()) != 0) return {};
  for (const int end : ends) ::fcntl(end, F_SETFD, FD_CLOEXEC);
#endif
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

}  // namespace storelink
