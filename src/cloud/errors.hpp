// What a service's answer means as an Error.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "cloud/headers.hpp"
#include "cloud/xml_listing.hpp"
#include "storelink/error.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud {

// What the failed request had asked for, as far as that changes what a status means.
enum class Condition : std::uint8_t {
  none,
  create,  // only where there is no object: 412 and 409 → already_exists
  update,  // only onto the known object: 404 (of the key), 409 and 412 → precondition
};

struct Situation {
  Situation(std::string_view v, std::string_view s, std::string_view p) : verb(v), store(s), path(p) {}
  std::string_view verb;   // for the message: "get", "put" …
  std::string_view store;  // "s3://bucket"
  std::string_view path;   // the key asked for
  Condition condition = Condition::none;
  int conflict_status = 412;  // the status that says "it exists already" (create)
  GetRange range;             // of a get
};

// The Error for a response that is no success. Message: the service's code and message, and what to check
// where that is known. Redacted as redact() does; `service` comes from the dialect's parse_error().
Error make_error(const Situation& situation, const HttpResponse& response, const ServiceError& service,
                 const HeaderNames& names);

// The status that a service's error code stands for; 0 for codes that say nothing. For answers that carry the
// code in a 200, and for single keys of a bulk delete.
int status_of_code(std::string_view code) noexcept;

// Whether an error's code says that the whole bucket is missing or going, and not just the key.
bool is_about_bucket(std::string_view code) noexcept;

// An error that the service reported for one key inside a successful answer.
Error make_code_error(const Situation& situation, const DeleteFailure& failure);

// The text on one line, of bounded length, without signatures, tokens and signed queries.
std::string redact(std::string_view text);

}  // namespace storelink::cloud
