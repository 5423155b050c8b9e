#include "http/request_head.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"

namespace storelink::http {

namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

bool has_length(const HttpRequest& request) {
  return !request.body.empty() || request.method == "PUT" || request.method == "POST";
}

// These say where a request goes and where it ends: two of them would mean different things to different
// servers.
bool is_transports_own(std::string_view name) {
  return codec::iequals(name, "host") || codec::iequals(name, "content-length") ||
         codec::iequals(name, "transfer-encoding");
}

// RFC 7617.
std::string basic_credentials(std::string_view user_info) {
  std::string pair = codec::percent_decode(user_info);
  if (user_info.find(':') == std::string_view::npos) pair += ':';
  return "Basic " + codec::base64_encode(pair);
}

void add_line(std::string& head, std::string_view name, std::string_view value) {
  head.append(name).append(": ").append(value).append("\r\n");
}

// Nothing in `head` but the ends of its `lines` lines may look like one.
void check_lines(std::string_view head, std::ptrdiff_t lines) {
  if (std::count(head.begin(), head.end(), '\n') == lines &&
      std::count(head.begin(), head.end(), '\r') == lines && head.find('\0') == std::string_view::npos)
    return;
  throw Error(ErrorKind::generic, "a header or URL of this request has a line break or a NUL in it");
}

}  // namespace

Origin origin_of(std::string_view url) {
  Origin origin;
  std::size_t begin = 0;
  if (url.starts_with("http://")) {
    begin = 7;
  } else if (url.starts_with("https://")) {
    begin = 8;
    origin.tls = true;
  } else {
    throw Error(ErrorKind::generic, fmt::format("cannot send a request to {}: accepted are http and https",
                                                codec::redact_url(url)));
  }
  const std::size_t end = std::min(url.find_first_of("/?#", begin), url.size());
  origin.text = url.substr(0, end);
  origin.authority = url.substr(begin, end - begin);
  if (const std::size_t at = origin.authority.rfind('@'); at != std::string_view::npos) {
    origin.user_info = origin.authority.substr(0, at);
    origin.authority.remove_prefix(at + 1);
  }
  const std::string_view own_port = origin.tls ? ":443" : ":80";
  if (origin.authority.ends_with(own_port)) origin.authority.remove_suffix(own_port.size());
  origin.target = url.substr(end, url.find('#', end) - end);
  return origin;
}

HostPort host_and_port(const Origin& origin) {
  HostPort made;
  try {
    const codec::Url url = codec::parse_url(origin.text);
    made.host = url.host;
    made.port = url.port;
  } catch (const Error&) {
    // Its message might have a part of a password.
    throw Error(ErrorKind::generic, "the host or the port of this request's URL is not valid");
  }
  if (made.port == 0) made.port = origin.tls ? https_port : http_port;
  return made;
}

void write_head(const HttpRequest& request, const Origin& origin, const Headers& defaults,
                std::string& head) {
  head.clear();
  head.append(request.method).append(" ");
  if (!origin.target.starts_with('/')) head.append("/");
  head.append(origin.target).append(" HTTP/1.1\r\n");
  if (std::count(head.begin(), head.end(), ' ') != 2)
    throw Error(ErrorKind::generic,
                fmt::format("the URL {} has a space in it", codec::redact_url(request.url)));
  std::ptrdiff_t lines = 1;
  const auto add = [&](std::string_view name, std::string_view value) {
    add_line(head, name, value);
    ++lines;
  };
  add("Host", origin.authority);
  for (const auto& [name, value] : request.headers)
    if (!is_transports_own(name)) add(name, value);
  for (const auto& [name, value] : defaults)
    if (!is_transports_own(name) && find_header(request.headers, name) == nullptr) add(name, value);
  if (!origin.user_info.empty() && find_header(request.headers, "authorization") == nullptr)
    add("Authorization", basic_credentials(origin.user_info));
  if (has_length(request)) add("Content-Length", std::to_string(request.body.size()));
  check_lines(head, lines);
  head.append("\r\n");
}

}  // namespace storelink::http
