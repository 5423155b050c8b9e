// Bytes: an immutable, shared slice of memory. Buffer: memory of known size being filled, that becomes Bytes.
//
// Copying and slicing Bytes never copies the data; the memory lives until the last slice is gone.
// Bytes may be used from any thread. A Buffer belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace storelink {

class Bytes {
 public:
  Bytes() noexcept {}

  // Memory that lives at least as long as `owner`. A null owner means static storage.
  Bytes(const void* data, std::size_t size, std::shared_ptr<const void> owner) noexcept
      : data_(static_cast<const char*>(data)), size_(size), owner_(std::move(owner)) {}

  static Bytes copy(std::string_view text) { return adopt(std::string(text)); }

  // Takes the string (or any container with data() and size()) without copying its elements.
  template <class Container>
  static Bytes adopt(Container container) {
    auto owner = std::make_shared<Container>(std::move(container));
    return Bytes(owner->data(), owner->size(), owner);
  }

  const char* data() const noexcept { return data_; }
  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  std::string_view view() const noexcept { return {data_, size_}; }
  std::string to_string() const { return std::string(view()); }
  const std::shared_ptr<const void>& owner() const& noexcept { return owner_; }
  std::shared_ptr<const void> owner() && noexcept { return std::move(owner_); }

  // `length` bytes from `offset`, both clamped to what is there.
  Bytes slice(std::size_t offset, std::size_t length) const noexcept {
    if (offset > size_) offset = size_;
    if (length > size_ - offset) length = size_ - offset;
    return Bytes(data_ + offset, length, owner_);
  }

  friend bool operator==(const Bytes& a, const Bytes& b) noexcept { return a.view() == b.view(); }

 private:
  const char* data_ = "";
  std::size_t size_ = 0;
  std::shared_ptr<const void> owner_;
};

namespace detail {
// From this size on the first touch of fresh memory costs more than what is done with it: such memory comes
// in huge pages and is reused while it is warm. See src/base/large_buffers.cpp.
inline constexpr std::size_t large_buffer = 8u << 20;
std::shared_ptr<char> allocate_large(std::size_t capacity);
}  // namespace detail

// Uninitialised memory of a fixed capacity. Allocation failure throws std::bad_alloc.
class Buffer {
 public:
  Buffer() noexcept {}
  explicit Buffer(std::size_t capacity) : memory_(allocate(capacity)), capacity_(capacity) {}

  char* data() const noexcept { return memory_.get(); }
  std::size_t capacity() const noexcept { return capacity_; }

  // The first `size` bytes as Bytes; the Buffer is empty afterwards.
  Bytes freeze(std::size_t size) && noexcept {
    const char* data = memory_.get();
    capacity_ = 0;
    return Bytes(data == nullptr ? "" : data, size, std::move(memory_));
  }

 private:
  static std::shared_ptr<char> allocate(std::size_t capacity) {
    if (capacity == 0) return nullptr;
    if (capacity >= detail::large_buffer) return detail::allocate_large(capacity);
    auto* memory = static_cast<char*>(std::malloc(capacity));
    if (memory == nullptr) throw std::bad_alloc();
    return std::shared_ptr<char>(memory, [](char* p) { std::free(p); });
  }

  std::shared_ptr<char> memory_;
  std::size_t capacity_ = 0;
};

}  // namespace storelink
