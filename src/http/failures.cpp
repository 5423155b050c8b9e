#include "http/failures.hpp"

#include <fmt/format.h>

#include "codec/url.hpp"

namespace storelink::http {

std::string server_of(const std::string& url) {
  try {
    const auto parsed = codec::parse_url(url);
    return parsed.scheme + "://" + parsed.authority();
  } catch (const Error&) {
    return codec::redact_url(url);
  }
}

TransportError cancelled() {
  return {ErrorKind::cancelled, "the request was cancelled", true};
}

TransportError timed_out(std::string_view where, bool connected) {
  return {ErrorKind::timeout,
          connected ? fmt::format("{} did not answer in time (client options timeout, read_timeout)", where)
                    : fmt::format("no connection to {} in time (client option connect_timeout)", where),
          connected};
}

TransportError certificate_refused(std::string_view where, std::string_view why) {
  return {ErrorKind::generic,
          fmt::format("the certificate of {} was not accepted: {} (client option root_certificate names a "
                      "further authority)",
                      where, why),
          false};
}

TransportError unknown_host(std::string_view where) {
  return {ErrorKind::io, fmt::format("the host name of {} is not known; is the address right?", where),
          false};
}

TransportError cannot_connect(std::string_view where, std::string_view why) {
  return {ErrorKind::io,
          fmt::format("cannot connect to {}: {}; is the address right, and does the server run?", where, why),
          false};
}

TransportError exchange_failed(std::string_view where, std::string_view why, bool may_have_arrived) {
  return {ErrorKind::io, fmt::format("the exchange with {} failed: {}", where, why), may_have_arrived};
}

}  // namespace storelink::http
