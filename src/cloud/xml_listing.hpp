// The XML documents that S3 and Google Cloud Storage answer with: ListBucketResult (version 2), DeleteResult
// and Error.
//
// All functions are pure and never fail on a legal key. They throw Error(generic) for a document that is none
// or lacks what it must have, without quoting it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storelink/error.hpp"
#include "storelink/object_store.hpp"

namespace storelink::cloud {

// One page. Keys are percent-decoded when the document says so (<EncodingType>url</EncodingType>), "+" being
// a space then, as S3 writes it. Common prefixes are as without_closing_slash() gives them. The page token is
// the continuation token. An answer that is truncated but names no token is an Error(generic): the rest could
// not be had.
ListPage parse_list_bucket_result(std::string_view document);

struct DeleteFailure {
  std::string key, code, message;
  int status = 0;  // 0: the code says it
};
// The keys that a DeleteObjects request could not delete.
std::vector<DeleteFailure> parse_delete_result(std::string_view document);

// What a service says about a failure. Empty where it says nothing.
struct ServiceError {
  std::string code;
  std::string message;
  std::string region;  // the one it would have been right to sign for
  std::string request_id;
  std::optional<std::uint64_t> object_size;  // of a range past the end
  std::optional<ErrorKind> kind;             // where the status does not say it
};
// Never throws on a malformed document: then everything is empty.
ServiceError parse_error_document(std::string_view document);

// The text of the first element of that name anywhere in the document; empty where there is none.
std::string find_element(std::string_view document, const char* name);

// Whether XML 1.0 can carry the text: valid UTF-8 without control characters (but tab, line feed and carriage
// return), U+FFFE and U+FFFF.
bool xml_can_carry(std::string_view text) noexcept;

}  // namespace storelink::cloud
