#include "local/directory.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <random>

#include "local/extended_attributes.hpp"
#include "local/file_calls.hpp"
#include "local/file_names.hpp"

namespace storelink::local {

namespace {

constexpr int mkdir_races = 100;  // how often directories may vanish under a put before it gives up

std::string staged_name() {
  static thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{}{:016x}{:08x}", staged_marker, random(), ::getpid());
}

Error exists(const Root& root, const std::string& key) {
  return Error(ErrorKind::already_exists, "an object of this path exists already").at(root.name(), key);
}

Error both(const Root& root, std::string_view key) {
  return Error(ErrorKind::generic,
               "a file system cannot hold both an object and other objects below it (\"a\" and \"a/b\"): "
               "delete or "
               "rename one of them, or choose another path")
      .at(root.name(), key);
}

// What the user may do about it, in brackets; empty where the system's own words are enough.
std::string_view advice(int code) {
  switch (code) {
    case ENOSPC:
    case EDQUOT: return " (free some space, or choose another directory)";
    case EFBIG:
      return " (the file system, or the limit that ulimit -f shows, allows no file of this size: choose "
             "another "
             "directory, or raise the limit)";
    case EACCES:
    case EPERM: return " (this process's user needs permission for the file and the directories above it)";
    case EMFILE:
    case ENFILE: return " (close some, or raise the limit that ulimit -n shows)";
    default: return {};
  }
}

[[noreturn]] void throw_move_error(const Root& root, const std::string& key, std::string_view action) {
  if (errno == EEXIST) throw exists(root, key);
  if (errno == EISDIR || errno == ENOTEMPTY) throw both(root, key);
  throw_system_error(errno, action, root.name(), key);
}

}  // namespace

void throw_system_error(int code, std::string_view action, std::string_view store, std::string_view key) {
  ErrorKind kind = ErrorKind::io;
  std::string reason = std::strerror(code);
  switch (code) {
    case ENOENT:
    case ENXIO:  // a socket
    case ENOTDIR: kind = ErrorKind::not_found; break;
    case EACCES:
    case EPERM: kind = ErrorKind::permission_denied; break;
    case EXDEV:
    case ELOOP:
      kind = ErrorKind::permission_denied;
      reason = "a symbolic link leads out of the store's root, or in a circle";
      break;
    case EEXIST: kind = ErrorKind::already_exists; break;
    case ENAMETOOLONG: kind = ErrorKind::invalid_path; break;
    default: break;
  }
  throw Error(kind, fmt::format("cannot {}: {}{}", action, reason, advice(code))).at(store, key);
}

Root::Root(std::string path, bool mkdir, bool automatic_cleanup)
    : path_(path.empty() ? "/" : std::move(path)), automatic_cleanup_(automatic_cleanup) {
  std::error_code error;
  path_ = std::filesystem::absolute(path_, error).lexically_normal().string();
  name_ = "file://" + path_;
  if (mkdir) {
    std::filesystem::create_directories(path_, error);
    if (error) throw_system_error(error.value(), "make the root", name_, {});
  }
  root_ = Descriptor(::open(path_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!root_) {
    const int code = errno;
    throw_system_error(code,
                       code == ENOENT ? "open the root (mkdir makes it if it is missing)" : "open the root",
                       name_, {});
  }
  holds_attributes_ = has_extended_attributes(root_.get());
  by_kernel_ = kernel_opens_beneath(root_.get());
}

Descriptor Root::open(const std::string& relative, int flags) const {
  return open_beneath(root_.get(), relative, flags, by_kernel_);
}

std::string Root::present_path(const std::string& key, int flags) const {
  std::string relative = file_path(key);
  std::string raw = raw_path(key);
  if (raw.empty() || open(relative, flags) || !open(raw, flags)) return relative;
  return raw;
}

OpenedObject Root::open_object(const std::string& key, int flags) const {
  OpenedObject object;
  object.relative = present_path(key);
  // O_NONBLOCK: opening a FIFO that lies there must not wait for a writer.
  if (flags != look_only) flags |= O_NONBLOCK;
  object.file = open(object.relative, flags);
  if (!object.file || ::fstat(object.file.get(), &object.status) != 0)
    throw_system_error(errno, "read the object", name_, key);
  if (!S_ISREG(object.status.st_mode))
    throw Error(ErrorKind::not_found, "no object has this path").at(name_, key);
  return object;
}

Descriptor Root::parent_of(const std::string& relative, bool make, std::string_view key,
                           std::string& name) const {
  const std::size_t slash = relative.rfind('/');
  name = slash == std::string::npos ? relative : relative.substr(slash + 1);
  const std::string parent = slash == std::string::npos ? "." : relative.substr(0, slash);
  for (int round = 0;; ++round) {
    if (Descriptor directory = open(parent, directory_only)) return directory;
    if (errno == ENOTDIR && make) throw both(*this, key);
    if (errno != ENOENT || !make || round == mkdir_races)
      throw_system_error(errno, "open the directory", name_, key);
    for (std::size_t end = 0; end != std::string::npos;) {
      end = parent.find('/', end == 0 ? 0 : end + 1);
      const std::string step = parent.substr(0, end);
      const std::size_t cut = step.rfind('/');
      const Descriptor above = open(cut == std::string::npos ? "." : step.substr(0, cut), directory_only);
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

DirectoryLock::DirectoryLock(int directory, bool exclusive, std::string_view store, std::string_view key)
    // An open file description of its own, so that threads exclude each other too.
    : held_(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) {
  int result = held_ ? 0 : -1;
  if (held_) {
    do result = ::flock(held_.get(), exclusive ? LOCK_EX : LOCK_SH);
    while (result != 0 && errno == EINTR);
  }
  if (result != 0 && exclusive)
    throw Error(
        ErrorKind::not_supported,
        fmt::format("cannot lock the directory for an update: {}; put with overwrite or create instead",
                    std::strerror(errno)))
        .at(store, key);
}

DirectoryLock::~DirectoryLock() {
  // Not left to close(): a process forked meanwhile holds the same open file description.
  if (held_) ::flock(held_.get(), LOCK_UN);
}

void Root::clean_up(const std::string& relative) const {
  if (!automatic_cleanup_) return;
  for (std::size_t slash = relative.rfind('/'); slash != std::string::npos;
       slash = relative.rfind('/', slash - 1)) {
    const std::string directory = relative.substr(0, slash);
    const std::size_t cut = directory.rfind('/');
    const Descriptor above = open(cut == std::string::npos ? "." : directory.substr(0, cut), directory_only);
    const std::string last = cut == std::string::npos ? directory : directory.substr(cut + 1);
    if (!above || ::unlinkat(above.get(), last.c_str(), AT_REMOVEDIR) != 0) return;  // not empty, as a rule
    if (slash == 0) return;
  }
}

void Root::remove(const std::string& key) const {
  const std::string relative = present_path(key);
  int code = 0;
  {
    std::string name;
    const Descriptor directory = parent_of(relative, false, key, name);
    const DirectoryLock held(directory.get(), false, name_, key);
    if (!remove_file(directory.get(), name)) code = errno;
  }
  // A directory is no object.
  if (code != 0) throw_system_error(code == EISDIR ? ENOENT : code, "delete the object", name_, key);
  clean_up(relative);
}

bool Root::rename(const std::string& from, const std::string& to, bool overwrite) const {
  const std::string target = present_path(to);
  for (int round = 0;; ++round) {
    const OpenedObject source = open_object(from, look_only);
    std::string source_name;
    std::string target_name;
    const Descriptor source_directory = parent_of(source.relative, false, from, source_name);
    const Descriptor target_directory = parent_of(target, true, to, target_name);
    struct stat named{};
    if (::fstatat(source_directory.get(), source_name.c_str(), &named, AT_SYMLINK_NOFOLLOW) == 0 &&
        S_ISLNK(named.st_mode))
      return false;
    const DirectoryLock source_held(source_directory.get(), false, name_, from);
    const DirectoryLock target_held(target_directory.get(), false, name_, to);
    if (move_name(source_directory.get(), source_name, target_directory.get(), target_name, overwrite)) {
      clean_up(source.relative);
      return true;
    }
    if (errno == EXDEV) return false;
    // The source has gone, which the next round finds, or the target's directory: a clean-up by another
    // writer.
    if (errno != ENOENT || round == mkdir_races) throw_move_error(*this, to, "rename the object");
  }
}

StagedFile::StagedFile(std::shared_ptr<const Root> root, std::string key)
    : root_(std::move(root)), key_(std::move(key)), relative_(root_->present_path(key_)), owner_(::getpid()) {
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
  if (committed_ || staged_name_.empty() || owner_ != ::getpid()) return;
  ::unlinkat(directory_.get(), staged_name_.c_str(), 0);
  root_->clean_up(relative_);
}

void StagedFile::write(std::uint64_t offset, std::string_view data, Context& context) {
  constexpr std::size_t step = 8u << 20;
  while (!data.empty()) {
    context.check();
    const ssize_t written =
        ::pwrite(file_.get(), data.data(), std::min(step, data.size()), static_cast<off_t>(offset));
    if (written < 0) {
      if (errno == EINTR) continue;
      throw_system_error(errno, "write the object", root_->name(), key_);
    }
    data.remove_prefix(static_cast<std::size_t>(written));
    offset += static_cast<std::uint64_t>(written);
  }
}

void StagedFile::write_from(std::uint64_t offset, int fd, std::uint64_t start, std::uint64_t size,
                            Context& context) {
  constexpr std::uint64_t step = 64u << 20;
  Buffer buffer;
  while (size > 0) {
    context.check();
    ssize_t copied = copy_range(fd, start, file_.get(), offset, std::min(step, size));
    if (copied < 0 && errno == EINTR) continue;
    if (copied < 0 && errno != ENOTSUP) throw_system_error(errno, "write the object", root_->name(), key_);
    if (copied <= 0) {
      if (buffer.capacity() == 0) buffer = Buffer(1u << 20);
      copied = ::pread(fd, buffer.data(), std::min<std::uint64_t>(buffer.capacity(), size),
                       static_cast<off_t>(start));
      if (copied < 0 && errno == EINTR) continue;
      if (copied < 0) throw_system_error(errno, "read the object", root_->name(), key_);
      if (copied == 0)
        throw Error(ErrorKind::io, "the file became shorter while it was being copied")
            .at(root_->name(), key_);
      write(offset, {buffer.data(), static_cast<std::size_t>(copied)}, context);
    }
    start += static_cast<std::uint64_t>(copied);
    offset += static_cast<std::uint64_t>(copied);
    size -= static_cast<std::uint64_t>(copied);
  }
}

void StagedFile::set_size(std::uint64_t size) {
  if (::ftruncate(file_.get(), static_cast<off_t>(size)) != 0)
    throw_system_error(errno, "write the object", root_->name(), key_);
}

PutResult StagedFile::commit(const PutMode& mode) {
  // The clock of new files ticks only every few milliseconds, and the inode of a replaced object may come
  // back at once: etags need a finer one.
  timespec times[2] = {{0, UTIME_OMIT}, {}};
  ::clock_gettime(CLOCK_REALTIME, &times[1]);
  struct stat status{};
  if (::futimens(file_.get(), times) != 0 || ::fstat(file_.get(), &status) != 0)
    throw_system_error(errno, "write the object", root_->name(), key_);
  // Network file systems tell of a full disk only here.
  if (::close(file_.release()) != 0 && errno != EINTR)
    throw_system_error(errno, "write the object", root_->name(), key_);
  const bool update = mode.kind == PutMode::Kind::update;
  const DirectoryLock held(directory_.get(), update, root_->name(), key_);
  if (update) {
    if (!mode.e_tag)
      throw Error(ErrorKind::generic, "an update needs the etag of the object that it replaces")
          .at(root_->name(), key_);
    const Descriptor object = root_->open(relative_, look_only);
    struct stat old{};
    if (!object || ::fstat(object.get(), &old) != 0 || !S_ISREG(old.st_mode))
      throw Error(ErrorKind::precondition, "there is no object to update").at(root_->name(), key_);
    if (etag_of(old) != *mode.e_tag)
      throw Error(ErrorKind::precondition,
                  fmt::format("the object's etag is {}, not {}", etag_of(old), *mode.e_tag))
          .at(root_->name(), key_);
  }
  const bool overwrite = mode.kind != PutMode::Kind::create;
  if (!move_name(directory_.get(), staged_name_, directory_.get(), name_, overwrite))
    throw_move_error(*root_, key_, "write the object");
  committed_ = true;
  PutResult put;
  put.e_tag = etag_of(status);
  return put;
}

std::string etag_of(const struct stat& status) {
  const timespec modified = modified_time(status);
  const auto nanoseconds = static_cast<std::uint64_t>(modified.tv_sec) * 1'000'000'000u +
                           static_cast<std::uint64_t>(modified.tv_nsec);
  return fmt::format("{:x}-{:x}-{:x}", status.st_ino, nanoseconds, status.st_size);
}

ObjectMeta meta_of(std::string key, const struct stat& status) {
  const timespec modified = modified_time(status);
  ObjectMeta meta;
  meta.path = std::move(key);
  meta.size = static_cast<std::uint64_t>(status.st_size);
  meta.last_modified =
      Timestamp(std::chrono::seconds(modified.tv_sec) + std::chrono::nanoseconds(modified.tv_nsec));
  meta.e_tag = etag_of(status);
  return meta;
}

}  // namespace storelink::local
