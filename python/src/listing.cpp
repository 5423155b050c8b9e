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

class Listing::Turn {
 public:
  explicit Turn(Listing& listing) noexcept : listing_(listing) {}
  ~Turn() { listing_.end_turn(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  Listing& listing_;
};

Task<ListedObjects> Listing::next_async(std::shared_ptr<Listing> listing, std::size_t count) {
  co_await listing->wait_for_turn();
  const Turn turn(*listing);
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

Task<void> Listing::wait_for_turn() {
  Context& context = *co_await current_context();
  std::shared_ptr<Waiter> waiter;
  {
    const std::lock_guard lock(mutex_);
    if (!std::exchange(is_taken_, true)) co_return;
    waiter = std::make_shared<Waiter>(context);
    waiting_.push_back(waiter);
  }
  Waiter::Wait wait(std::move(waiter));
  co_await wait;
}

void Listing::end_turn() noexcept {
  for (;;) {
    std::shared_ptr<Waiter> next;
    {
      const std::lock_guard lock(mutex_);
      if (waiting_.empty()) {
        is_taken_ = false;
        return;
      }
      next = std::move(waiting_.front());
      waiting_.pop_front();
    }
    if (next->end()) return;  // otherwise it was stopped
  }
}

}  // namespace storelink::python
