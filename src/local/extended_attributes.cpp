#include "local/extended_attributes.hpp"

#include <cerrno>

#if __has_include(<sys/xattr.h>) && !defined(STORELINK_PORTABLE_ONLY)
#include <sys/xattr.h>
#define STORELINK_HAS_XATTR 1
#endif

namespace storelink::local {

bool has_extended_attributes(int fd) noexcept {
  return get_extended_attribute(fd, "user.storelink.content-type", nullptr, 0) >= 0 || errno != ENOTSUP;
}

#if defined(STORELINK_HAS_XATTR) && defined(__APPLE__)

ssize_t get_extended_attribute(int fd, const char* name, void* value, std::size_t size) noexcept {
  return ::fgetxattr(fd, name, value, size, 0, 0);
}

ssize_t list_extended_attributes(int fd, char* names, std::size_t size) noexcept {
  return ::flistxattr(fd, names, size, 0);
}

bool set_extended_attribute(int fd, const char* name, const void* value, std::size_t size) noexcept {
  return ::fsetxattr(fd, name, value, size, 0, 0) == 0;
}

#elif defined(STORELINK_HAS_XATTR)

ssize_t get_extended_attribute(int fd, const char* name, void* value, std::size_t size) noexcept {
  return ::fgetxattr(fd, name, value, size);
}

ssize_t list_extended_attributes(int fd, char* names, std::size_t size) noexcept {
  return ::flistxattr(fd, names, size);
}

bool set_extended_attribute(int fd, const char* name, const void* value, std::size_t size) noexcept {
  return ::fsetxattr(fd, name, value, size, 0) == 0;
}

#else

ssize_t get_extended_attribute(int, const char*, void*, std::size_t) noexcept {
  errno = ENOTSUP;
  return -1;
}

ssize_t list_extended_attributes(int, char*, std::size_t) noexcept {
  errno = ENOTSUP;
  return -1;
}

bool set_extended_attribute(int, const char*, const void*, std::size_t) noexcept {
  errno = ENOTSUP;
  return false;
}

#endif

}  // namespace storelink::local
