#include "local/beneath.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace storelink::local {

namespace {

constexpr int most_links = 40;  // as Linux has it

std::atomic<bool> without_openat2{false};

// The target of a link; nothing for what is none.
std::optional<std::string> read_link(int directory, const std::string& name) {
  std::array<char, PATH_MAX> target;
  const ssize_t size = ::readlinkat(directory, name.c_str(), target.data(), target.size());
  if (size < 0) return {};
  return std::string(target.data(), static_cast<std::size_t>(size));
}

Descriptor fail(int code) {
  errno = code;
  return {};
}

// Opens one component, never through a link: for a link that descriptor is empty and `target` is set.
Descriptor open_component(int directory, const std::string& name, int flags,
                          std::optional<std::string>& target) {
  Descriptor opened(::openat(directory, name.c_str(), flags | O_NOFOLLOW | O_CLOEXEC));
  const int code = errno;
  if ((flags & O_NOFOLLOW) != 0) return opened;  // the link itself is meant
  struct stat status{};
  if (opened && (::fstat(opened.get(), &status) != 0 || !S_ISLNK(status.st_mode))) return opened;
  target = read_link(directory, name);
  return target ? Descriptor() : opened ? fail(ELOOP) : fail(code);
}

Descriptor walk(int root, std::string rest, int flags) {
  std::vector<Descriptor> path;  // the directories from the root to where the walk is
  path.emplace_back(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  for (int links = 0;;) {
    const std::size_t begin = rest.find_first_not_of('/');
    if (begin == std::string::npos) return Descriptor(::openat(path.back().get(), ".", flags | O_CLOEXEC));
    const std::size_t end = std::min(rest.find('/', begin), rest.size());
    const std::string name = rest.substr(begin, end - begin);
    rest.erase(0, end);
    if (name == ".") continue;
    if (name == "..") {
      path.pop_back();
      if (path.empty()) return fail(EXDEV);
      continue;
    }
    const bool last = rest.empty();
    std::optional<std::string> target;
    Descriptor opened = open_component(path.back().get(), name, last ? flags : directory_only, target);
    if (target) {
      if (++links > most_links) return fail(ELOOP);
      if (target->starts_with('/')) return fail(EXDEV);
      rest.insert(0, *target);
      continue;
    }
    if (last || !opened) return opened;
    path.push_back(std::move(opened));
  }
}

#if defined(__linux__) && !defined(STORELINK_PORTABLE_ONLY)
Descriptor open_by_kernel(int root, const std::string& relative, int flags) {
  constexpr long openat2_number = 437;  // the headers of Linux before 5.6 have neither this nor the struct
  struct {
    std::uint64_t flags, mode, resolve;
  } how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  constexpr std::uint64_t no_magic_links = 0x02;
  constexpr std::uint64_t beneath = 0x08;
  how.resolve = beneath | no_magic_links;
  for (;;) {
    const long fd = ::syscall(openat2_number, root, relative.c_str(), &how, sizeof(how));
    if (fd >= 0) return Descriptor(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR)
      return {};  // EAGAIN: a rename elsewhere raced with ".." resolution
  }
}
#else
Descriptor open_by_kernel(int, const std::string&, int) {
  return fail(ENOSYS);
}
#endif

}  // namespace

void avoid_openat2(bool avoid) noexcept {
  without_openat2 = avoid;
}

bool kernel_opens_beneath(int root) noexcept {
  if (without_openat2) return false;
  // EPERM: old sandboxes refuse the system calls that they do not know.
  return open_by_kernel(root, ".", directory_only) || (errno != ENOSYS && errno != EPERM);
}

Descriptor open_beneath(int root, const std::string& relative, int flags, bool by_kernel) {
  return by_kernel ? open_by_kernel(root, relative, flags) : walk(root, relative, flags);
}

}  // namespace storelink::local
