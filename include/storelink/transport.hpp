// Transport: how a request becomes a response. The library has its own; tests and users bring others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "storelink/detail/linked.hpp"
#include "storelink/object_store.hpp"

namespace storelink {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name (any case), or null.
STORELINK_LINKED const std::string* find_header(const Headers& headers, std::string_view name) noexcept;

struct HttpRequest {
  HttpRequest() {}
  std::string method;
  std::string url;  // absolute, already percent-encoded; sent as it is
  Headers headers;  // Host and Content-Length are the transport's
  Bytes body;
  Sink sink = Sink::collect;      // of a 2xx body; any other body is collected (at most 1 MiB is kept)
  std::span<std::byte> buffer;    // Sink::into
  std::size_t collect_up_to = 0;  // Sink::stream: a body of known length up to this may be collected
};

struct HttpResponse {
  HttpResponse() {}
  int status = 0;
  Headers headers;                     // names in lower case
  Bytes body;                          // collected
  std::size_t written = 0;             // Sink::into
  std::unique_ptr<BodyStream> stream;  // Sink::stream, unless the body was collected
  // Set when the connection broke after the headers: `body` or `written` is then what had arrived.
  std::optional<Error> broken;
};

// Thread-safe. Throws TransportError when no response came, of kind io or timeout where it may be tried
// again; Error(cancelled).
class Transport {
 public:
  virtual ~Transport() = default;
  virtual Task<HttpResponse> send_async(HttpRequest request) = 0;
};

// What a transport throws when no complete response arrived. `may_have_arrived` is false when the request
// certainly never reached the server (name look-up or connection failed), so that anything may be repeated.
// It is among the Error's details, so it is kept when the Error is passed on by value, as Error::at() does.
class TransportError : public Error {
 public:
  TransportError(ErrorKind kind, std::string message, bool may_have_arrived)
      : Error(make(kind, std::move(message), may_have_arrived)) {}
  bool may_have_arrived() const noexcept { return details().may_have_arrived.value_or(true); }

 private:
  static ErrorDetails make(ErrorKind kind, std::string message, bool may_have_arrived) {
    ErrorDetails details;
    details.kind = kind;
    details.message = std::move(message);
    details.may_have_arrived = may_have_arrived;
    return details;
  }
};

}  // namespace storelink
