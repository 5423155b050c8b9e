// ObjectStore: the one interface to every kind of object storage.
//
// Each verb is one virtual function `…_async` that takes a request struct by value and returns a lazy Task of
// a result struct, and one blocking function of the same name that drives it on the calling thread.
//
// Threads: every function may be called from any thread at any time. Tasks of one store may run in parallel.
// Lifetime: the store must outlive the tasks it made; streams and uploads keep alive what they need.
// Errors: Error with the kind each verb names; every verb may also throw permission_denied, unauthenticated,
// timeout, cancelled, io, invalid_path and generic. A failed write leaves the old object as it was.
// Keys: see path.hpp. Sizes and offsets are bytes. Times are UTC.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storelink/bytes.hpp"
#include "storelink/error.hpp"
#include "storelink/path.hpp"
#include "storelink/task.hpp"

namespace storelink {

using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

struct ObjectMeta {
  ObjectMeta() {}
  std::string path;
  Timestamp last_modified{};
  std::uint64_t size = 0;  // of the whole object, also in the result of a ranged get
  std::optional<std::string> e_tag;
  std::optional<std::string> version;
};

// Which part of an object: all of it, [start, end), from an offset on, or the last bytes.
class GetRange {
 public:
  enum class Kind : std::uint8_t { all, bounded, offset, suffix };

  GetRange() noexcept {}
  static GetRange bounded(std::uint64_t start, std::uint64_t end) noexcept {
    return GetRange(Kind::bounded, start, end);
  }
  static GetRange offset(std::uint64_t start) noexcept { return GetRange(Kind::offset, start, 0); }
  static GetRange suffix(std::uint64_t length) noexcept { return GetRange(Kind::suffix, length, 0); }

  Kind kind() const noexcept { return kind_; }
  std::uint64_t start() const noexcept { return first_; }          // bounded, offset
  std::uint64_t end() const noexcept { return second_; }           // bounded
  std::uint64_t suffix_length() const noexcept { return first_; }  // suffix

  // What the range means for an object of `size` bytes, as [start, end): ends are clamped, a suffix longer
  // than the object is the whole object. Throws Error(generic) when the range is empty or backwards, or
  // starts at or after the end of the object.
  std::pair<std::uint64_t, std::uint64_t> resolve(std::uint64_t size) const;

 private:
  GetRange(Kind kind, std::uint64_t first, std::uint64_t second) noexcept
      : kind_(kind), first_(first), second_(second) {}
  Kind kind_ = Kind::all;
  std::uint64_t first_ = 0;
  std::uint64_t second_ = 0;
};

// What is stored beside the bytes. Names are HTTP's; `metadata` is the user's own (x-amz-meta-… and its
// like).
struct Attributes {
  Attributes() {}
  std::optional<std::string> cache_control, content_disposition, content_encoding, content_language,
      content_type, storage_class;
  std::map<std::string, std::string> metadata;
  bool empty() const noexcept;
  friend bool operator==(const Attributes&, const Attributes&) = default;
};

using Tags = std::vector<std::pair<std::string, std::string>>;

// A body that arrives in pieces, with back-pressure: no more than a few MiB are held ready.
// One consumer at a time. Destroying it ends the transfer.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  virtual Task<Bytes> next_async() = 0;  // empty at the end
  // All that is left, in one buffer; `expected` is how much that is if known (one allocation then).
  Task<Bytes> collect_async(std::optional<std::uint64_t> expected);
  Bytes next() { return drive(next_async()); }
  Bytes collect(std::optional<std::uint64_t> expected = {}) { return drive(collect_async(expected)); }
};

// Where the body of a get goes. Fixed by the request, so that the transfer never waits for a decision.
enum class Sink : std::uint8_t {
  collect,  // GetResult::body, one buffer
  into,     // GetRequest::buffer, which the operation may write until it has ended
  stream,   // GetResult::stream
};

// Further headers of one HTTP request, sent and signed as they are. Error(generic) for one that the store
// sets itself and for text that no header can have; not_supported unless Capabilities::headers.
using RequestHeaders = std::vector<std::pair<std::string, std::string>>;

struct GetRequest {
  GetRequest() {}
  explicit GetRequest(std::string key) : path(std::move(key)) {}
  GetRequest(std::string key, GetRange r) : path(std::move(key)), range(r) {}
  std::string path;
  GetRange range;
  std::optional<std::string> if_match;           // one etag, a list of them, or "*" → precondition
  std::optional<std::string> if_none_match;      // → not_modified
  std::optional<Timestamp> if_modified_since;    // whole seconds over HTTP → not_modified
  std::optional<Timestamp> if_unmodified_since;  // → precondition
  std::optional<std::string> version;
  bool head = false;  // metadata only: the body stays empty
  Sink sink = Sink::collect;
  std::span<std::byte> buffer;  // Sink::into: at least the range's length, otherwise Error(generic)
  // Sink::stream: a body of up to so many bytes may come collected, as with Sink::collect, if the store knows
  // its length in time. Small objects then cost no stream.
  std::size_t collect_up_to = 0;
  RequestHeaders headers;
};

struct GetResult {
  GetResult() {}
  ObjectMeta meta;
  std::uint64_t start = 0, end = 0;  // the bytes that were got, [start, end)
  Attributes attributes;
  Bytes body;                          // Sink::collect, and a small one: GetRequest::collect_up_to
  std::unique_ptr<BodyStream> stream;  // Sink::stream otherwise
};

struct PutMode {
  enum class Kind : std::uint8_t { overwrite, create, update };
  PutMode() {}
  static PutMode overwrite() { return {}; }
  // Fails with already_exists where there is an object.
  static PutMode create() {
    PutMode mode;
    mode.kind = Kind::create;
    return mode;
  }
  // Fails with precondition unless the object is still the one with this etag. Google Cloud Storage compares
  // the version instead, which has to be given there; other stores do not look at it.
  static PutMode update(std::optional<std::string> e_tag, std::optional<std::string> version = {}) {
    PutMode mode;
    mode.kind = Kind::update;
    mode.e_tag = std::move(e_tag);
    mode.version = std::move(version);
    return mode;
  }
  Kind kind = Kind::overwrite;
  std::optional<std::string> e_tag, version;
};

struct PutRequest {
  PutRequest() {}
  PutRequest(std::string key, Bytes bytes) : path(std::move(key)), body(std::move(bytes)) {}
  std::string path;
  Bytes body;
  PutMode mode;
  Attributes attributes;
  Tags tags;
  RequestHeaders headers;
};

struct PutResult {
  PutResult() {}
  std::optional<std::string> e_tag, version;
};

struct MultipartRequest {
  MultipartRequest() {}
  explicit MultipartRequest(std::string key) : path(std::move(key)) {}
  std::string path;
  Attributes attributes;
  Tags tags;
};

// One multipart upload. The object is invisible until complete() and replaces an older one whole.
// Parts may be put in any order and in parallel; they are assembled by index. Every part but the last must
// have the size the service asks for (S3: 5 MiB or more). Putting an index again replaces that part.
// Tasks keep their upload alive. One that was neither completed nor aborted is aborted in the background when
// it and its tasks have been destroyed.
class MultipartUpload {
 public:
  virtual ~MultipartUpload() = default;
  virtual Task<void> put_part_async(std::size_t index, Bytes part) = 0;
  virtual Task<PutResult> complete_async() = 0;  // indices must be 0 … n-1; no part makes an empty object
  virtual Task<void> abort_async() = 0;          // idempotent
  void put_part(std::size_t index, Bytes part) { drive(put_part_async(index, std::move(part))); }
  PutResult complete() { return drive(complete_async()); }
  void abort() { drive(abort_async()); }
};

struct ListRequest {
  ListRequest() {}
  explicit ListRequest(std::string p) : prefix(std::move(p)) {}
  std::string prefix;       // whole segments: see prefix_covers(); "dir/" itself is not below "dir"
  bool raw_prefix = false;  // take `prefix` as any leading part of the key instead
  // Only keys strictly greater than this one, if not empty. The common prefix that it lies in may be listed
  // even where nothing below comes after it.
  std::string offset;
  bool delimiter = false;    // objects directly below the prefix, and common prefixes for the rest
  std::size_t max_keys = 0;  // at most so many on this page; 0 = as the service likes
  std::string page_token;    // from the page before; empty for the first
};

struct ListPage {
  ListPage() {}
  std::vector<ObjectMeta> objects;  // in the store's order (by key in all of the library's own)
  // Without their closing slash: see without_closing_slash(). Each is the prefix that lists what is below it.
  std::vector<std::string> common_prefixes;
  std::string next_page_token;  // empty on the last page
};

struct ListResult {
  ListResult() {}
  std::vector<ObjectMeta> objects;
  std::vector<std::string> common_prefixes;
};

struct CopyRequest {
  CopyRequest() {}
  CopyRequest(std::string source, std::string target, bool replace = true)
      : from(std::move(source)), to(std::move(target)), overwrite(replace) {}
  std::string from, to;
  bool overwrite = true;  // false: already_exists where `to` exists
};

struct SignRequest {
  SignRequest() {}
  SignRequest(std::string http_method, std::string key, std::chrono::seconds lifetime)
      : method(std::move(http_method)), path(std::move(key)), expires_in(lifetime) {}
  std::string method;  // GET, PUT, HEAD, DELETE, POST …
  std::string path;
  std::chrono::seconds expires_in{};  // S3: 1 s to 7 days
};

// What a store can do. A verb or mode that it lacks throws not_supported (or not_implemented for put modes).
struct Capabilities {
  Capabilities() {}
  bool put_create = false, put_update = false, copy_create = false;
  bool attributes = false, tags = false, versions = false, sign = false, ordered_list = false;
  bool headers = false;   // RequestHeaders: stores that send HTTP requests
  bool multipart = true;  // uploads in parts
};

class ObjectStore {
 public:
  // Always inlined, so that a small extension whose only stores are imported ones leaves out the verbs that
  // are made of others: nothing then refers to this class's own table.
  [[gnu::always_inline]] ObjectStore() noexcept {}
  [[gnu::always_inline]] virtual ~ObjectStore() {}

  // not_found, precondition, not_modified; generic for a range past the end.
  virtual Task<GetResult> get_async(GetRequest request) = 0;
  // Several ranges [start, end) of one object in the order asked; near ones are fetched together
  // (gaps up to 1 MiB), up to 10 requests at a time.
  virtual Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges);
  // already_exists (create), precondition (update), not_implemented (a mode the store lacks).
  virtual Task<PutResult> put_async(PutRequest request) = 0;
  virtual Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) = 0;
  // not_found where the service says so (S3 and MemoryStore do not: there deleting a missing key succeeds).
  virtual Task<void> delete_async(std::string path) = 0;
  // One entry per path, in order: empty where it went well. A missing key counts as deleted.
  virtual Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths);
  virtual Task<ListPage> list_page_async(ListRequest request) = 0;
  // not_found (source), already_exists. Attributes are copied too.
  virtual Task<void> copy_async(CopyRequest request) = 0;
  // As copy; the source is gone afterwards. Atomic where the medium can (Memory, Local).
  virtual Task<void> rename_async(CopyRequest request);
  virtual Task<std::string> sign_async(SignRequest request);  // not_supported unless capabilities().sign

  // get_ranges_async() by a get for each range or group of ranges, with gaps of up to `gap` bytes in a group.
  Task<std::vector<Bytes>> fetch_ranges_async(std::string path,
                                              std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges,
                                              std::uint64_t gap);
  // Every page of a list.
  Task<ListResult> list_async(ListRequest request);
  // A get that asks for no body.
  Task<ObjectMeta> head_async(std::string path);

  virtual Capabilities capabilities() const noexcept = 0;
  virtual std::string describe() const = 0;  // e.g. `S3Store(bucket="b")`; no secrets

  GetResult get(GetRequest request) { return drive(get_async(std::move(request))); }
  Bytes get(std::string path) { return drive(get_async(GetRequest(std::move(path)))).body; }
  Bytes get_range(std::string path, std::uint64_t start, std::uint64_t end) {
    return drive(get_async(GetRequest(std::move(path), GetRange::bounded(start, end)))).body;
  }
  // How many bytes were written to the front of `buffer`. Returns only when nothing writes to it any more.
  std::size_t get_into(std::string path, GetRange range, std::span<std::byte> buffer);
  std::vector<Bytes> get_ranges(std::string path,
                                std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
    return drive(get_ranges_async(std::move(path), std::move(ranges)));
  }
  ObjectMeta head(std::string path) {
    GetRequest request(std::move(path));
    request.head = true;
    return get(std::move(request)).meta;
  }
  PutResult put(PutRequest request) { return drive(put_async(std::move(request))); }
  PutResult put(std::string path, Bytes body) {
    return drive(put_async(PutRequest(std::move(path), std::move(body))));
  }
  std::unique_ptr<MultipartUpload> start_multipart(MultipartRequest request) {
    return drive(start_multipart_async(std::move(request)));
  }
  // `delete` is a keyword of C++.
  void remove(std::string path) { drive(delete_async(std::move(path))); }
  std::vector<std::optional<Error>> remove_many(std::vector<std::string> paths) {
    return drive(delete_many_async(std::move(paths)));
  }
  ListPage list_page(ListRequest request) { return drive(list_page_async(std::move(request))); }
  // Every page of a list.
  ListResult list(ListRequest request);
  std::vector<ObjectMeta> list(std::string prefix = {}) {
    return list(ListRequest(std::move(prefix))).objects;
  }
  ListResult list_with_delimiter(std::string prefix = {}) {
    ListRequest request(std::move(prefix));
    request.delimiter = true;
    return list(std::move(request));
  }
  void copy(CopyRequest request) { drive(copy_async(std::move(request))); }
  void rename(CopyRequest request) { drive(rename_async(std::move(request))); }
  std::string sign(SignRequest request) { return drive(sign_async(std::move(request))); }
};

// Throws what `request`'s conditions ask for given the object as it is (RFC 9110, section 13.2.2). For
// stores that check them themselves.
void check_preconditions(const GetRequest& request, const ObjectMeta& meta);

// For stores that send no HTTP requests: throws not_supported for any.
void refuse_headers(const RequestHeaders& headers);

// Uploads a large body as parts of `part_size` bytes, `concurrency` at a time; small ones, and all on a store
// that has no uploads in parts, with one put.
// On failure the upload is aborted and the old object is as it was. Put modes other than overwrite and
// further headers need one put, whatever the size.
struct UploadOptions {
  UploadOptions() {}
  std::size_t part_size = 8u << 20;
  std::size_t concurrency = 8;
};
Task<PutResult> upload_async(std::shared_ptr<ObjectStore> store, PutRequest request, UploadOptions options);
inline PutResult upload(std::shared_ptr<ObjectStore> store, PutRequest request, UploadOptions options = {}) {
  return drive(upload_async(std::move(store), std::move(request), options));
}

}  // namespace storelink

#include "storelink/detail/store_defaults.hpp"  // IWYU pragma: export
#include "storelink/detail/upload.hpp"          // IWYU pragma: export
