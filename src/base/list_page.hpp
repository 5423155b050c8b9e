// Pages of listings that come unsorted or all at once, from a source that knows no pages.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "storelink/object_store.hpp"

namespace storelink {

// Whether keys below this common prefix, with or without its closing slash, can come after the offset of a
// list. Below one that the offset lies in, they can.
bool reaches_behind(std::string_view offset, std::string_view common_prefix);

// Takes the entries of a listing in any order and keeps those that belong on the page that `request` asks
// for, sorted by key. It holds no more than one page.
class ListPageBuilder {
 public:
  explicit ListPageBuilder(const ListRequest& request);

  // An object below the prefix or elsewhere; with a delimiter it may stand for a common prefix.
  void add(ObjectMeta meta);
  // A common prefix that the source has found, with or without its closing slash.
  void add_common_prefix(const std::string& prefix);

  // The page; its token is the last entry's place.
  ListPage finish();

 private:
  void insert(std::string place, std::optional<ObjectMeta> meta);

  const std::string prefix_;
  const bool whole_segments_;
  const bool delimiter_;
  const std::string offset_;
  const std::string token_;
  const std::size_t limit_;  // 0 = none
  // By key; a common prefix, which has no meta, by its name with the slash.
  std::map<std::string, std::optional<ObjectMeta>> entries_;
};

}  // namespace storelink
