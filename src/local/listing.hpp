// Listings of a directory tree in the order of the keys.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "local/directory.hpp"

namespace storelink::local {

class Walk;

// The listings of one store. Directories are not objects; staged files, links out of the root and what is
// neither file nor directory are left out. A directory without any object in it is no common prefix.
//
// A page token names a key, so a listing can be continued at any time and in any process. The walks behind
// the last few pages are kept, so that going on does not read and sort their directories again; going on with
// one of them, what was added to a directory since it was read is not seen.
class Walks {
 public:
  Walks();
  ~Walks();
  ListPage list_page(const std::shared_ptr<const Root>& root, const ListRequest& request, Context& context);

 private:
  struct Kept {
    ListRequest request;  // with the token of its next page
    std::unique_ptr<Walk> walk;
    std::chrono::steady_clock::time_point since;
  };
  std::unique_ptr<Walk> take(const ListRequest& request);
  void keep(ListRequest request, std::unique_ptr<Walk> walk);

  std::mutex mutex_;
  std::vector<Kept> kept_;  // oldest first
};

}  // namespace storelink::local
