#include "local/file_calls.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace storelink::local {

namespace {

// Fails with EINVAL or ENOTSUP where the system or the file system cannot do it.
int rename_without_replacing(int from, const char* old_name, int to, const char* new_name) {
#if defined(RENAME_NOREPLACE) && !defined(STORELINK_PORTABLE_ONLY)
  return ::renameat2(from, old_name, to, new_name, RENAME_NOREPLACE);
#elif defined(RENAME_EXCL) && !defined(STORELINK_PORTABLE_ONLY)
  return ::renameatx_np(from, old_name, to, new_name, RENAME_EXCL);
#else
  static_cast<void>(from), static_cast<void>(old_name), static_cast<void>(to), static_cast<void>(new_name);
  errno = ENOTSUP;
  return -1;
#endif
}

}  // namespace

bool move_name(int from, const std::string& old_name, int to, const std::string& new_name, bool overwrite) {
  if (overwrite) return ::renameat(from, old_name.c_str(), to, new_name.c_str()) == 0;
  if (rename_without_replacing(from, old_name.c_str(), to, new_name.c_str()) == 0) return true;
  if (errno != EINVAL && errno != ENOTSUP && errno != ENOSYS) return false;
  // A hard link refuses an existing name as well.
  if (::linkat(from, old_name.c_str(), to, new_name.c_str(), 0) != 0) return false;
  ::unlinkat(from, old_name.c_str(), 0);
  return true;
}

bool remove_file(int directory, const std::string& name) {
  if (::unlinkat(directory, name.c_str(), 0) == 0) return true;
  if (errno != EPERM) return false;
  // What POSIX wants said of a directory; Linux says EISDIR.
  struct stat status{};
  const bool is_directory =
      ::fstatat(directory, name.c_str(), &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(status.st_mode);
  errno = is_directory ? EISDIR : EPERM;
  return false;
}

#if defined(__linux__) && !defined(STORELINK_PORTABLE_ONLY)
ssize_t copy_range(int from, std::uint64_t start, int to, std::uint64_t offset, std::uint64_t size) {
  auto read_at = static_cast<loff_t>(start);
  auto write_at = static_cast<loff_t>(offset);
  const ssize_t copied = ::copy_file_range(from, &read_at, to, &write_at, size, 0);
  // Between file systems that cannot do it themselves.
  if (copied < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
    errno = ENOTSUP;
  return copied;
}
#else
ssize_t copy_range(int, std::uint64_t, int, std::uint64_t, std::uint64_t) {
  errno = ENOTSUP;
  return -1;
}
#endif

}  // namespace storelink::local
