// MemoryStore: objects in a sorted map. Every verb is done when its task starts; bodies are shared, never
// copied.
#include <fmt/format.h>
#include <pthread.h>

#include <cstring>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <shared_mutex>

#include "base/collected_parts.hpp"
#include "base/whole_stream.hpp"
#include "storelink/detail/shared_upload.hpp"
#include "storelink/stores.hpp"

namespace storelink {

namespace {

constexpr std::string_view store_name = "MemoryStore";

// Of a list, when the request leaves it open: nobody writes to the store while a page is made.
constexpr std::size_t page_size = 1000;

struct Object {
  Object() {}
  Bytes body;
  Attributes attributes;
  Tags tags;
  Timestamp last_modified{};
  std::string e_tag;
};

ObjectMeta meta_of(const std::string& path, const Object& object) {
  ObjectMeta meta;
  meta.path = path;
  meta.last_modified = object.last_modified;
  meta.size = object.body.size();
  meta.e_tag = object.e_tag;
  return meta;
}

Error not_found(const std::string& path) {
  return Error(ErrorKind::not_found, "no object has this path").at(store_name, path);
}

class Contents;

// All contents there are, so that fork() finds none of them in the middle of a change: it waits for their
// locks, and the child, where the threads that held them do not exist, gets them free.
class Registry {
 public:
  static Registry& instance() {
    static auto* const registry = new Registry();  // never destroyed: stores may outlive static objects
    return *registry;
  }
  void add(Contents& contents) {
    const std::lock_guard lock(mutex_);
    all_.insert(&contents);
  }
  void remove(Contents& contents) {
    const std::lock_guard lock(mutex_);
    all_.erase(&contents);
  }

 private:
  Registry() {
    ::pthread_atfork([] { instance().lock(); }, [] { instance().unlock(); }, [] { instance().renew(); });
  }
  void lock();
  void unlock();
  // In the child: locks that count the parent's waiting threads would never be free again.
  void renew();

  std::mutex mutex_;
  std::set<Contents*> all_;
};

// Shared by the store and its uploads, which may outlive it.
class Contents {
 public:
  Contents() { Registry::instance().add(*this); }
  ~Contents() { Registry::instance().remove(*this); }
  Contents(const Contents&) = delete;
  Contents& operator=(const Contents&) = delete;

  std::shared_ptr<const Object> find(const std::string& path) const {
    const std::shared_lock lock(mutex_);
    const auto found = objects_.find(path);
    return found == objects_.end() ? nullptr : found->second;
  }

  PutResult put(const std::string& path, Object object, const PutMode& mode) {
    const std::unique_lock lock(mutex_);
    const auto found = objects_.find(path);
    switch (mode.kind) {
      case PutMode::Kind::overwrite: break;
      case PutMode::Kind::create:
        if (found != objects_.end())
          throw Error(ErrorKind::already_exists, "an object of this path exists already")
              .at(store_name, path);
        break;
      case PutMode::Kind::update:
        if (!mode.e_tag)
          throw Error(ErrorKind::generic, "an update needs the etag of the object that it replaces")
              .at(store_name, path);
        if (found == objects_.end() || found->second->e_tag != *mode.e_tag)
          throw Error(ErrorKind::precondition,
                      found == objects_.end()
                          ? std::string("there is no object to update")
                          : fmt::format("the object's etag is {}, not {}", found->second->e_tag, *mode.e_tag))
              .at(store_name, path);
        break;
    }
    return store(path, std::move(object));
  }

  void remove(const std::string& path) {
    const std::unique_lock lock(mutex_);
    objects_.erase(path);
  }

  void copy(const CopyRequest& request, bool remove_source) {
    const std::unique_lock lock(mutex_);
    const auto source = objects_.find(request.from);
    if (source == objects_.end()) throw not_found(request.from);
    if (!request.overwrite && objects_.contains(request.to))
      throw Error(ErrorKind::already_exists, "an object of this path exists already")
          .at(store_name, request.to);
    Object object = *source->second;
    if (remove_source) objects_.erase(source);
    store(request.to, std::move(object));
  }

  ListPage list(const ListRequest& request) const {
    const std::string prefix = request.raw_prefix ? request.prefix : segment_prefix(request.prefix);
    // The last key, or common prefix, of the page before.
    const std::string& after = std::max(request.offset, request.page_token);
    const std::size_t limit = request.max_keys == 0 ? page_size : request.max_keys;
    ListPage page;
    const std::shared_lock lock(mutex_);
    auto item = after < prefix ? objects_.lower_bound(prefix) : objects_.upper_bound(after);
    std::string last;
    std::size_t count = 0;
    while (item != objects_.end() && item->first.starts_with(prefix)) {
      const std::string& key = item->first;
      const std::size_t slash = request.delimiter ? key.find('/', prefix.size()) : std::string::npos;
      const bool directory = key == prefix && !request.raw_prefix && !prefix.empty();
      if (directory) {  // "foo/" is not below "foo"
        ++item;
        continue;
      }
      if (count == limit) {
        page.next_page_token = last;
        break;
      }
      ++count;
      if (slash == std::string::npos) {
        page.objects.push_back(meta_of(key, *item->second));
        last = key;
        ++item;
      } else {
        page.common_prefixes.push_back(without_closing_slash(key.substr(0, slash + 1)));
        // Behind every key of that prefix: '0' follows '/'.
        last = key.substr(0, slash) + '0';
        item = objects_.lower_bound(last);
        last.back() = '/';
        last += '\xff';
      }
    }
    return page;
  }

 private:
  friend class Registry;
  PutResult store(const std::string& path, Object object) {
    object.last_modified = std::chrono::system_clock::now();
    object.e_tag = fmt::format("\"{}\"", ++last_e_tag_);
    PutResult result;
    result.e_tag = object.e_tag;
    objects_.insert_or_assign(path, std::make_shared<const Object>(std::move(object)));
    return result;
  }

  mutable std::shared_mutex mutex_;
  std::map<std::string, std::shared_ptr<const Object>> objects_;
  std::uint64_t last_e_tag_ = 0;
};

void Registry::lock() {
  mutex_.lock();
  for (Contents* contents : all_) contents->mutex_.lock();
}

void Registry::unlock() {
  for (Contents* contents : all_) contents->mutex_.unlock();
  mutex_.unlock();
}

void Registry::renew() {
  for (Contents* contents : all_) std::construct_at(&contents->mutex_);
  std::construct_at(&mutex_);
}

class MemoryUpload final : public MultipartUpload {
 public:
  MemoryUpload(std::shared_ptr<Contents> contents, MultipartRequest request)
      : contents_(std::move(contents)), request_(std::move(request)) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    try {
      parts_.put(index, std::move(part));
    } catch (const Error& error) {
      throw error.at(store_name, request_.path);
    }
    co_return;
  }

  Task<PutResult> complete_async() override {
    Context& context = *co_await current_context();
    Object object;
    try {
      object.body = parts_.complete(context);
    } catch (const Error& error) {
      throw error.at(store_name, request_.path);
    }
    object.attributes = request_.attributes;
    object.tags = request_.tags;
    co_return contents_->put(request_.path, std::move(object), PutMode());
  }

  Task<void> abort_async() override {
    parts_.abort();
    co_return;
  }

 private:
  std::shared_ptr<Contents> contents_;
  const MultipartRequest request_;
  CollectedParts parts_;
};

class MemoryStore final : public ObjectStore {
 public:
  // What the verb works with is kept out of the coroutine's frame, which is then small enough for malloc's
  // fast path.
  Task<GetResult> get_async(GetRequest request) override {
    refuse_headers(request.headers);
    co_return get_now(request);
  }

  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    std::vector<Bytes> slices;
    if (ranges.empty()) co_return slices;
    const auto object = contents_->find(path);
    if (!object) throw not_found(path);
    for (const auto& [first, last] : ranges) {
      std::pair<std::uint64_t, std::uint64_t> range;
      try {
        range = GetRange::bounded(first, last).resolve(object->body.size());
      } catch (const Error& error) {
        throw error.at(store_name, path);
      }
      slices.push_back(object->body.slice(range.first, range.second - range.first));
    }
    co_return slices;
  }

  Task<PutResult> put_async(PutRequest request) override {
    refuse_headers(request.headers);
    Object object;
    object.body = std::move(request.body);
    object.attributes = std::move(request.attributes);
    object.tags = std::move(request.tags);
    co_return contents_->put(request.path, std::move(object), request.mode);
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    co_return make_shared_upload(std::make_shared<MemoryUpload>(contents_, std::move(request)));
  }

  Task<void> delete_async(std::string path) override {
    contents_->remove(path);
    co_return;
  }

  Task<ListPage> list_page_async(ListRequest request) override { co_return contents_->list(request); }

  Task<void> copy_async(CopyRequest request) override {
    contents_->copy(request, false);
    co_return;
  }

  Task<void> rename_async(CopyRequest request) override {
    contents_->copy(request, request.from != request.to);
    co_return;
  }

  Capabilities capabilities() const noexcept override {
    Capabilities all;
    all.put_create = all.put_update = all.copy_create = true;
    all.attributes = all.tags = all.ordered_list = true;
    return all;
  }

  std::string describe() const override { return std::string(store_name); }

 private:
  GetResult get_now(const GetRequest& request) const {
    const auto object = contents_->find(request.path);
    if (!object) throw not_found(request.path);
    GetResult result;
    result.meta = meta_of(request.path, *object);
    try {
      if (request.version) throw Error(ErrorKind::not_supported, "this store keeps no versions");
      check_preconditions(request, result.meta);
      std::tie(result.start, result.end) = request.range.resolve(object->body.size());
    } catch (const Error& error) {
      throw error.at(store_name, request.path);
    }
    result.attributes = object->attributes;
    if (request.head) return result;
    Bytes body = object->body.slice(result.start, result.end - result.start);
    switch (request.sink) {
      case Sink::collect: result.body = std::move(body); break;
      case Sink::into:
        if (body.size() > request.buffer.size())
          throw Error(ErrorKind::generic, fmt::format("the buffer holds {} bytes, the range has {}",
                                                      request.buffer.size(), body.size()))
              .at(store_name, request.path);
        std::memcpy(request.buffer.data(), body.data(), body.size());
        break;
      case Sink::stream:
        if (request.collect_up_to != 0 && body.size() <= request.collect_up_to)
          result.body = std::move(body);
        else
          result.stream = std::make_unique<WholeStream>(std::move(body));
        break;
    }
    return result;
  }

  const std::shared_ptr<Contents> contents_ = std::make_shared<Contents>();
};

}  // namespace

std::shared_ptr<ObjectStore> make_memory_store() {
  return std::make_shared<MemoryStore>();
}

}  // namespace storelink
