// Root: file operations that cannot leave one directory tree, and files that appear whole or not at all.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "base/descriptor.hpp"
#include "local/beneath.hpp"
#include "storelink/object_store.hpp"

namespace storelink::local {

// A key's file, opened.
struct OpenedObject {
  OpenedObject() {}
  Descriptor file;
  struct stat status{};
  std::string relative;  // its path below the root
};

// Held while names in a directory change: shared by plain writes, copies, renames and deletes, exclusive for
// a compare-and-swap. It is an advisory lock (flock) on the directory itself, so it works between threads,
// between stores with different roots and between processes of one machine; over NFS as far as the server
// locks directories. Programs that write the files without a LocalStore are not held back.
class DirectoryLock {
 public:
  // not_supported when an exclusive lock cannot be had. Where the directory may not be read, or its file
  // system has no locks, a shared one is nothing: no exclusive one can be had there either.
  DirectoryLock(int directory, bool exclusive, std::string_view store, std::string_view key);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  Descriptor held_;
};

// The error for a failed system call: ENOENT is not_found, EACCES permission_denied, a link out of the root
// permission_denied, and so on.
[[noreturn]] void throw_system_error(int code, std::string_view action, std::string_view store,
                                     std::string_view key);

class Root {
 public:
  // Makes the directory if `mkdir`; throws not_found if there is none.
  Root(std::string path, bool mkdir, bool automatic_cleanup);

  const std::string& path() const noexcept { return path_; }
  const std::string& name() const noexcept { return name_; }  // for errors: file:///root
  bool holds_attributes() const noexcept { return holds_attributes_; }

  // Opens a file or directory below the root, following links that stay below it. Returns an empty descriptor
  // and sets errno on failure.
  Descriptor open(const std::string& relative, int flags) const;

  // The path of what a key has or will have: file_path(), unless only raw_path() can be opened with `flags`.
  std::string present_path(const std::string& key, int flags = look_only | O_NOFOLLOW) const;

  // Opens the file of a key, with O_RDONLY or look_only. not_found for what is no regular file.
  OpenedObject open_object(const std::string& key, int flags) const;

  void remove(const std::string& key) const;
  // False, and nothing done, where only a copy can move the object: to another file system, or when it is
  // reached through a link, whose target may be relative.
  bool rename(const std::string& from, const std::string& to, bool overwrite) const;

 private:
  friend class StagedFile;
  // The directory that holds `relative`, made if missing, and the last name.
  Descriptor parent_of(const std::string& relative, bool make, std::string_view key, std::string& name) const;
  void clean_up(const std::string& relative) const;
  std::string path_;
  std::string name_;
  Descriptor root_;
  bool automatic_cleanup_;
  bool holds_attributes_ = false;
  bool by_kernel_ = false;
};

// A new file that nobody sees until commit(). Dropped otherwise. It lies beside its target, so that a rename
// publishes it; a killed process leaves it behind, under a name that no listing shows.
class StagedFile {
 public:
  StagedFile(std::shared_ptr<const Root> root, std::string key);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // Asks `context.check()` every few MiB. Distinct places may be written in parallel.
  void write(std::uint64_t offset, std::string_view data, Context& context);
  // Copies `size` bytes from `start` of another open file. io when it has fewer.
  void write_from(std::uint64_t offset, int fd, std::uint64_t start, std::uint64_t size, Context& context);
  void set_size(std::uint64_t size);
  // not_supported for any attribute where the file system cannot hold them.
  void set_attributes(const Attributes& attributes);
  int descriptor() const noexcept { return file_.get(); }
  // Gives the file its name. The key's object is the old one or this one, whole, at every moment.
  PutResult commit(const PutMode& mode);

 private:
  std::shared_ptr<const Root> root_;
  const std::string key_;
  const std::string relative_;
  std::string name_;
  std::string staged_name_;
  Descriptor directory_;
  Descriptor file_;
  const pid_t owner_;  // a forked child's copy must not remove the file
  bool committed_ = false;
};

std::string etag_of(const struct stat& status);
ObjectMeta meta_of(std::string key, const struct stat& status);
Attributes read_attributes(int fd);
// not_supported when there are attributes and the store cannot hold them: before any byte is written.
void check_attributes(const Root& root, const Attributes& attributes, std::string_view key);

}  // namespace storelink::local
