#include "local/directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/openat2.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <random>

#include "local/file_names.hpp"

namespace storelink::local {

namespace {

constexpr int mkdir_races = 100;  // how often directories may vanish under a put before it gives up

// Without openat2 no link is followed at all: each component is opened with O_NOFOLLOW.
Descriptor walk(int root, const std::string& relative, int flags) {
  Descriptor directory(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(relative.find('/', begin), relative.size());
    const std::string name = relative.substr(begin, end - begin);
    const bool last = end == relative.size();
    const int fd = ::openat(directory.get(), name.c_str(),
                            (last ? flags : O_PATH | O_DIRECTORY) | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return {};
    if (last) return Descriptor(fd);
    directory = Descriptor(fd);
    begin = end + 1;
  }
}

std::string staged_name() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{}{:016x}{:08x}", staged_marker, random(), ::getpid());
}

Error exists(const Root& root, const std::string& key) {
  return Error(ErrorKind::already_exists, "an object of this path exists already").at(root.name(), key);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

void throw_system_error(int code, std::string_view action, std::string_view store, std::string_view key) {
  ErrorKind kind = ErrorKind::io;
  std::string reason = std::strerror(code);
  switch (code) {
    case ENOENT:
    case ENOTDIR: kind = ErrorKind::not_found; break;
    case EACCES:
    case EPERM: kind = ErrorKind::permission_denied; break;
    case EXDEV:
    case ELOOP:
      kind = ErrorKind::permission_denied;
      reason = "a symbolic link leads out of the store's root";
      break;
    case EEXIST: kind = ErrorKind::already_exists; break;
    case ENAMETOOLONG: kind = ErrorKind::invalid_path; break;
    default: break;
  }
  throw Error(kind, fmt::format("cannot {}: {}", action, reason)).at(store, key);
}

Root::Root(std::string path, bool mkdir, bool automatic_cleanup)
    : path_(path.empty() ? "/" : std::move(path)), automatic_cleanup_(automatic_cleanup) {
  std::error_code error;
  path_ = std::filesystem::absolute(path_, error).lexically_normal().string();
  name_ = "file://" + path_;
  if (mkdir) std::filesystem::create_directories(path_, error);
  root_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_) {
    const int code = errno;
    throw_system_error(code,
                       code == ENOENT ? "open the root (mkdir makes it if it is missing)" : "open the root",
                       name_, {});
  }
  holds_attributes_ =
      ::fgetxattr(root_.get(), "user.storelink.content-type", nullptr, 0) >= 0 || errno != ENOTSUP;
  if (!open(".", O_PATH | O_DIRECTORY) && errno == ENOSYS) has_openat2_ = false;
}

Descriptor Root::open(const std::string& relative, int flags) const {
  if (!has_openat2_) return walk(root_.get(), relative, flags);
  open_how how{};
  how.flags = static_cast<std::uint64_t>(flags | O_CLOEXEC);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  for (;;) {
    const long fd = ::syscall(SYS_openat2, root_.get(), relative.c_str(), &how, sizeof(how));
    if (fd >= 0) return Descriptor(static_cast<int>(fd));
    if (errno != EAGAIN && errno != EINTR)
      return {};  // EAGAIN: a rename elsewhere raced with ".." resolution
  }
}

Descriptor Root::open_object(const std::string& key, struct stat& status) const {
  // O_NONBLOCK: opening a FIFO that lies there must not wait for a writer.
  Descriptor file = open(file_path(key), O_RDONLY | O_NONBLOCK);
  if (!file && errno == ENOENT) {
    if (const std::string raw = raw_path(key); !raw.empty()) file = open(raw, O_RDONLY | O_NONBLOCK);
  }
  if (!file) throw_system_error(errno, "read the object", name_, key);
  if (::fstat(file.get(), &status) != 0) throw_system_error(errno, "read the object", name_, key);
  if (!S_ISREG(status.st_mode)) throw Error(ErrorKind::not_found, "no object has this path").at(name_, key);
  return file;
}

Descriptor Root::parent_of(const std::string& relative, bool make, std::string_view key,
                           std::string& name) const {
  const std::size_t slash = relative.rfind('/');
  name = slash == std::string::npos ? relative : relative.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "." : relative.substr(0, slash);
  for (int round = 0;; ++round) {
    if (Descriptor directory = open(parent, O_PATH | O_DIRECTORY)) return directory;
    if (errno != ENOENT || !make || round == mkdir_races)
      throw_system_error(errno, "open the directory", name_, key);
    for (std::size_t end = 0; end != std::string::npos;) {
      end = parent.find('/', end == 0 ? 0 : end + 1);
      const std::string step = parent.substr(0, end);
      const std::size_t cut = step.rfind('/');
      const Descriptor above =
          open(cut == std::string::npos ? "." : step.substr(0, cut), O_PATH | O_DIRECTORY);
      if (!above) {
        if (errno == ENOENT) break;  // removed meanwhile by another's clean-up: once more from the top
        throw_system_error(errno, "make the directory", name_, key);
      }
      const std::string last = cut == std::string::npos ? step : step.substr(cut + 1);
      if (::mkdirat(above.get(), last.c_str(), 0777) != 0 && errno != EEXIST && errno != ENOENT)
        throw_system_error(errno, "make the directory", name_, key);
    }
  }
}

Descriptor Root::lock(bool exclusive) const {
  // An open file description of its own, so that threads exclude each other too.
  Descriptor held(::openat(root_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  while (held && ::flock(held.get(), exclusive ? LOCK_EX : LOCK_SH) != 0 && errno == EINTR) {
  }
  return held;
}

void Root::clean_up(const std::string& relative) const {
  if (!automatic_cleanup_) return;
  for (std::size_t slash = relative.rfind('/'); slash != std::string::npos;
       slash = relative.rfind('/', slash - 1)) {
    const std::string directory = relative.substr(0, slash);
    const std::size_t cut = directory.rfind('/');
    const Descriptor above =
        open(cut == std::string::npos ? "." : directory.substr(0, cut), O_PATH | O_DIRECTORY);
    const std::string last = cut == std::string::npos ? directory : directory.substr(cut + 1);
    if (!above || ::unlinkat(above.get(), last.c_str(), AT_REMOVEDIR) != 0) return;  // not empty, as a rule
    if (slash == 0) return;
  }
}

void Root::remove(const std::string& key) const {
  std::string relative = file_path(key);
  std::string name;
  Descriptor directory = parent_of(relative, false, key, name);
  int result = ::unlinkat(directory.get(), name.c_str(), 0);
  if (result != 0 && errno == ENOENT) {
    if (const std::string raw = raw_path(key); !raw.empty()) {
      relative = raw;
      directory = parent_of(relative, false, key, name);
      result = ::unlinkat(directory.get(), name.c_str(), 0);
    }
  }
  // Linux says EISDIR for a directory, which is no object.
  if (result != 0) throw_system_error(errno == EISDIR ? ENOENT : errno, "delete the object", name_, key);
  clean_up(relative);
}

void Root::rename(const std::string& from, const std::string& to, bool overwrite) const {
  struct stat status{};
  (void)open_object(from, status);
  const std::string source = file_path(from);
  const std::string target = file_path(to);
  std::string source_name;
  std::string target_name;
  const Descriptor source_directory = parent_of(source, false, from, source_name);
  const Descriptor target_directory = parent_of(target, true, to, target_name);
  const Descriptor held = lock(false);
  const unsigned flags = overwrite ? 0 : RENAME_NOREPLACE;
  if (::renameat2(source_directory.get(), source_name.c_str(), target_directory.get(), target_name.c_str(),
                  flags) != 0) {
    if (errno == EEXIST) throw exists(*this, to);
    throw_system_error(errno, "rename the object", name_, to);
  }
  clean_up(source);
}

StagedFile::StagedFile(std::shared_ptr<const Root> root, std::string key)
    : root_(std::move(root)), key_(std::move(key)), relative_(file_path(key_)) {
  for (int round = 0;; ++round) {
    directory_ = root_->parent_of(relative_, true, key_, name_);
    staged_name_ = staged_name();
    file_ = Descriptor(::openat(directory_.get(), staged_name_.c_str(),
                                O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666));
    if (file_) return;
    // The directory was removed after it had been opened: a clean-up by another writer.
    if (errno != ENOENT || round == mkdir_races)
      throw_system_error(errno, "write the object", root_->name(), key_);
  }
}

StagedFile::~StagedFile() {
  if (committed_ || !file_) return;
  ::unlinkat(directory_.get(), staged_name_.c_str(), 0);
  root_->clean_up(relative_);
}

void StagedFile::write(std::string_view data, Context& context) {
  constexpr std::size_t step = 8u << 20;
  while (!data.empty()) {
    context.check();
    const ssize_t written = ::write(file_.get(), data.data(), std::min(step, data.size()));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_system_error(errno, "write the object", root_->name(), key_);
    }
    data.remove_prefix(static_cast<std::size_t>(written));
    size_ += static_cast<std::size_t>(written);
  }
}

void StagedFile::append(int fd, std::uint64_t size, Context& context) {
  constexpr std::size_t step = 64u << 20;
  loff_t from = 0;
  while (static_cast<std::uint64_t>(from) < size) {
    context.check();
    const std::uint64_t left = size - static_cast<std::uint64_t>(from);
    const ssize_t copied =
        ::copy_file_range(fd, &from, file_.get(), nullptr, std::min<std::uint64_t>(step, left), 0);
    if (copied > 0) {
      size_ += static_cast<std::uint64_t>(copied);
      continue;
    }
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
      throw_system_error(errno, "write the object", root_->name(), key_);
    // Between file systems that cannot do it themselves.
    Buffer buffer(1u << 20);
    const ssize_t got = ::pread(fd, buffer.data(), std::min<std::uint64_t>(buffer.capacity(), left), from);
    if (got < 0) throw_system_error(errno, "read the object", root_->name(), key_);
    if (got == 0) return;  // the source became shorter
    write({buffer.data(), static_cast<std::size_t>(got)}, context);
    from += got;
  }
}

PutResult StagedFile::commit(const PutMode& mode) {
  // The clock of new files ticks only every few milliseconds; etags need a finer one.
  timespec times[2] = {{0, UTIME_OMIT}, {}};
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  struct stat status{};
  if (::futimens(file_.get(), times) != 0 || ::fstat(file_.get(), &status) != 0)
    throw_system_error(errno, "write the object", root_->name(), key_);
  const char* staged = staged_name_.c_str();
  const Descriptor held = root_->lock(mode.kind == PutMode::Kind::update);
  if (mode.kind == PutMode::Kind::update) {
    if (!mode.e_tag)
      throw Error(ErrorKind::generic, "an update needs the etag of the object that it replaces")
          .at(root_->name(), key_);
    struct stat old{};
    if (::fstatat(directory_.get(), name_.c_str(), &old, 0) != 0 || etag_of(old) != *mode.e_tag)
      throw Error(ErrorKind::precondition, fmt::format("the object's etag is not {}", *mode.e_tag))
          .at(root_->name(), key_);
  }
  const unsigned flags = mode.kind == PutMode::Kind::create ? RENAME_NOREPLACE : 0;
  int result = ::renameat2(directory_.get(), staged, directory_.get(), name_.c_str(), flags);
  if (result != 0 && flags != 0 && errno == EINVAL) {
    // A file system without RENAME_NOREPLACE: a hard link refuses an existing name as well.
    result = ::linkat(directory_.get(), staged, directory_.get(), name_.c_str(), 0);
    if (result == 0) ::unlinkat(directory_.get(), staged, 0);
  }
  if (result != 0) {
    if (errno == EEXIST) throw exists(*root_, key_);
    if (errno == EISDIR || errno == ENOTEMPTY)
      throw Error(ErrorKind::generic,
                  "there is a directory of this name; a LocalStore cannot hold both \"a\" and \"a/b\"")
          .at(root_->name(), key_);
    throw_system_error(errno, "write the object", root_->name(), key_);
  }
  committed_ = true;
  PutResult put;
  put.e_tag = etag_of(status);
  return put;
}

std::string etag_of(const struct stat& status) {
  const auto nanoseconds = static_cast<std::uint64_t>(status.st_mtim.tv_sec) * 1'000'000'000u +
                           static_cast<std::uint64_t>(status.st_mtim.tv_nsec);
  return fmt::format("{:x}-{:x}-{:x}", status.st_ino, nanoseconds, status.st_size);
}

ObjectMeta meta_of(std::string key, const struct stat& status) {
  ObjectMeta meta;
  meta.path = std::move(key);
  meta.size = static_cast<std::uint64_t>(status.st_size);
  meta.last_modified = Timestamp(std::chrono::seconds(status.st_mtim.tv_sec) +
                                 std::chrono::nanoseconds(status.st_mtim.tv_nsec));
  meta.e_tag = etag_of(status);
  return meta;
}

}  // namespace storelink::local
