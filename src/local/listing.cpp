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
constexpr int deepest = 512;  // a link to a directory above it, within the root, would be followed for ever

struct Entry {
  std::string sort_key;  // the segment, with a slash behind a directory: the order of the keys below
  std::string name;      // as it is on disk
  bool directory = false;
};

class Walk {
 public:
  Walk(const Root& root, const ListRequest& request, Context& context)
      : root_(root),
        request_(request),
        context_(context),
        prefix_(request.raw_prefix ? request.prefix : segment_prefix(request.prefix)),
        after_(std::max(request.offset, request.page_token)),
        limit_(request.max_keys == 0 ? page_size : request.max_keys) {}

  ListPage run() {
    // The directory that every key with this prefix is in.
    const std::size_t slash = prefix_.rfind('/');
    const std::string above = slash == std::string::npos ? std::string() : prefix_.substr(0, slash);
    std::string relative;
    if (!above.empty()) {
      try {
        relative = file_path(above);
      } catch (const Error&) {
        return std::move(page_);  // no key of this store begins so
      }
    }
    visit(relative, above.empty() ? above : above + '/', 0);
    return std::move(page_);
  }

 private:
  // False when the page is full.
  bool visit(const std::string& relative, const std::string& key_prefix, int depth) {
    for (Entry& entry : entries(relative)) {
      if (++seen_ % 256 == 0) context_.check();
      std::string key = key_prefix + entry.sort_key;
      const std::string below = relative.empty() ? entry.name : relative + '/' + entry.name;
      const bool inside = key.starts_with(prefix_);
      if (entry.directory) {
        // Nothing in it begins with the prefix, or all of it was listed before.
        if (!inside && !prefix_.starts_with(key)) continue;
        const bool partly = after_.starts_with(key);
        if (!partly && key <= after_) continue;
        if (request_.delimiter && inside && key.size() > prefix_.size()) {
          if (partly && after_.back() == '\xff') continue;  // the last item of the page before
          if (!add_prefix(key)) return false;
        } else if (depth < deepest && !visit(below, key, depth + 1)) {
          return false;
        }
      } else if (inside && key > after_ && !add_object(below, std::move(key))) {
        return false;
      }
    }
    return true;
  }

  bool full() {
    if (count_ < limit_) return false;
    page_.next_page_token = last_;
    return true;
  }

  bool add_object(const std::string& relative, std::string key) {
    const Descriptor file = root_.open(relative, O_PATH);
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
      return true;  // gone meanwhile
    if (full()) return false;
    ++count_;
    last_ = key;
    page_.objects.push_back(meta_of(std::move(key), status));
    return true;
  }

  bool add_prefix(const std::string& key) {
    ListRequest any(key);
    any.max_keys = 1;
    any.offset = request_.offset;
    if (Walk(root_, any, context_).run().objects.empty()) return true;
    if (full()) return false;
    ++count_;
    last_ = key + '\xff';  // behind every key in it
    page_.common_prefixes.push_back(key.substr(0, key.size() - 1));
    return true;
  }

  // Sorted by key. A directory that has vanished meanwhile counts as empty; one that may not be read is an
  // error.
  std::vector<Entry> entries(const std::string& relative) {
    std::vector<Entry> found;
    Descriptor directory = root_.open(relative.empty() ? "." : relative, O_RDONLY | O_DIRECTORY);
    if (!directory) {
      if (errno == EACCES || errno == EMFILE || errno == ENFILE)
        throw_system_error(errno, "list the directory", root_.name(), relative);
      return found;
    }
    DIR* stream = ::fdopendir(directory.release());  // closedir() closes it
    if (stream == nullptr) throw_system_error(errno, "list the directory", root_.name(), relative);
    while (const dirent* item = ::readdir(stream)) {
      const std::string_view name = item->d_name;
      if (name == "." || name == ".." || is_staged(name)) continue;
      Entry entry;
      entry.name = name;
      unsigned char type = item->d_type;
      if (type == DT_LNK || type == DT_UNKNOWN) {
        // What it leads to, if that is below the root.
        struct stat status{};
        const Descriptor target =
            root_.open(relative.empty() ? entry.name : relative + '/' + entry.name, O_PATH);
        if (!target || ::fstat(target.get(), &status) != 0) continue;
        type = S_ISDIR(status.st_mode) ? DT_DIR : S_ISREG(status.st_mode) ? DT_REG : DT_UNKNOWN;
      }
      if (type != DT_DIR && type != DT_REG) continue;
      entry.directory = type == DT_DIR;
      entry.sort_key = segment_of(name);
      if (entry.directory) entry.sort_key += '/';
      found.push_back(std::move(entry));
    }
    ::closedir(stream);
    std::sort(found.begin(), found.end(),
              [](const Entry& a, const Entry& b) { return a.sort_key < b.sort_key; });
    return found;
  }

  const Root& root_;
  const ListRequest& request_;
  Context& context_;
  const std::string prefix_;
  const std::string after_;
  const std::size_t limit_;
  ListPage page_;
  std::size_t count_ = 0;
  std::size_t seen_ = 0;
  std::string last_;
};

}  // namespace

ListPage list_page(const Root& root, const ListRequest& request, Context& context) {
  return Walk(root, request, context).run();
}

}  // namespace storelink::local
