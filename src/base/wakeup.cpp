#include "base/wakeup.hpp"

#include <unistd.h>

#include <cstdint>

#if defined(__linux__) && !defined(STORELINK_PORTABLE_ONLY)
#include <sys/eventfd.h>

namespace storelink {

Wakeup::Wakeup() noexcept : watched_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

void Wakeup::wake() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(watched_.get(), &one, sizeof one);
}

void Wakeup::clear() noexcept {
  std::uint64_t count = 0;
  (void)!::read(watched_.get(), &count, sizeof count);
}

}  // namespace storelink

#else
#include <fcntl.h>

#include <array>

#include "base/pipe.hpp"

namespace storelink {

Wakeup::Wakeup() noexcept {
  Pipe pipe = make_pipe();
  if (!pipe.reading) return;
  for (const Descriptor* end : {&pipe.reading, &pipe.writing})
    ::fcntl(end->get(), F_SETFL, ::fcntl(end->get(), F_GETFL) | O_NONBLOCK);
  watched_ = std::move(pipe.reading);
  writing_ = std::move(pipe.writing);
}

// A pipe that is full is readable, too.
void Wakeup::wake() noexcept {
  (void)!::write(writing_.get(), "", 1);
}

void Wakeup::clear() noexcept {
  std::array<char, 256> bytes;
  while (::read(watched_.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size())) continue;
}

}  // namespace storelink

#endif
