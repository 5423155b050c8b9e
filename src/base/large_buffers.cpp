// Memory for large bodies: huge pages, and one freed buffer kept warm for the next.
#include <sys/mman.h>

#include <cstdlib>
#include <mutex>
#include <utility>

#include "storelink/bytes.hpp"

namespace storelink::detail {

namespace {

constexpr std::size_t huge_page = 2u << 20;
constexpr std::size_t kept_limit = 256u << 20;

struct Block {
  char* memory = nullptr;
  std::size_t size = 0;
};

// Never destroyed: buffers are freed at any time. Only ever try-locked, so that a child of fork() whose
// parent held the lock does without it instead of waiting for ever.
std::mutex& kept_mutex() {
  static auto* mutex = new std::mutex();
  return *mutex;
}
Block kept;

// The kept block, if there is one: whoever wants another size drops it, so that both never exist at once.
Block take_kept() {
  const std::unique_lock lock(kept_mutex(), std::try_to_lock);
  return lock ? std::exchange(kept, Block()) : Block();
}

void release(Block block) {
#if defined(MADV_FREE) && !defined(STORELINK_PORTABLE_ONLY)
  if (block.size <= kept_limit && ::madvise(block.memory, block.size, MADV_FREE) == 0) {
    if (const std::unique_lock lock(kept_mutex(), std::try_to_lock); lock) std::swap(kept, block);
  }
#endif
  std::free(block.memory);
}

Block make_block(std::size_t size) {
  void* memory = nullptr;
  if (::posix_memalign(&memory, huge_page, size) != 0) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE) && !defined(STORELINK_PORTABLE_ONLY)
  ::madvise(memory, size, MADV_HUGEPAGE);  // advice: it may be refused
#endif
  return {static_cast<char*>(memory), size};
}

}  // namespace

std::shared_ptr<char> allocate_large(std::size_t capacity) {
  const std::size_t size = (capacity + huge_page - 1) / huge_page * huge_page;
  Block block = take_kept();
  // Not much larger than needed: what is not used of it would be held as well.
  if (block.size < size || block.size > size + size / 8) {
    std::free(block.memory);
    block = make_block(size);
  }
  return std::shared_ptr<char>(block.memory, [block](char*) { release(block); });
}

}  // namespace storelink::detail
