// BufferedReader: an object as a file that is read from the front or by seeking.
//
// Header-only, on top of ObjectStore; in the runtime way, too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "storelink/object_store.hpp"

namespace storelink {

struct ReaderOptions {
  ReaderOptions() {}
  std::size_t buffer_size = 1u << 20;  // how many bytes a request asks for that a read alone would not
  std::optional<ObjectMeta> meta;      // where it is known: no request is needed to open the object
};

// One call at a time. Each request asks for the version that was opened (If-Match, where the store has strong
// etags): when the object is replaced meanwhile, reads of what is not in the buffer throw
// Error(precondition), and never mix two versions. Error(io) when an object without an etag turns out to be
// shorter than its size says. Other errors as ObjectStore::get() has them.
class BufferedReader {
 public:
  // `meta` is that of the object `path`.
  BufferedReader(std::shared_ptr<ObjectStore> store, std::string path, ObjectMeta meta,
                 std::size_t buffer_size)
      : store_(std::move(store)),
        path_(std::move(path)),
        meta_(std::move(meta)),
        buffer_size_(std::max<std::size_t>(buffer_size, 1)) {}

  const ObjectMeta& meta() const noexcept { return meta_; }
  std::uint64_t size() const noexcept { return meta_.size; }
  std::uint64_t position() const noexcept { return position_; }
  // Any position; reads at the end and behind it give nothing. No request is sent.
  void seek(std::uint64_t position) noexcept { position_ = position; }

  // The next `length` bytes, fewer at the end only. What the buffer has is not copied.
  Task<Bytes> read_async(std::uint64_t length) {
    length = std::min(length, left());
    if (length == 0) co_return Bytes();
    if (buffered() == 0 && length < buffer_size_) co_await fill();
    if (buffered() >= length) {
      Bytes found =
          chunk_.slice(static_cast<std::size_t>(position_ - chunk_start_), static_cast<std::size_t>(length));
      position_ += length;
      co_return found;
    }
    Buffer buffer(static_cast<std::size_t>(length));
    const std::span<char> whole(buffer.data(), static_cast<std::size_t>(length));
    const std::size_t size = co_await read_into_async(std::as_writable_bytes(whole));
    co_return std::move(buffer).freeze(size);
  }

  // As many bytes as the buffer holds, fewer at the end only; how many. A failed read leaves the position,
  // and the buffer is unspecified then.
  Task<std::size_t> read_into_async(std::span<std::byte> buffer) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), left()));
    const std::uint64_t start = position_;
    std::exception_ptr failure;
    try {
      co_await fill_span(buffer.first(wanted));
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) {
      position_ = start;
      std::rethrow_exception(failure);
    }
    co_return wanted;
  }

  // Up to the next newline, and with it; at the end what is left. What the buffer has is not copied.
  Task<Bytes> read_line_async() {
    std::string before;  // of a line that begins in an earlier chunk
    const std::uint64_t start = position_;
    while (left() != 0) {
      if (buffered() == 0) co_await fill_or_go_back(start);
      const Bytes rest = chunk_.slice(static_cast<std::size_t>(position_ - chunk_start_),
                                      static_cast<std::size_t>(buffered()));
      const std::size_t newline = rest.view().find('\n');
      const std::size_t length = newline == std::string_view::npos ? rest.size() : newline + 1;
      position_ += length;
      if (before.empty() && newline != std::string_view::npos) co_return rest.slice(0, length);
      before.append(rest.view().substr(0, length));
      if (newline != std::string_view::npos) break;
    }
    co_return Bytes::adopt(std::move(before));
  }

  Bytes read(std::uint64_t length) { return drive(read_async(length)); }
  // All that is left.
  Bytes read() { return read(left()); }
  Bytes read_line() { return drive(read_line_async()); }
  std::size_t read_into(std::span<std::byte> buffer) { return drive(read_into_async(buffer)); }

 private:
  std::uint64_t left() const noexcept { return meta_.size - std::min(position_, meta_.size); }

  // How many bytes from the position on the buffer has.
  std::uint64_t buffered() const noexcept {
    const std::uint64_t end = chunk_start_ + chunk_.size();
    return position_ >= chunk_start_ && position_ < end ? end - position_ : 0;
  }

  GetRequest request(std::uint64_t length) const {
    GetRequest made(path_, GetRange::bounded(position_, position_ + length));
    // A weak etag (RFC 9110, section 8.8.3) matches nothing.
    if (meta_.e_tag && !meta_.e_tag->starts_with("W/")) made.if_match = meta_.e_tag;
    return made;
  }

  Task<void> fill() {
    const std::uint64_t length = std::min<std::uint64_t>(buffer_size_, left());
    GetRequest next = request(length);
    GetResult result = co_await store_->get_async(std::move(next));
    check_length(result, length);
    chunk_ = std::move(result.body);
    chunk_start_ = position_;
  }

  Task<void> fill_or_go_back(std::uint64_t start) {
    std::exception_ptr failure;
    try {
      co_await fill();
    } catch (...) {
      failure = std::current_exception();
    }
    if (!failure) co_return;
    position_ = start;
    std::rethrow_exception(failure);
  }

  Task<void> fill_span(std::span<std::byte> rest) {
    while (!rest.empty()) {
      if (buffered() == 0 && rest.size() >= buffer_size_) {
        GetRequest direct = request(rest.size());
        direct.sink = Sink::into;
        direct.buffer = rest;
        const GetResult result = co_await store_->get_async(std::move(direct));
        check_length(result, rest.size());
        position_ += rest.size();
        co_return;
      }
      if (buffered() == 0) co_await fill();
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(buffered(), rest.size()));
      std::memcpy(rest.data(), chunk_.data() + (position_ - chunk_start_), size);
      position_ += size;
      rest = rest.subspan(size);
    }
  }

  // An object without a usable etag may have been cut meanwhile.
  void check_length(const GetResult& result, std::uint64_t length) const {
    if (result.end - result.start == length) return;
    throw Error(ErrorKind::io, "the object is shorter than it was, or than the size that was given")
        .at(store_->describe(), path_);
  }

  std::shared_ptr<ObjectStore> store_;
  std::string path_;
  ObjectMeta meta_;
  std::size_t buffer_size_;
  std::uint64_t position_ = 0;
  Bytes chunk_;
  std::uint64_t chunk_start_ = 0;
};

// Opens an object: a head, unless `options.meta` is given. Errors as ObjectStore::head() has them.
inline Task<BufferedReader> open_reader_async(std::shared_ptr<ObjectStore> store, std::string path,
                                              ReaderOptions options) {
  if (!options.meta) options.meta = co_await store->head_async(path);
  co_return BufferedReader(std::move(store), std::move(path), std::move(*options.meta), options.buffer_size);
}
inline BufferedReader open_reader(std::shared_ptr<ObjectStore> store, std::string path,
                                  ReaderOptions options = {}) {
  return drive(open_reader_async(std::move(store), std::move(path), std::move(options)));
}

}  // namespace storelink
