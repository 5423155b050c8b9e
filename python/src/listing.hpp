// Listing: the objects that a list finds, fetched page by page as they are asked for.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "storelink/object_store.hpp"
#include "turns.hpp"

namespace storelink::python {

class Listing;

// Objects that were taken out of a listing. Those that nobody has made anything of, because the operation was
// cancelled, go back to it.
class ListedObjects {
 public:
  explicit ListedObjects(std::shared_ptr<Listing> listing) noexcept : listing_(std::move(listing)) {}
  ~ListedObjects();
  ListedObjects(ListedObjects&&) noexcept = default;
  ListedObjects& operator=(ListedObjects&&) = delete;

  std::size_t size() const noexcept { return objects_.size(); }
  void append(std::vector<ObjectMeta> more);
  // They do not go back any more.
  std::vector<ObjectMeta> keep() noexcept { return std::exchange(objects_, {}); }

 private:
  std::shared_ptr<Listing> listing_;
  std::vector<ObjectMeta> objects_;
};

// Thread-safe. One consumer at a time gets objects; others wait for their turn, first come first served.
// After a failure it is at its end; a consumer that is cancelled leaves all as it was.
class Listing {
 public:
  Listing(std::shared_ptr<ObjectStore> store, ListRequest request)
      : store_(std::move(store)), request_(std::move(request)) {}
  Listing(const Listing&) = delete;
  Listing& operator=(const Listing&) = delete;

  // The next `count` objects; fewer only at the end. What the store throws.
  static Task<ListedObjects> next_async(std::shared_ptr<Listing> listing, std::size_t count);

 private:
  friend class ListedObjects;

  // Up to `count` of those that are here already.
  std::vector<ObjectMeta> take(std::size_t count);
  void give_back(std::vector<ObjectMeta> objects) noexcept;
  Task<void> fetch_page();

  const std::shared_ptr<ObjectStore> store_;
  const std::shared_ptr<Turns> turns_ = std::make_shared<Turns>();

  // Of the consumer whose turn it is.
  ListRequest request_;
  bool at_end_ = false;  // there are no more pages

  std::mutex mutex_;              // guards the rest
  std::vector<ObjectMeta> here_;  // from `first_` on
  std::size_t first_ = 0;
};

}  // namespace storelink::python
