#include "local/reading.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <tuple>

#include "base/blocking.hpp"

namespace storelink::local {

namespace {

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
    if (got < 0) throw_system_error(errno, "read the object", root.name(), key);
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

}  // namespace

GetResult read_object(const RootPointer& root, const GetRequest& request, Context& context) {
  if (request.version)
    throw Error(ErrorKind::not_supported, "a LocalStore keeps no versions").at(root->name(), request.path);
  OpenedObject object = root->open_object(request.path, O_RDONLY);
  Descriptor file = std::move(object.file);
  GetResult result;
  result.meta = meta_of(request.path, object.status);
  try {
    check_preconditions(request, result.meta);
    std::tie(result.start, result.end) = request.range.resolve(result.meta.size);
  } catch (const Error& error) {
    throw error.at(root->name(), request.path);
  }
  if (root->holds_attributes()) result.attributes = read_attributes(file.get());
  if (request.head) return result;
  const std::size_t size = result.end - result.start;
  const bool small =
      request.sink == Sink::stream && request.collect_up_to != 0 && size <= request.collect_up_to;
  switch (small ? Sink::collect : request.sink) {
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

std::vector<Bytes> read_ranges(const Root& root, const std::string& key,
                               const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges,
                               Context& context) {
  std::vector<Bytes> results;
  if (ranges.empty()) return results;
  results.reserve(ranges.size());
  const OpenedObject object = root.open_object(key, O_RDONLY);
  for (const auto& [first, last] : ranges) {
    std::pair<std::uint64_t, std::uint64_t> range;
    try {
      range = GetRange::bounded(first, last).resolve(static_cast<std::uint64_t>(object.status.st_size));
    } catch (const Error& error) {
      throw error.at(root.name(), key);
    }
    context.check();
    const std::size_t size = range.second - range.first;
    Buffer buffer(size);
    read_exactly(object.file.get(), buffer.data(), size, range.first, context, root, key);
    results.push_back(std::move(buffer).freeze(size));
  }
  return results;
}

}  // namespace storelink::local
