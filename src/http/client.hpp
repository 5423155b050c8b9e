// Client: requests with the retry rules, and GETs that are resumed when the body breaks midway.
#pragma once

#include <functional>
#include <memory>

#include "storelink/stores.hpp"
#include "storelink/transport.hpp"

namespace storelink::http {

// Whether a request whose answer was lost may be sent again.
enum class Repeat : std::uint8_t {
  always,          // repeating has the same effect: reads, plain writes, deletes
  if_not_arrived,  // a conditional write: only when the first try certainly had no effect
};

struct SendOptions {
  SendOptions() {}
  explicit SendOptions(Repeat r) : repeat(r) {}
  Repeat repeat = Repeat::always;
  // The service may answer 200 with an error document (S3's copy and complete-multipart): such an answer
  // is taken for a 500.
  bool error_in_success = false;
  // Return a body that broke midway as it is, instead of asking for all of it again.
  bool keep_broken = false;
};

// Makes the request anew for each try, since its signature holds the time.
using MakeRequest = std::function<Task<HttpRequest>()>;
// The same for a GET of `range` that must still find the object with `if_match` when that is not empty.
using MakeGet = std::function<Task<HttpRequest>(GetRange range, std::string if_match)>;

class Client {
 public:
  Client(std::shared_ptr<Transport> transport, RetryConfig retry);

  // The first response that is not to be retried, or the last one; a collected body is whole. 408, 429, 5xx
  // and lost connections are retried with decorrelated jitter; Retry-After (RFC 9110, seconds or date) is a
  // lower bound.
  Task<HttpResponse> send_async(MakeRequest make, SendOptions options) const;

  // As send_async for a GET. A body that breaks is continued from where it broke, with a range and the
  // first response's etag as If-Match, under the same limits, which count anew when another MiB has arrived;
  // without a strong etag the break is an Error(io). Status, headers and sink are those of the first
  // response.
  Task<HttpResponse> get_async(MakeGet make, GetRange range) const;

 private:
  struct Shared;
  std::shared_ptr<const Shared> shared_;
};

}  // namespace storelink::http
