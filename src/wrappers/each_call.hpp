// EachCallStore: a store that does something before and after each verb of another.
#pragma once

#include <memory>
#include <string>

#include "storelink/wrappers.hpp"

namespace storelink {

// One verb under way; destroyed when it has ended, with its streamed body.
class Passage {
 public:
  virtual ~Passage() = default;
  // The context that the verb runs in; `outer` is that of its caller.
  virtual Context& context(Context& outer) { return outer; }
  // So many bytes of a body were moved, so many entries listed.
  virtual Task<void> moved_async(std::uint64_t bytes, std::uint64_t entries);
  virtual void failed() noexcept {}
};

class CallPolicy {
 public:
  virtual ~CallPolicy() = default;
  virtual Task<std::unique_ptr<Passage>> enter_async(Verb verb) = 0;
};

// `description` as of ObjectStore::describe().
std::shared_ptr<ObjectStore> make_each_call_store(std::shared_ptr<ObjectStore> inner,
                                                  std::shared_ptr<CallPolicy> policy,
                                                  std::string description);

}  // namespace storelink
