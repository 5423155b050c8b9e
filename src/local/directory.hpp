// Root: file operations that cannot leave one directory tree, and files that appear whole or not at all.
#pragma once

#include <sys/stat.h>

#include <memory>
#include <string>
#include <string_view>

#include "storelink/object_store.hpp"

namespace storelink::local {

class Descriptor {
 public:
  Descriptor() noexcept = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }
  explicit operator bool() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
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

  // Opens the file of a key for reading. not_found for what is no regular file.
  Descriptor open_object(const std::string& key, struct stat& status) const;

  void remove(const std::string& key) const;
  void rename(const std::string& from, const std::string& to, bool overwrite) const;

 private:
  friend class StagedFile;
  // The directory that holds `relative`, made if missing, and the last name.
  Descriptor parent_of(const std::string& relative, bool make, std::string_view key, std::string& name) const;
  void clean_up(const std::string& relative) const;
  // Held while a name changes: shared by plain writes, exclusive for a compare-and-swap; other processes'
  // LocalStores take it too.
  Descriptor lock(bool exclusive) const;

  std::string path_;
  std::string name_;
  Descriptor root_;
  bool automatic_cleanup_;
  bool holds_attributes_ = false;
  bool has_openat2_ = true;
};

// A new file that nobody sees until commit(). Dropped otherwise.
class StagedFile {
 public:
  StagedFile(std::shared_ptr<const Root> root, std::string key);
  ~StagedFile();
  StagedFile(const StagedFile&) = delete;
  StagedFile& operator=(const StagedFile&) = delete;

  // Appends; asks `context.check()` every few MiB.
  void write(std::string_view data, Context& context);
  // Appends the whole of another open file.
  void append(int fd, std::uint64_t size, Context& context);
  void set_attributes(const Attributes& attributes);
  int descriptor() const noexcept { return file_.get(); }
  std::uint64_t size() const noexcept { return size_; }
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
  std::uint64_t size_ = 0;
  bool committed_ = false;
};

std::string etag_of(const struct stat& status);
ObjectMeta meta_of(std::string key, const struct stat& status);
Attributes read_attributes(int fd);

}  // namespace storelink::local
