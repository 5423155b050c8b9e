// Client options: how connections are made, from the `client_options` settings.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "storelink/stores.hpp"
#include "storelink/transport.hpp"

namespace storelink::http {

struct ClientOptions {
  ClientOptions() {}
  bool allow_http = false;
  bool allow_invalid_certificates = false;
  bool disable_system_certificates = false;
  std::chrono::nanoseconds connect_timeout = std::chrono::seconds(5);
  std::optional<std::chrono::nanoseconds> read_timeout;         // no byte for so long
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);  // a whole request
  std::string default_content_type;                             // of a put without one
  bool http1_only = true;
  bool http2_only = false;
  std::chrono::nanoseconds pool_idle_timeout = std::chrono::seconds(90);
  std::optional<std::size_t> pool_max_idle_per_host;
  std::string proxy_url, proxy_ca_certificate, proxy_excludes;
  bool randomize_addresses = true;
  std::string user_agent = "storelink/0.1.0";
  Headers default_headers;
  std::string root_certificate;  // PEM text, beside the system's roots
  std::optional<std::chrono::nanoseconds> http2_keep_alive_interval, http2_keep_alive_timeout;
  bool http2_keep_alive_while_idle = false;
  std::optional<std::size_t> http2_max_frame_size;
};

std::span<const std::string_view> client_option_names() noexcept;

// Checks every key and value. `default_headers` is given as one "name: value" per line.
ClientOptions parse_client_options(const Settings& settings);

// Connections that are kept and shared by all requests on an event loop. http:// URLs are refused unless
// allow_http.
std::shared_ptr<Transport> make_transport(ClientOptions options);

}  // namespace storelink::http
