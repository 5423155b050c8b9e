#include "base/list_page.hpp"

#include "storelink/path.hpp"

namespace storelink {

bool reaches_behind(std::string_view offset, std::string_view common_prefix) {
  const std::string closed = segment_prefix(common_prefix);
  return offset < closed || offset.starts_with(closed);
}

ListPageBuilder::ListPageBuilder(const ListRequest& request)
    : prefix_(request.raw_prefix ? request.prefix : segment_prefix(request.prefix)),
      whole_segments_(!request.raw_prefix && !prefix_.empty()),
      delimiter_(request.delimiter),
      offset_(request.offset),
      token_(request.page_token),
      limit_(request.max_keys) {}

void ListPageBuilder::add(ObjectMeta meta) {
  const std::string& key = meta.path;
  if (!key.starts_with(prefix_) || key <= offset_) return;
  if (whole_segments_ && key.size() == prefix_.size()) return;  // "foo/" is not below "foo"
  const std::size_t slash = delimiter_ ? key.find('/', prefix_.size()) : std::string::npos;
  if (slash != std::string::npos) {
    insert(key.substr(0, slash + 1), std::nullopt);
  } else {
    std::string place = key;
    insert(std::move(place), std::move(meta));
  }
}

void ListPageBuilder::add_common_prefix(const std::string& prefix) {
  if (!reaches_behind(offset_, prefix)) return;
  std::string place = segment_prefix(prefix);
  if (place.size() > prefix_.size() && place.starts_with(prefix_)) insert(std::move(place), std::nullopt);
}

void ListPageBuilder::insert(std::string place, std::optional<ObjectMeta> meta) {
  if (place <= token_ && !token_.empty()) return;
  // One more than the page has room for tells that there is another page.
  if (limit_ != 0 && entries_.size() > limit_) {
    if (place >= entries_.rbegin()->first) return;
    entries_.insert_or_assign(std::move(place), std::move(meta));
    if (entries_.size() > limit_ + 1) entries_.erase(std::prev(entries_.end()));
    return;
  }
  entries_.insert_or_assign(std::move(place), std::move(meta));
}

ListPage ListPageBuilder::finish() {
  ListPage page;
  if (limit_ != 0 && entries_.size() > limit_) {
    entries_.erase(std::prev(entries_.end()));
    page.next_page_token = entries_.rbegin()->first;
  }
  for (auto& [place, meta] : entries_) {
    if (meta)
      page.objects.push_back(std::move(*meta));
    else
      page.common_prefixes.push_back(without_closing_slash(place));
  }
  entries_.clear();
  return page;
}

}  // namespace storelink
