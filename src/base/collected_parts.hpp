// The parts of a multipart upload to a store that takes objects only whole: kept until the upload completes.
#pragma once

#include <fmt/format.h>

#include <cstring>
#include <map>
#include <mutex>

#include "storelink/bytes.hpp"
#include "storelink/error.hpp"
#include "storelink/task.hpp"

namespace storelink {

// Thread-safe. After complete() or abort() the upload has ended, and every call but abort() throws
// Error(generic).
class CollectedParts {
 public:
  void put(std::size_t index, Bytes part) {
    const std::lock_guard lock(mutex_);
    check_open();
    parts_.insert_or_assign(index, std::move(part));
  }

  // The parts together. Nothing is copied when there is one part, or when all lie in one piece of memory, as
  // slices of one buffer do. Error(generic) when one is missing; the upload then goes on.
  Bytes complete(Context& context) {
    const std::lock_guard lock(mutex_);
    check_open();
    if (!parts_.empty() && parts_.rbegin()->first != parts_.size() - 1)
      throw Error(ErrorKind::generic, fmt::format("parts are missing: {} were put, the last has index {}",
                                                  parts_.size(), parts_.rbegin()->first));
    Bytes whole = join(context);
    ended_ = true;
    parts_.clear();
    return whole;
  }

  void abort() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    parts_.clear();
  }

 private:
  void check_open() const {
    if (ended_) throw Error(ErrorKind::generic, "this upload has been completed or aborted");
  }

  Bytes join(Context& context) const {
    if (parts_.empty()) return {};
    std::size_t size = 0;
    bool adjacent = true;
    const Bytes& first = parts_.begin()->second;
    for (const auto& [index, part] : parts_) {
      adjacent = adjacent && part.owner() == first.owner() && part.data() == first.data() + size;
      size += part.size();
    }
    if (adjacent && (parts_.size() == 1 || first.owner())) return {first.data(), size, first.owner()};
    Buffer whole(size);
    std::size_t offset = 0;
    for (const auto& [index, part] : parts_) {
      context.check();
      std::memcpy(whole.data() + offset, part.data(), part.size());
      offset += part.size();
    }
    return std::move(whole).freeze(size);
  }

  mutable std::mutex mutex_;
  std::map<std::size_t, Bytes> parts_;
  bool ended_ = false;
};

}  // namespace storelink
