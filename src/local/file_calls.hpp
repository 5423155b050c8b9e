// System calls on files that are not the same everywhere.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstdint>
#include <string>

namespace storelink::local {

// Gives a file another name, in one step, on one file system. Without `overwrite` an existing name is EEXIST.
// False with errno set on failure.
bool move_name(int from, const std::string& old_name, int to, const std::string& new_name, bool overwrite);

// Removes a file. False with errno set on failure: EISDIR for a directory.
bool remove_file(int directory, const std::string& name);

// Copies at most `size` bytes between two files without bringing them into this process, as copy_file_range()
// does. -1 with ENOTSUP where that cannot be.
ssize_t copy_range(int from, std::uint64_t start, int to, std::uint64_t offset, std::uint64_t size);

inline timespec modified_time(const struct stat& status) {
#ifdef __APPLE__
  return status.st_mtimespec;
#else
  return status.st_mtim;
#endif
}

}  // namespace storelink::local
