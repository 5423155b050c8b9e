// Dialect: how one cloud says what every cloud can do. Pure: builds requests and reads responses.
//
// CloudStore owns the order of things (sign, send, retry, page, map errors); a dialect knows URLs, header
// names and documents. All functions are const, do no input or output and may be called from any thread at
// once. Builders return unsigned requests and throw Error for what the service cannot be asked: invalid_path
// for a key, not_implemented for a mode, not_supported for attributes that it does not keep, generic for a
// value that HTTP cannot carry. Keys are never empty here, unless check_key() takes the empty one.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/headers.hpp"
#include "cloud/xml_listing.hpp"
#include "storelink/object_store.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud {

// What the service answered for one part; needed to complete the upload.
struct UploadedPart {
  std::string e_tag;
  std::string checksum;  // where the store sends checksums
  bool sent = true;      // false: it is empty, and takes_empty_parts() is
};

// The steps of a multipart upload. `upload` is the id that the service gave.
class MultipartDialect {
 public:
  virtual ~MultipartDialect() = default;

  // The highest number of parts.
  virtual std::size_t max_parts() const noexcept = 0;

  // Where the service knows no uploads but only their parts, which it drops by itself, the id is 16 random
  // hexadecimal digits, and the next three are not called.
  virtual bool knows_uploads() const noexcept { return true; }
  virtual HttpRequest start(const MultipartRequest&) const { return {}; }
  virtual std::string parse_start(const HttpResponse&) const { return {}; }  // the upload's id
  virtual HttpRequest abort(std::string_view, std::string_view) const { return {}; }

  // Whether a part may have no bytes. Where not, such a one is never sent.
  virtual bool takes_empty_parts() const noexcept { return true; }
  virtual HttpRequest put_part(std::string_view key, std::string_view upload, std::size_t index,
                               Bytes part) const = 0;
  virtual UploadedPart parse_part(const HttpRequest& request, const HttpResponse& response) const = 0;

  // `request` is that of the start. `create`: only where there is no object.
  virtual HttpRequest complete(const MultipartRequest& request, std::string_view upload,
                               const std::vector<UploadedPart>& parts, bool create) const = 0;
  virtual PutResult parse_complete(const HttpResponse& response) const = 0;

  // The etag that the completed object will have if it can be told from its parts; otherwise empty.
  virtual std::string expected_e_tag(const std::vector<UploadedPart>&) const { return {}; }

  // A part made of the whole object `from`. Called only where copy_create() is `multipart`.
  virtual HttpRequest copy_part(std::string_view, std::string_view, std::size_t, std::string_view) const {
    return {};
  }
  virtual UploadedPart parse_copied_part(const HttpResponse&) const { return {}; }
};

// Compares the bytes of an object with what the service says of them. Used by one call at a time.
class BodyCheck {
 public:
  virtual ~BodyCheck() = default;
  virtual void update(std::string_view piece) = 0;
  // Behind the last piece. Throws Error(io) where they differ.
  virtual void finish() = 0;
};

// How copy without overwriting is done.
enum class CopyCreate : std::uint8_t {
  header,     // Dialect::copy() adds a condition; conflict_status() answers that the target exists
  multipart,  // an upload with one copied part, completed with a condition
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  virtual Capabilities capabilities() const noexcept = 0;
  virtual const HeaderNames& header_names() const noexcept = 0;
  // Throws Error(not_supported) where the service takes objects in one piece only.
  virtual const MultipartDialect& multipart() const;

  // Throws Error(invalid_path) for a key that the service cannot hold.
  virtual void check_key(std::string_view key) const = 0;

  // Objects.
  virtual std::string object_url(std::string_view key) const = 0;
  // HEAD where `request.head`. `range` stands for the request's own. `if_match`, where not empty, stands for
  // all of its conditions.
  virtual HttpRequest get(const GetRequest& request, const GetRange& range,
                          std::string_view if_match) const = 0;
  // A check of the whole object that has these headers; null where there is none.
  virtual std::unique_ptr<BodyCheck> body_check(const Headers&) const { return {}; }
  // Whether the service knows ranges of the last n bytes. Where not, the object's size is asked for first.
  virtual bool has_suffix_ranges() const noexcept { return true; }
  // Hashes the body where the store sends its digest.
  virtual HttpRequest put(const PutRequest& request) const = 0;
  virtual HttpRequest remove(std::string_view key) const = 0;
  virtual HttpRequest copy(const CopyRequest& request) const = 0;
  virtual CopyCreate copy_create() const noexcept = 0;
  virtual int copy_conflict_status() const noexcept = 0;
  // Whether a copy goes on behind this answer: that to the copy, later that to a HEAD of its target. Throws
  // Error(generic) for a copy that has failed.
  virtual bool copy_goes_on(const HttpResponse&) const { return false; }

  // Lists.
  virtual HttpRequest list(const ListRequest& request) const = 0;
  virtual ListPage parse_list(const HttpResponse& response) const = 0;

  // Many deletes in one request; bulk_delete_limit() is 0 where there is none, and the others are not called.
  virtual std::size_t bulk_delete_limit() const noexcept { return 0; }
  virtual bool can_bulk_delete(std::string_view) const noexcept { return false; }
  virtual HttpRequest remove_many(std::span<const std::string_view>) const { return {}; }
  // `keys` are those of the request.
  virtual std::vector<DeleteFailure> parse_remove_many(const HttpResponse&,
                                                       std::span<const std::string_view>) const {
    return {};
  }

  // Of a response that is no success.
  virtual ServiceError parse_error(const HttpResponse& response) const = 0;
};

inline const MultipartDialect& Dialect::multipart() const {
  throw Error(ErrorKind::not_supported, "the service has no uploads in parts; put objects in one piece");
}

}  // namespace storelink::cloud
