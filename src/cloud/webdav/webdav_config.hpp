// The settings of a store on a web server, parsed and checked.
#pragma once

#include <string>

#include "http/client_options.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::webdav {

struct WebDavConfig {
  http::ClientOptions client;
  std::string origin;          // "https://example.com:8443"
  std::string path;            // of the base URL, encoded as it was given; begins with a slash
  std::string user, password;  // both empty: no authentication
};

// Errors as make_http_store() has them.
WebDavConfig parse_webdav_config(const HttpOptions& options);

}  // namespace storelink::cloud::webdav
