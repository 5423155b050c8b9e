#include "listing.hpp"

#include <algorithm>
#include <iterator>

namespace storelink::python {

ListedObjects::~ListedObjects() {
  if (!objects_.empty()) listing_->give_back(std::move(objects_));
}

void ListedObjects::append(std::vector<ObjectMeta> more) {
  if (objects_.empty())
    objects_ = std::move(more);
  else
    objects_.insert(objects_.end(), std::make_move_iterator(more.begin()),
                    std::make_move_iterator(more.end()));
}

Task<ListedObjects> Listing::next_async(std::shared_ptr<Listing> listing, std::size_t count) {
  const Turns::Turn turn = co_await Turns::take(listing->turns_);
  ListedObjects found(listing);
  found.append(listing->take(count));
  while (found.size() < count) {
    if (listing->at_end_) break;
    co_await listing->fetch_page();
    found.append(listing->take(count - found.size()));
  }
  co_return found;
}

Task<void> Listing::fetch_page() {
  ListPage page;
  try {
    page = co_await store_->list_page_async(request_);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::cancelled) at_end_ = true;
    throw;
  } catch (...) {
    at_end_ = true;
    throw;
  }
  request_.page_token = std::move(page.next_page_token);
  at_end_ = request_.page_token.empty();
  const std::lock_guard lock(mutex_);
  if (first_ == here_.size()) {
    here_ = std::move(page.objects);
    first_ = 0;
  } else {  // another consumer was cancelled meanwhile
    here_.insert(here_.end(), std::make_move_iterator(page.objects.begin()),
                 std::make_move_iterator(page.objects.end()));
  }
}

std::vector<ObjectMeta> Listing::take(std::size_t count) {
  const std::lock_guard lock(mutex_);
  if (first_ == 0 && count >= here_.size()) return std::exchange(here_, {});
  const auto begin = here_.begin() + static_cast<std::ptrdiff_t>(first_);
  const auto size = std::min(count, here_.size() - first_);
  const auto end = begin + static_cast<std::ptrdiff_t>(size);
  std::vector<ObjectMeta> taken;
  taken.assign(std::make_move_iterator(begin), std::make_move_iterator(end));
  first_ += size;
  if (first_ == here_.size()) {
    here_.clear();
    first_ = 0;
  }
  return taken;
}

void Listing::give_back(std::vector<ObjectMeta> objects) noexcept {
  const std::lock_guard lock(mutex_);
  objects.insert(objects.end(), std::make_move_iterator(here_.begin() + static_cast<std::ptrdiff_t>(first_)),
                 std::make_move_iterator(here_.end()));
  here_ = std::move(objects);
  first_ = 0;
}

}  // namespace storelink::python
