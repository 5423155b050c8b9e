#include "cloud/get_response.hpp"

#include <fmt/format.h>

#include <cstring>

namespace storelink::cloud {

namespace {

// How many bytes have arrived; nothing for a stream, whose are yet to come.
std::optional<std::uint64_t> received(const HttpResponse& response, const GetRequest& request) {
  switch (request.sink) {
    case Sink::into: return response.written;
    case Sink::collect: return response.body.size();
    case Sink::stream:
      if (response.stream) return {};
      return response.body.size();
  }
  return {};
}

void check_received(const HttpResponse& response, const GetRequest& request, std::uint64_t expected) {
  const auto size = received(response, request);
  if (size && *size != expected) {
    throw Error(ErrorKind::io, fmt::format("the service announced {} bytes and sent {}", expected, *size));
  }
}

// Whether [start, end) of an object of `size` bytes answers the question. The end may come sooner than asked
// for only where the object ends.
bool answers(const GetRange& range, const ContentRange& got) {
  switch (range.kind()) {
    case GetRange::Kind::all: return got.start == 0 && got.end == got.size;
    case GetRange::Kind::bounded:
      return got.start == range.start() && got.end == std::min(range.end(), got.size);
    case GetRange::Kind::offset: return got.start == range.start() && got.end == got.size;
    case GetRange::Kind::suffix:
      return got.end == got.size && got.end - got.start == std::min(range.suffix_length(), got.size);
  }
  return false;
}

void take_part(HttpResponse& response, const GetRequest& request, GetResult& result) {
  const std::string* header = find_header(response.headers, "content-range");
  const auto got = header == nullptr ? std::nullopt : parse_content_range(*header);
  if (!got || !got->satisfied)
    throw Error(ErrorKind::generic,
                "the service sent a part of the object without saying which one of what size");
  if (!answers(request.range, *got)) {
    throw Error(ErrorKind::generic,
                fmt::format("the service sent the bytes {}..{} of {} instead of those asked for", got->start,
                            got->end, got->size));
  }
  check_received(response, request, got->end - got->start);
  result.start = got->start;
  result.end = got->end;
  result.meta.size = got->size;
  result.body = std::move(response.body);
}

void take_whole(HttpResponse& response, const GetRequest& request, GetResult& result) {
  const auto announced = content_length(response.headers);
  const auto arrived = received(response, request);
  if (!announced && !arrived)
    throw Error(ErrorKind::generic, "the service did not say how large the object is");
  const std::uint64_t size = announced ? *announced : *arrived;
  check_received(response, request, size);
  result.meta.size = size;
  result.end = size;
  if (request.range.kind() != GetRange::Kind::all) {
    const auto [start, end] = request.range.resolve(size);
    if (start != 0 || end != size) {
      switch (request.sink) {
        case Sink::into:
          std::memmove(request.buffer.data(), request.buffer.data() + start, end - start);
          break;
        case Sink::stream:
          if (response.stream)
            throw Error(ErrorKind::generic, "the service ignored the range and sent the whole object");
          [[fallthrough]];
        case Sink::collect: response.body = response.body.slice(start, end - start); break;
      }
    }
    result.start = start;
    result.end = end;
  }
  result.body = std::move(response.body);
}

}  // namespace

GetResult make_get_result(HttpResponse response, const GetRequest& request, const HeaderNames& names) {
  GetResult result;
  result.meta.path = request.path;
  parse_meta(response.headers, names, result.meta);
  result.attributes = parse_attributes(response.headers, names);
  if (response.status == 206) {
    take_part(response, request, result);
  } else {
    take_whole(response, request, result);
  }
  result.stream = std::move(response.stream);
  return result;
}

GetResult make_head_result(const HttpResponse& response, const GetRequest& request,
                           const HeaderNames& names) {
  GetResult result;
  result.meta.path = request.path;
  parse_meta(response.headers, names, result.meta);
  result.attributes = parse_attributes(response.headers, names);
  const auto size = content_length(response.headers);
  if (!size) throw Error(ErrorKind::generic, "the service did not say how large the object is");
  result.meta.size = *size;
  result.end = *size;
  if (request.range.kind() != GetRange::Kind::all)
    std::tie(result.start, result.end) = request.range.resolve(*size);
  return result;
}

void check_get_request(const GetRequest& request) {
  (void)range_header(request.range);
  if (request.sink != Sink::into || request.head || request.range.kind() != GetRange::Kind::bounded) return;
  const std::uint64_t length = request.range.end() - request.range.start();
  if (request.buffer.size() < length) {
    throw Error(ErrorKind::generic,
                fmt::format("the buffer holds {} bytes, the range {}..{} has {}", request.buffer.size(),
                            request.range.start(), request.range.end(), length));
  }
}

}  // namespace storelink::cloud
