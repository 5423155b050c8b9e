// DeleteStream: objects deleted as their paths become known, any number of them.
//
// Header-only, on top of ObjectStore; in the runtime way, too.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storelink/object_store.hpp"

namespace storelink {

// The next paths, as many as there are at hand; none at the end.
using PathSource = std::function<Task<std::vector<std::string>>()>;

namespace detail {

struct ListedPaths {
  ListedPaths(std::shared_ptr<ObjectStore> s, ListRequest r) : store(std::move(s)), request(std::move(r)) {}
  std::shared_ptr<ObjectStore> store;
  ListRequest request;
  bool at_end = false;

  static Task<std::vector<std::string>> next_async(std::shared_ptr<ListedPaths> self) {
    std::vector<std::string> paths;
    for (bool more = !self->at_end; more; more = paths.empty() && !self->at_end) {
      ListRequest request = self->request;
      ListPage page = co_await self->store->list_page_async(std::move(request));
      paths.reserve(page.objects.size());
      for (ObjectMeta& object : page.objects) paths.push_back(std::move(object.path));
      self->at_end = page.next_page_token.empty();
      self->request.page_token = std::move(page.next_page_token);
    }
    co_return paths;
  }
};

}  // namespace detail

// The paths that a list finds, page by page. Throws as ObjectStore::list_page() does.
inline PathSource listed_paths(std::shared_ptr<ObjectStore> store, ListRequest request) {
  auto listed = std::make_shared<detail::ListedPaths>(std::move(store), std::move(request));
  return [listed] { return detail::ListedPaths::next_async(listed); };
}

struct DeleteOutcome {
  DeleteOutcome() {}
  std::string path;
  std::optional<Error> error;  // nothing where it is deleted, or was not there
};

// One call at a time.
class DeleteStream {
 public:
  static constexpr std::size_t at_a_time = 10'000;  // paths: ten of S3's requests

  DeleteStream(std::shared_ptr<ObjectStore> store, PathSource paths)
      : store_(std::move(store)), paths_(std::move(paths)) {}

  // Takes paths until there are `at_a_time` or no more, deletes them, and says for each, in the order of the
  // source, how that went; nothing at the end. Throws what the source throws, with what it gave before
  // deleted by an earlier call or not at all; Error(cancelled) after a stop.
  Task<std::vector<DeleteOutcome>> next_async() {
    std::vector<std::string> batch = co_await take();
    std::vector<DeleteOutcome> outcomes(batch.size());
    for (std::size_t i = 0; i < batch.size(); ++i) outcomes[i].path = batch[i];
    std::vector<std::optional<Error>> errors = co_await store_->delete_many_async(std::move(batch));
    for (std::size_t i = 0; i < outcomes.size(); ++i) outcomes[i].error = std::move(errors[i]);
    co_return outcomes;
  }
  std::vector<DeleteOutcome> next() { return drive(next_async()); }

 private:
  Task<std::vector<std::string>> take() {
    std::vector<std::string> batch;
    while (batch.size() < at_a_time) {
      if (at_end_) break;
      std::vector<std::string> more = co_await paths_();
      at_end_ = more.empty();
      batch.insert(batch.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
    }
    co_return batch;
  }

  std::shared_ptr<ObjectStore> store_;
  PathSource paths_;
  bool at_end_ = false;
};

}  // namespace storelink
