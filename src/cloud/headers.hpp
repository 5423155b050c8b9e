// Object attributes and metadata as HTTP headers, both ways.
//
// All functions are pure. Header names in responses are in lower case, as Transport gives them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/headers.hpp"
#include "storelink/object_store.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud {

// How a service calls what others call differently. Lower case; empty where the service has no such header.
struct HeaderNames {
  std::string_view metadata_prefix;  // the user's own metadata, e.g. "x-amz-meta-"
  std::string_view version;
  std::string_view storage_class;
  std::string_view request_id;
  std::string_view attribute_prefix = {};        // of attributes in requests, e.g. "x-ms-blob-"
  std::string_view storage_class_inferred = {};  // "true": the storage class is the service's default
  std::string_view resource_type = {};           // "directory": there is no object
};

// Appends the headers for `attributes`, and `default_content_type` where they name no content type and it is
// not empty. Metadata values that HTTP cannot carry as they are (not ASCII, spaces at an end, "=?") are
// written as RFC 2047 encoded words, as S3 itself does when it returns such values; parse_attributes()
// decodes them. Throws Error(generic) for a control character, for another attribute that is not ASCII and
// for a metadata name that is no HTTP token.
void append_attributes(Headers& headers, const Attributes& attributes, const HeaderNames& names,
                       std::string_view default_content_type);

Attributes parse_attributes(const Headers& headers, const HeaderNames& names);

// Last-Modified, ETag and version; path and size are left as they are. Throws Error(not_found) for a
// directory.
void parse_meta(const Headers& headers, const HeaderNames& names, ObjectMeta& meta);

// What the answer to a put or to the end of an upload says of the object. Throws as parse_meta() does.
PutResult parse_put_result(const Headers& headers, const HeaderNames& names);

using http::content_length;

// "Content-Range: bytes first-last/size" as [start, end) of `size`; of an unsatisfied range, "bytes */size",
// only `size` is set. Nothing for any other text, a size of "*" and bounds that do not fit each other.
struct ContentRange {
  std::uint64_t start = 0, end = 0;
  std::uint64_t size = 0;
  bool satisfied = false;
};
std::optional<ContentRange> parse_content_range(std::string_view text);

// Throws Error(generic) for what a header cannot hold; `name` says what it is.
void check_header_value(std::string_view name, std::string_view value);

// Appends further headers of one request. Throws Error(generic) for a name or value that HTTP cannot carry,
// and for a name that `headers` has or that only the store can know.
void append_given(Headers& headers, const RequestHeaders& given);

// Appends the range and the conditions of a get. `if_match`, where not empty, stands for all conditions.
void append_get_headers(Headers& headers, const GetRequest& get, const GetRange& range,
                        std::string_view if_match);

// The value of a Range header; empty for the whole object. Throws Error(generic) for a range that is empty
// or backwards.
std::string range_header(const GetRange& range);

}  // namespace storelink::cloud
