#include "http/client_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "codec/text.hpp"
#include "codec/time.hpp"
#include "codec/url.hpp"

namespace storelink::http {

namespace {

bool boolean(const std::string& key, const std::string& text) {
  if (const auto value = codec::parse_bool(text)) return *value;
  throw Error(ErrorKind::generic,
              fmt::format("client option {} is {:?}; accepted are true and false", key, text));
}

std::chrono::nanoseconds duration(const std::string& key, const std::string& text) {
  if (const auto value = codec::parse_duration(text)) return *value;
  throw Error(
      ErrorKind::generic,
      fmt::format("client option {} is {:?}; accepted is a time such as \"30s\", \"1m 30s\" or \"500ms\"",
                  key, text));
}

std::size_t count(const std::string& key, const std::string& text) {
  if (const auto value = codec::parse_number(text)) return *value;
  throw Error(ErrorKind::generic,
              fmt::format("client option {} is {:?}; accepted is a number without sign", key, text));
}

// As HTTP/2 has it (RFC 9113, section 6.5.2).
std::size_t frame_size(const std::string& key, const std::string& text) {
  const auto value = codec::parse_number(text);
  if (value && *value >= (1u << 14) && *value < (1u << 24)) return *value;
  throw Error(
      ErrorKind::generic,
      fmt::format("client option {} is {:?}; accepted is a number from 16384 to 16777215", key, text));
}

Headers header_lines(const std::string& key, const std::string& text) {
  Headers headers;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string_view line = codec::trim(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
    if (line.empty()) continue;
    const std::size_t colon = line.find(':');
    // The value may be secret: it is not quoted.
    if (colon == 0 || colon == std::string_view::npos)
      throw Error(
          ErrorKind::generic,
          fmt::format("client option {} has a line without a header name; accepted is \"name: value\"", key));
    headers.emplace_back(codec::to_lower(codec::trim(line.substr(0, colon))),
                         codec::trim(line.substr(colon + 1)));
  }
  return headers;
}

std::string certificate(const std::string& key, const std::string& text) {
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string::npos)
    throw Error(ErrorKind::generic, fmt::format("client option {} holds no PEM certificate", key));
  return text;
}

// Where no scheme is given, http is meant. The user and the password in it are not quoted.
std::string proxy(const std::string& key, const std::string& text) {
  const std::string url = text.find("://") == std::string::npos ? "http://" + text : text;
  constexpr std::string_view schemes[] = {"http", "https", "socks4", "socks4a", "socks5", "socks5h"};
  try {
    const codec::Url parsed = codec::parse_url(url);
    if (std::find(std::begin(schemes), std::end(schemes), parsed.scheme) != std::end(schemes) &&
        !parsed.host.empty())
      return url;
  } catch (const Error&) {  // worded below
  }
  throw Error(
      ErrorKind::generic,
      fmt::format("client option {} is {:?}; accepted is a URL with http, https, socks4, socks4a, socks5 or "
                  "socks5h, such as \"http://proxy.example.com:3128\"",
                  key, codec::redact_url(text)));
}

struct Row {
  std::string_view name;
  void (*set)(ClientOptions&, const std::string& key, const std::string& value);
};

using O = ClientOptions;
using S = const std::string&;

constexpr std::array rows = {
    Row{"allow_http", [](O& o, S k, S v) { o.allow_http = boolean(k, v); }},
    Row{"allow_invalid_certificates", [](O& o, S k, S v) { o.allow_invalid_certificates = boolean(k, v); }},
    Row{"connect_timeout", [](O& o, S k, S v) { o.connect_timeout = duration(k, v); }},
    Row{"default_content_type", [](O& o, S, S v) { o.default_content_type = v; }},
    Row{"default_headers", [](O& o, S k, S v) { o.default_headers = header_lines(k, v); }},
    Row{"disable_system_certificates", [](O& o, S k, S v) { o.disable_system_certificates = boolean(k, v); }},
    Row{"http1_only", [](O& o, S k, S v) { o.http1_only = boolean(k, v); }},
    Row{"http2_keep_alive_interval", [](O& o, S k, S v) { o.http2_keep_alive_interval = duration(k, v); }},
    Row{"http2_keep_alive_timeout", [](O& o, S k, S v) { o.http2_keep_alive_timeout = duration(k, v); }},
    Row{"http2_keep_alive_while_idle", [](O& o, S k, S v) { o.http2_keep_alive_while_idle = boolean(k, v); }},
    Row{"http2_max_frame_size", [](O& o, S k, S v) { o.http2_max_frame_size = frame_size(k, v); }},
    Row{"http2_only",
        [](O& o, S k, S v) {
          o.http2_only = boolean(k, v);
          if (o.http2_only) o.http1_only = false;
        }},
    Row{"pool_idle_timeout", [](O& o, S k, S v) { o.pool_idle_timeout = duration(k, v); }},
    Row{"pool_max_idle_per_host", [](O& o, S k, S v) { o.pool_max_idle_per_host = count(k, v); }},
    Row{"proxy_ca_certificate", [](O& o, S k, S v) { o.proxy_ca_certificate = certificate(k, v); }},
    Row{"proxy_excludes", [](O& o, S, S v) { o.proxy_excludes = v; }},
    Row{"proxy_url", [](O& o, S k, S v) { o.proxy_url = proxy(k, v); }},
    Row{"randomize_addresses", [](O& o, S k, S v) { o.randomize_addresses = boolean(k, v); }},
    Row{"read_timeout", [](O& o, S k, S v) { o.read_timeout = duration(k, v); }},
    Row{"root_certificate", [](O& o, S k, S v) { o.root_certificate = certificate(k, v); }},
    Row{"timeout", [](O& o, S k, S v) { o.timeout = duration(k, v); }},
    Row{"user_agent", [](O& o, S, S v) { o.user_agent = v; }},
};

const Row* find_row(const std::string& key) {
  const auto found = std::find_if(rows.begin(), rows.end(),
                                  [&key](const Row& row) { return codec::iequals(row.name, key); });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

std::span<const std::string_view> client_option_names() noexcept {
  static constexpr auto names = [] {
    std::array<std::string_view, rows.size()> all;
    std::transform(rows.begin(), rows.end(), all.begin(), [](const Row& row) { return row.name; });
    return all;
  }();
  return names;
}

ClientOptions parse_client_options(const Settings& settings) {
  ClientOptions options;
  std::set<std::string_view> seen;
  for (const auto& [key, value] : settings) {
    const Row* row = find_row(key);
    if (row == nullptr) {
      const std::string_view near = codec::nearest_match(key, client_option_names());
      throw Error(
          ErrorKind::unknown_config_key,
          fmt::format("unknown client option {:?}{}", key,
                      near.empty() ? std::string() : fmt::format("; the nearest known one is {:?}", near)));
    }
    if (!seen.insert(row->name).second)
      throw Error(ErrorKind::generic, fmt::format("client option {} was given twice", row->name));
    row->set(options, std::string(row->name), value);
  }
  if (options.http1_only && options.http2_only)
    throw Error(ErrorKind::generic, "client options http1_only and http2_only exclude each other");
  return options;
}

}  // namespace storelink::http

namespace storelink {

std::string client_option_name(const std::string& key) {
  const http::Row* row = http::find_row(key);
  return row == nullptr ? std::string() : std::string(row->name);
}

}  // namespace storelink
