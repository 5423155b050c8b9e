// What every store has in common: verbs made of other verbs, ranges, conditions.
#pragma once

#include <algorithm>
#include <cstring>
#include <iterator>
#include <numeric>

#include "storelink/object_store.hpp"

namespace storelink {

namespace detail {

// Ranges no further apart than this are fetched with one request: a request costs more than the bytes
// between.
inline constexpr std::uint64_t coalesce_gap = 1 << 20;
inline constexpr std::size_t concurrent_requests = 10;

inline std::int64_t whole_seconds(Timestamp time) {
  return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}

// RFC 9110, section 13.1.1: "*" or a list of etags. Weak ones are compared by their opaque part.
inline bool etag_listed(std::string_view list, const std::optional<std::string>& etag) {
  if (!etag) return false;
  auto opaque = [](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    if (tag.size() >= 2 && tag.front() == '"' && tag.back() == '"') tag = tag.substr(1, tag.size() - 2);
    return tag;
  };
  for (std::size_t begin = 0; begin <= list.size();) {
    const std::size_t end = std::min(list.find(',', begin), list.size());
    std::string_view tag = list.substr(begin, end - begin);
    while (tag.starts_with(' ')) tag.remove_prefix(1);
    while (tag.ends_with(' ')) tag.remove_suffix(1);
    if (tag == "*" || opaque(tag) == opaque(*etag)) return true;
    begin = end + 1;
  }
  return false;
}

[[noreturn]] inline void refuse_empty_range(std::uint64_t start, std::uint64_t end, std::string_view path) {
  throw_error(ErrorKind::generic,
              {"the range ", detail::Decimal(start), "-", detail::Decimal(end),
               " is empty or backwards; its end must be greater than its start"},
              {}, path);
}

// False when this was the last page; otherwise `request` asks for the next.
inline bool add_page(ListResult& all, ListPage& page, ListRequest& request) {
  if (all.objects.empty())
    all.objects = std::move(page.objects);
  else
    std::move(page.objects.begin(), page.objects.end(), std::back_inserter(all.objects));
  std::move(page.common_prefixes.begin(), page.common_prefixes.end(),
            std::back_inserter(all.common_prefixes));
  request.page_token = std::move(page.next_page_token);
  return !request.page_token.empty();
}

}  // namespace detail

inline std::pair<std::uint64_t, std::uint64_t> GetRange::resolve(std::uint64_t size) const {
  switch (kind_) {
    case Kind::all: return {0, size};
    case Kind::bounded:
      if (second_ <= first_) detail::refuse_empty_range(first_, second_, {});
      break;
    case Kind::offset: break;
    case Kind::suffix:
      if (first_ == 0) throw Error(ErrorKind::generic, "a suffix range of 0 bytes is empty");
      return {size - std::min(size, first_), size};
  }
  if (first_ >= size)
    detail::throw_error(ErrorKind::generic,
                        {"the range starts at ", detail::Decimal(first_),
                         ", past the end of the object, which has ", detail::Decimal(size), " bytes"});
  return {first_, kind_ == Kind::bounded ? std::min(second_, size) : size};
}

inline bool Attributes::empty() const noexcept {
  return !cache_control && !content_disposition && !content_encoding && !content_language && !content_type &&
         !storage_class && metadata.empty();
}

inline void check_preconditions(const GetRequest& request, const ObjectMeta& meta) {
  if (request.if_match) {
    if (!detail::etag_listed(*request.if_match, meta.e_tag))
      throw Error(ErrorKind::precondition, "the etag is " + meta.e_tag.value_or("unknown") + ", not " +
                                               *request.if_match + " (if_match)");
  } else if (request.if_unmodified_since && detail::whole_seconds(meta.last_modified) >
                                                detail::whole_seconds(*request.if_unmodified_since)) {
    throw Error(ErrorKind::precondition,
                "the object was modified since the given time (if_unmodified_since)");
  }
  if (request.if_none_match) {
    if (detail::etag_listed(*request.if_none_match, meta.e_tag))
      throw Error(ErrorKind::not_modified, "the etag is still " + *meta.e_tag + " (if_none_match)");
  } else if (request.if_modified_since &&
             detail::whole_seconds(meta.last_modified) <= detail::whole_seconds(*request.if_modified_since)) {
    throw Error(ErrorKind::not_modified,
                "the object was not modified since the given time (if_modified_since)");
  }
}

inline void refuse_headers(const RequestHeaders& headers) {
  if (headers.empty()) return;
  detail::throw_error(ErrorKind::not_supported, {"the header \"", headers.front().first,
                                                 "\" was given, but this store sends no HTTP requests"});
}

inline Task<Bytes> BodyStream::collect_async(std::optional<std::uint64_t> expected) {
  Bytes first = co_await next_async();
  if (first.empty() || (expected && first.size() == *expected)) co_return first;  // in one piece already
  if (expected) {
    Buffer buffer(*expected);
    std::size_t filled = 0;
    for (Bytes piece = std::move(first); !piece.empty(); piece = co_await next_async()) {
      if (piece.size() > buffer.capacity() - filled)
        detail::throw_error(ErrorKind::generic,
                            {"the body is longer than the ", detail::Decimal(*expected), " bytes expected"});
      std::memcpy(buffer.data() + filled, piece.data(), piece.size());
      filled += piece.size();
    }
    co_return std::move(buffer).freeze(filled);
  }
  std::string text;
  for (Bytes piece = std::move(first); !piece.empty(); piece = co_await next_async())
    text.append(piece.view());
  co_return Bytes::adopt(std::move(text));
}

inline Task<std::vector<Bytes>> ObjectStore::get_ranges_async(
    std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
  return fetch_ranges_async(std::move(path), std::move(ranges), detail::coalesce_gap);
}

inline Task<std::vector<Bytes>> ObjectStore::fetch_ranges_async(
    std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges, std::uint64_t gap) {
  for (const auto& [start, end] : ranges) {
    if (end <= start) detail::refuse_empty_range(start, end, path);
  }
  std::vector<std::size_t> order(ranges.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&ranges](auto a, auto b) { return ranges[a] < ranges[b]; });

  struct Fetch {
    std::uint64_t start, end;
    std::vector<std::size_t> members;
  };
  std::vector<Fetch> fetches;
  for (const std::size_t index : order) {
    const auto [start, end] = ranges[index];
    if (fetches.empty() || start > fetches.back().end + std::min(gap, UINT64_MAX - fetches.back().end)) {
      Fetch fetch{start, end, {}};
      fetches.push_back(std::move(fetch));
    }
    fetches.back().end = std::max(fetches.back().end, end);
    fetches.back().members.push_back(index);
  }

  std::vector<Bytes> results(ranges.size());
  auto fetch_one = [this, &path, &fetches, &ranges, &results](std::size_t number) {
    return [](ObjectStore* self, std::string key, const Fetch* fetch, const auto* asked,
              auto* out) -> Task<void> {
      GetRequest request(std::move(key), GetRange::bounded(fetch->start, fetch->end));
      const GetResult got = co_await self->get_async(std::move(request));
      for (const std::size_t member : fetch->members) {
        const auto [start, end] = (*asked)[member];
        // A range that starts behind the end is an error also when its neighbour is not.
        if (start >= got.end) (void)GetRange::bounded(start, end).resolve(got.meta.size);
        (*out)[member] = got.body.slice(start - got.start, end - start);
      }
    }(this, path, &fetches[number], &ranges, &results);
  };
  std::function<Task<void>(std::size_t)> body = std::move(fetch_one);
  co_await for_each_concurrent(fetches.size(), detail::concurrent_requests, std::move(body));
  co_return results;
}

inline Task<std::vector<std::optional<Error>>> ObjectStore::delete_many_async(
    std::vector<std::string> paths) {
  std::vector<std::optional<Error>> outcomes(paths.size());
  auto delete_one = [this, &paths, &outcomes](std::size_t index) {
    return [](ObjectStore* self, std::string path, std::optional<Error>* outcome) -> Task<void> {
      try {
        co_await self->delete_async(std::move(path));
      } catch (const Error& error) {
        if (error.kind() == ErrorKind::cancelled) throw;
        if (error.kind() != ErrorKind::not_found) *outcome = error;
      }
    }(this, paths[index], &outcomes[index]);
  };
  std::function<Task<void>(std::size_t)> body = std::move(delete_one);
  co_await for_each_concurrent(paths.size(), detail::concurrent_requests, std::move(body));
  co_return outcomes;
}

inline Task<void> ObjectStore::rename_async(CopyRequest request) {
  std::string source = request.from;
  if (request.from == request.to) {
    // Copying an object onto itself is an error for some services, and deleting it afterwards would be one of
    // ours.
    (void)co_await head_async(std::move(source));
    if (!request.overwrite)
      throw Error(ErrorKind::already_exists, "the object cannot be renamed to its own path without overwrite")
          .at(describe(), request.to);
    co_return;
  }
  co_await copy_async(std::move(request));
  co_await delete_async(std::move(source));
}

inline Task<std::string> ObjectStore::sign_async(SignRequest request) {
  throw Error(ErrorKind::not_supported, "this kind of store has no presigned URLs")
      .at(describe(), request.path);
  co_return {};
}

inline Task<ListResult> ObjectStore::list_async(ListRequest request) {
  ListResult all;
  for (bool more = true; more;) {
    ListRequest next = request;
    ListPage page = co_await list_page_async(std::move(next));
    more = detail::add_page(all, page, request);
  }
  co_return all;
}

// Without a coroutine of its own: small extensions list.
inline ListResult ObjectStore::list(ListRequest request) {
  ListResult all;
  for (bool more = true; more;) {
    ListPage page = list_page(request);
    more = detail::add_page(all, page, request);
  }
  return all;
}

inline Task<ObjectMeta> ObjectStore::head_async(std::string path) {
  GetRequest request(std::move(path));
  request.head = true;
  GetResult result = co_await get_async(std::move(request));
  co_return std::move(result.meta);
}

inline std::size_t ObjectStore::get_into(std::string path, GetRange range, std::span<std::byte> buffer) {
  GetRequest request(std::move(path), range);
  request.sink = Sink::into;
  request.buffer = buffer;
  const GetResult result = get(std::move(request));
  return static_cast<std::size_t>(result.end - result.start);
}

}  // namespace storelink
