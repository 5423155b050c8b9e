#include "local/listing.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "local/file_names.hpp"

namespace storelink::local {

namespace {

constexpr std::size_t page_size = 1000;
constexpr std::size_t walks_kept = 8;
constexpr auto kept_for = std::chrono::seconds(60);
constexpr std::size_t check_every = 512;  // entries between two looks at the context

struct Entry {
  Entry() {}
  std::string sort_key;  // the segment, with a slash behind a directory: the order of the keys below
  std::string name;      // as it is on disk; empty where the sort key says it
  bool directory = false;
  bool link = false;

  std::string_view file_name() const {
    if (!name.empty()) return name;
    return std::string_view(sort_key).substr(0, sort_key.size() - (directory ? 1 : 0));
  }
};

std::string below(const std::string& directory, std::string_view name) {
  std::string path = directory;
  if (!path.empty()) path += '/';
  return path.append(name);
}

// Opens a directory to be listed. Empty for one that is gone or that may not be entered because it lies
// outside of the root; one that may not be read is an error, because a listing must not hide objects.
Descriptor open_directory(const Root& root, const std::string& relative) {
  Descriptor directory = root.open(relative.empty() ? "." : relative, O_RDONLY | O_DIRECTORY);
  if (directory) return directory;
  switch (errno) {
    case ENOENT:
    case ENOTDIR:
    case ELOOP:
    case EXDEV:
    case ENAMETOOLONG: return directory;
    default: throw_system_error(errno, "list the directory", root.name(), relative);
  }
}

// The entries of an open directory, as they come. The position is the descriptor's own: read it once.
class Reader {
 public:
  Reader(const Root& root, const Descriptor& directory, const std::string& relative, Context& context)
      : root_(root),
        relative_(relative),
        context_(context),
        stream_(::fdopendir(::fcntl(directory.get(), F_DUPFD_CLOEXEC, 0))) {
    if (stream_ == nullptr) fail();
  }
  ~Reader() { ::closedir(stream_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  // The next entry that counts; false at the end.
  bool next(Entry& entry) {
    for (;;) {
      if (++read_ % check_every == 0) context_.check();
      errno = 0;
      const dirent* item = ::readdir(stream_);
      if (item == nullptr && errno != 0) fail();
      if (item == nullptr) return false;
      const std::string_view name = item->d_name;
      if (name == "." || name == ".." || is_staged(name)) continue;
      unsigned char type = item->d_type;
      const bool link = type == DT_LNK || type == DT_UNKNOWN;
      if (link) {
        // What it leads to, if that is below the root.
        struct stat status{};
        const Descriptor target = root_.open(below(relative_, name), look_only);
        if (!target || ::fstat(target.get(), &status) != 0) continue;
        type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
      }
      if (type != DT_DIR && type != DT_REG) continue;
      entry.link = link;
      entry.directory = type == DT_DIR;
      entry.sort_key = segment_of(name);
      entry.name = entry.sort_key == name ? std::string_view() : name;
      if (entry.directory) entry.sort_key += '/';
      return true;
    }
  }

 private:
  [[noreturn]] void fail() const { throw_system_error(errno, "list the directory", root_.name(), relative_); }

  const Root& root_;
  const std::string& relative_;
  Context& context_;
  DIR* stream_;
  std::size_t read_ = 0;
};

}  // namespace

// One listing, page by page. Between two pages it holds names, but no descriptor.
class Walk {
 public:
  Walk(std::shared_ptr<const Root> root, const ListRequest& request, Context& context)
      : root_(std::move(root)),
        offset_(request.offset),
        after_(std::max(request.offset, request.page_token)),
        prefix_(request.raw_prefix ? request.prefix : segment_prefix(request.prefix)),
        delimiter_(request.delimiter) {
    // The directory that every key with this prefix is in.
    const std::size_t slash = prefix_.rfind('/');
    const std::string above = slash == std::string::npos ? std::string() : prefix_.substr(0, slash);
    std::string relative;
    if (slash != std::string::npos) {
      try {
        relative = root_->present_path(above, directory_only);
      } catch (const Error&) {
        return;  // no key of this store begins so
      }
    }
    enter(relative, slash == std::string::npos ? above : above + '/', context);
  }

  // At most `limit` items. next_page_token is set when there are more.
  ListPage page(std::size_t limit, Context& context) {
    ListPage page;
    std::size_t steps = 0;
    while (!stack_.empty()) {
      if (++steps % check_every == 0) context.check();
      Level& level = stack_.back();
      if (level.next == level.entries.size()) {
        stack_.pop_back();
        continue;
      }
      const Entry& entry = level.entries[level.next];
      std::string key = level.key_prefix + entry.sort_key;
      const bool full = page.objects.size() + page.common_prefixes.size() == limit;
      if (!key.starts_with(prefix_)) {
        ++level.next;
      } else if (entry.directory) {
        // The last item of the page before was this common prefix, or all in it was listed before.
        const bool partly = after_.starts_with(key) && after_.back() != prefix_end;
        if (key <= after_ && !partly) {
          ++level.next;
        } else if (delimiter_) {
          std::vector<Identity> path = identities();
          if (holds_object(below(level.relative, entry.file_name()), key, path, context)) {
            if (full) return stop(std::move(page));
            last_ = key + prefix_end;
            key.pop_back();
            page.common_prefixes.push_back(std::move(key));
          }
          ++level.next;
        } else {
          const std::string relative = below(level.relative, entry.file_name());
          ++level.next;
          enter(relative, std::move(key), context);  // `level` and `entry` may have moved
        }
      } else {
        struct stat status{};
        if (key > after_ && look_at(level, entry, status)) {
          if (full) return stop(std::move(page));
          last_ = key;
          page.objects.push_back(meta_of(std::move(key), status));
        }
        ++level.next;
      }
    }
    return page;
  }

 private:
  // Behind a common prefix in a token: no byte of UTF-8, greater than all of them.
  static constexpr char prefix_end = '\xff';

  using Identity = std::pair<dev_t, ino_t>;

  struct Level {
    Level() {}
    std::string relative;    // the directory's path on disk
    std::string key_prefix;  // empty or ending in a slash
    Identity identity;
    Descriptor directory;  // while a page is made
    std::vector<Entry> entries;
    std::size_t next = 0;
  };

  ListPage stop(ListPage page) {
    page.next_page_token = last_;
    for (Level& level : stack_) level.directory = Descriptor();
    return page;
  }

  std::vector<Identity> identities() const {
    std::vector<Identity> path;
    path.reserve(stack_.size());
    for (const Level& level : stack_) path.push_back(level.identity);
    return path;
  }

  // The directory's identity, unless it is one of those that led here: a link to a directory above it is not
  // followed.
  static bool identify(const Descriptor& directory, const std::vector<Identity>& path, Identity& identity) {
    struct stat status{};
    if (::fstat(directory.get(), &status) != 0) return false;
    identity = {status.st_dev, status.st_ino};
    return std::find(path.begin(), path.end(), identity) == path.end();
  }

  void enter(const std::string& relative, std::string key_prefix, Context& context) {
    Level level;
    level.directory = open_directory(*root_, relative);
    if (!level.directory || !identify(level.directory, identities(), level.identity)) return;
    level.relative = relative;
    level.key_prefix = std::move(key_prefix);
    Reader reader(*root_, level.directory, relative, context);
    for (Entry entry; reader.next(entry);) level.entries.push_back(std::move(entry));
    std::sort(level.entries.begin(), level.entries.end(),
              [](const Entry& a, const Entry& b) { return a.sort_key < b.sort_key; });
    stack_.push_back(std::move(level));
  }

  // False for what is gone meanwhile.
  bool look_at(Level& level, const Entry& entry, struct stat& status) const {
    if (entry.link) {
      const Descriptor file = root_->open(below(level.relative, entry.file_name()), look_only);
      return file && ::fstat(file.get(), &status) == 0 && S_ISREG(status.st_mode);
    }
    if (!level.directory) level.directory = open_directory(*root_, level.relative);
    return level.directory &&
           ::fstatat(level.directory.get(), std::string(entry.file_name()).c_str(), &status,
                     AT_SYMLINK_NOFOLLOW) == 0 &&
           S_ISREG(status.st_mode);
  }

  // Whether any object greater than the offset lies in the directory. It stops at the first one.
  bool holds_object(const std::string& relative, const std::string& key_prefix, std::vector<Identity>& path,
                    Context& context) const {
    const Descriptor directory = open_directory(*root_, relative);
    Identity identity;
    if (!directory || !identify(directory, path, identity)) return false;
    std::vector<Entry> directories;
    {
      Reader reader(*root_, directory, relative, context);
      for (Entry entry; reader.next(entry);) {
        const std::string key = key_prefix + entry.sort_key;
        if (!entry.directory && key > offset_) return true;
        if (entry.directory && (key > offset_ || offset_.starts_with(key)))
          directories.push_back(std::move(entry));
      }
    }
    path.push_back(identity);
    const bool found = std::any_of(directories.begin(), directories.end(), [&](const Entry& entry) {
      return holds_object(below(relative, entry.file_name()), key_prefix + entry.sort_key, path, context);
    });
    path.pop_back();
    return found;
  }

  const std::shared_ptr<const Root> root_;
  const std::string offset_;
  const std::string after_;  // only what is greater than this
  const std::string prefix_;
  const bool delimiter_;
  std::vector<Level> stack_;
  std::string last_;  // the token of a page that ends here
};

Walks::Walks() = default;
Walks::~Walks() = default;

ListPage Walks::list_page(const std::shared_ptr<const Root>& root, const ListRequest& request,
                          Context& context) {
  std::unique_ptr<Walk> walk = request.page_token.empty() ? nullptr : take(request);
  if (!walk) walk = std::make_unique<Walk>(root, request, context);
  ListPage page = walk->page(request.max_keys == 0 ? page_size : request.max_keys, context);
  if (!page.next_page_token.empty()) {
    ListRequest next = request;
    next.page_token = page.next_page_token;
    keep(std::move(next), std::move(walk));
  }
  return page;
}

// Neither waits for the lock: a child forked while another thread held it would never get it.
std::unique_ptr<Walk> Walks::take(const ListRequest& request) {
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return nullptr;
  for (auto kept = kept_.begin(); kept != kept_.end(); ++kept) {
    const ListRequest& other = kept->request;
    if (other.page_token != request.page_token || other.prefix != request.prefix ||
        other.offset != request.offset || other.raw_prefix != request.raw_prefix ||
        other.delimiter != request.delimiter)
      continue;
    std::unique_ptr<Walk> walk = std::move(kept->walk);
    kept_.erase(kept);
    return walk;
  }
  return nullptr;
}

void Walks::keep(ListRequest request, std::unique_ptr<Walk> walk) {
  const auto now = std::chrono::steady_clock::now();
  const std::unique_lock lock(mutex_, std::try_to_lock);
  if (!lock) return;
  std::erase_if(kept_, [now](const Kept& kept) { return now - kept.since > kept_for; });
  if (kept_.size() == walks_kept) kept_.erase(kept_.begin());
  Kept kept{std::move(request), std::move(walk), now};
  kept_.push_back(std::move(kept));
}

}  // namespace storelink::local
