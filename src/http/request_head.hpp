// The head of an HTTP/1.1 request (RFC 9112), and the server that it goes to.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storelink/transport.hpp"

namespace storelink::http {

// The server of an http or https URL. The views point into the URL.
struct Origin {
  bool tls = false;
  std::string_view text;       // scheme://host[:port]
  std::string_view authority;  // as a Host header has it: without a scheme's own port
  std::string_view target;     // path and query, as written
  std::string_view user_info;  // before the "@"; secret
};

// Throws Error(generic) for a URL of another scheme.
Origin origin_of(std::string_view url);

struct HostPort {
  std::string host;  // without brackets
  std::uint16_t port = 0;
};
HostPort host_and_port(const Origin& origin);

// Writes request line and headers into `head`, replacing what it holds: Host, the request's headers, those of
// `defaults` that it does not have, Content-Length. A Host, Content-Length or Transfer-Encoding among them is
// left out. Throws Error(generic) where a value would end its line.
void write_head(const HttpRequest& request, const Origin& origin, const Headers& defaults, std::string& head);

}  // namespace storelink::http
