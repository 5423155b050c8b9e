// LocalStore: every verb as one synchronous function that runs where blocking is allowed.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>

#include "base/blocking.hpp"
#include "local/directory.hpp"
#include "local/listing.hpp"
#include "storelink/stores.hpp"

namespace storelink {

namespace {

using local::Descriptor;
using local::Root;
using local::StagedFile;
using RootPointer = std::shared_ptr<const Root>;

constexpr std::size_t read_step = 8u << 20;    // between two looks at the context
constexpr std::size_t stream_step = 1u << 20;  // a piece of a stream

// Fills [0, size) of `into` from `offset`; an object that became shorter meanwhile is an error.
void read_exactly(int fd, char* into, std::size_t size, std::uint64_t offset, Context& context,
                  const Root& root, const std::string& key) {
  for (std::size_t done = 0; done < size;) {
    if (done != 0) context.check();
    const ssize_t got =
        ::pread(fd, into + done, std::min(read_step, size - done), static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) local::throw_system_error(errno, "read the object", root.name(), key);
    if (got == 0)
      throw Error(ErrorKind::io, "the file became shorter while it was being read").at(root.name(), key);
    done += static_cast<std::size_t>(got);
  }
}

class FileStream final : public BodyStream {
 public:
  FileStream(RootPointer root, std::string key, Descriptor file, std::uint64_t start, std::uint64_t end)
      : state_(std::make_shared<State>(std::move(root), std::move(key), std::move(file), start, end)) {}

  Task<Bytes> next_async() override {
    Context& context = *co_await current_context();
    auto read = [state = state_, &context]() -> Bytes {
      const std::size_t size = std::min<std::uint64_t>(stream_step, state->end - state->next);
      if (size == 0) return {};
      Buffer buffer(size);
      read_exactly(state->file.get(), buffer.data(), size, state->next, context, *state->root, state->key);
      state->next += size;
      return std::move(buffer).freeze(size);
    };
    co_return co_await run_blocking(std::move(read));
  }

 private:
  struct State {
    State(RootPointer r, std::string k, Descriptor f, std::uint64_t n, std::uint64_t e)
        : root(std::move(r)), key(std::move(k)), file(std::move(f)), next(n), end(e) {}
    RootPointer root;
    std::string key;
    Descriptor file;
    std::uint64_t next, end;
  };
  std::shared_ptr<State> state_;
};

GetResult read_object(const RootPointer& root, GetRequest& request, Context& context) {
  if (request.version)
    throw Error(ErrorKind::not_supported, "a LocalStore keeps no versions").at(root->name(), request.path);
  struct stat status{};
  Descriptor file = root->open_object(request.path, status);
  GetResult result;
  result.meta = local::meta_of(request.path, status);
  try {
    check_preconditions(request, result.meta);
    std::tie(result.start, result.end) = request.range.resolve(result.meta.size);
  } catch (const Error& error) {
    throw error.at(root->name(), request.path);
  }
  if (root->holds_attributes()) result.attributes = local::read_attributes(file.get());
  if (request.head) return result;
  const std::size_t size = result.end - result.start;
  switch (request.sink) {
    case Sink::collect: {
      Buffer buffer(size);
      read_exactly(file.get(), buffer.data(), size, result.start, context, *root, request.path);
      result.body = std::move(buffer).freeze(size);
      break;
    }
    case Sink::into:
      if (size > request.buffer.size())
        throw Error(ErrorKind::generic,
                    fmt::format("the buffer holds {} bytes, the range has {}", request.buffer.size(), size))
            .at(root->name(), request.path);
      read_exactly(file.get(), reinterpret_cast<char*>(request.buffer.data()), size, result.start, context,
                   *root, request.path);
      break;
    case Sink::stream:
      result.stream =
          std::make_unique<FileStream>(root, request.path, std::move(file), result.start, result.end);
      break;
  }
  return result;
}

void refuse_tags(const Root& root, const std::string& path, const Tags& tags) {
  if (!tags.empty())
    throw Error(ErrorKind::not_supported, "a LocalStore holds no tags").at(root.name(), path);
}

PutResult write_object(const RootPointer& root, const PutRequest& request, Context& context) {
  refuse_tags(*root, request.path, request.tags);
  StagedFile file(root, request.path);
  file.write(request.body.view(), context);
  file.set_attributes(request.attributes);
  return file.commit(request.mode);
}

void copy_object(const RootPointer& root, const CopyRequest& request, Context& context) {
  struct stat status{};
  const Descriptor source = root->open_object(request.from, status);
  StagedFile file(root, request.to);
  file.append(source.get(), static_cast<std::uint64_t>(status.st_size), context);
  if (root->holds_attributes()) file.set_attributes(local::read_attributes(source.get()));
  file.commit(request.overwrite ? PutMode::overwrite() : PutMode::create());
}

// Each part is a staged file of its own; completing appends them in order.
class LocalUpload final : public MultipartUpload {
 public:
  LocalUpload(RootPointer root, MultipartRequest request)
      : state_(std::make_shared<State>(std::move(root), std::move(request))) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    Context& context = *co_await current_context();
    auto write = [state = state_, index, part = std::move(part), &context] {
      auto file = std::make_unique<StagedFile>(state->root, state->request.path);
      file->write(part.view(), context);
      const std::lock_guard lock(state->mutex);
      state->check_open();
      std::swap(state->parts[index], file);
    };
    co_await run_blocking(std::move(write));
  }

  Task<PutResult> complete_async() override {
    Context& context = *co_await current_context();
    auto finish = [state = state_, &context] {
      const std::lock_guard lock(state->mutex);
      state->check_open();
      auto& parts = state->parts;
      const auto& path = state->request.path;
      if (!parts.empty() && parts.rbegin()->first != parts.size() - 1)
        throw Error(ErrorKind::generic, fmt::format("parts are missing: {} were put, the last has index {}",
                                                    parts.size(), parts.rbegin()->first))
            .at(state->root->name(), path);
      state->ended = true;
      const auto held = std::move(parts);  // what is left of them is dropped, whatever happens
      std::unique_ptr<StagedFile> empty;
      if (held.empty()) empty = std::make_unique<StagedFile>(state->root, path);
      StagedFile& whole = held.empty() ? *empty : *held.begin()->second;
      for (const auto& [index, part] : held)
        if (index != 0) whole.append(part->descriptor(), part->size(), context);
      whole.set_attributes(state->request.attributes);
      return whole.commit(PutMode());
    };
    co_return co_await run_blocking(std::move(finish));
  }

  Task<void> abort_async() override {
    auto drop = [state = state_] {
      const std::lock_guard lock(state->mutex);
      state->ended = true;
      state->parts.clear();
    };
    co_await run_blocking(std::move(drop));
  }

 private:
  struct State {
    State(RootPointer r, MultipartRequest m) : root(std::move(r)), request(std::move(m)) {}
    void check_open() const {
      if (ended)
        throw Error(ErrorKind::generic, "this upload has been completed or aborted")
            .at(root->name(), request.path);
    }
    const RootPointer root;
    const MultipartRequest request;
    std::mutex mutex;
    std::map<std::size_t, std::unique_ptr<StagedFile>> parts;
    bool ended = false;
  };
  std::shared_ptr<State> state_;
};

class LocalStore final : public ObjectStore {
 public:
  explicit LocalStore(const LocalOptions& options)
      : root_(std::make_shared<const Root>(options.root, options.mkdir, options.automatic_cleanup)) {}

  Task<GetResult> get_async(GetRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { return read_object(root, request, context); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<PutResult> put_async(PutRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { return write_object(root, request, context); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    refuse_tags(*root_, request.path, request.tags);
    co_return std::make_unique<LocalUpload>(root_, std::move(request));
  }

  Task<void> delete_async(std::string path) override {
    auto work = [root = root_, &path] { root->remove(path); };
    co_await run_blocking(std::move(work));
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { return local::list_page(*root, request, context); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<void> copy_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { copy_object(root, request, context); };
    co_await run_blocking(std::move(work));
  }

  Task<void> rename_async(CopyRequest request) override {
    auto work = [root = root_, &request] { root->rename(request.from, request.to, request.overwrite); };
    co_await run_blocking(std::move(work));
  }

  Capabilities capabilities() const noexcept override {
    Capabilities capabilities;
    capabilities.put_create = capabilities.put_update = capabilities.copy_create = true;
    capabilities.ordered_list = true;
    capabilities.attributes = root_->holds_attributes();
    return capabilities;
  }

  std::string describe() const override { return fmt::format("LocalStore({:?})", root_->path()); }

 private:
  const RootPointer root_;
};

}  // namespace

std::shared_ptr<ObjectStore> make_local_store(LocalOptions options) {
  return std::make_shared<LocalStore>(options);
}

}  // namespace storelink
