// Extended attributes of open files, as fgetxattr() and its like of Linux have them; on systems without such
// calls each fails with ENOTSUP, as for a file system that holds none.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace storelink::local {

// Where the file system of an open file holds attributes.
bool has_extended_attributes(int fd) noexcept;

// Lengths, or -1 with errno set: ERANGE where `size` is too small.
ssize_t get_extended_attribute(int fd, const char* name, void* value, std::size_t size) noexcept;
// The names, each with a null character behind it.
ssize_t list_extended_attributes(int fd, char* names, std::size_t size) noexcept;
// False with errno set on failure.
bool set_extended_attribute(int fd, const char* name, const void* value, std::size_t size) noexcept;

}  // namespace storelink::local
