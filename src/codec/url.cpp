#include "codec/url.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include <storelink/error.hpp>

#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::codec {

namespace {

constexpr std::string_view redacted = "REDACTED";

// Query parameters whose value lets its holder in, or is half of what does. Lower case.
constexpr std::array<std::string_view, 20> secret_parameters = {"x-amz-signature",
                                                                "x-amz-credential",
                                                                "x-amz-security-token",
                                                                "x-goog-signature",
                                                                "x-goog-credential",
                                                                "x-goog-security-token",
                                                                "signature",
                                                                "awsaccesskeyid",
                                                                "googleaccessid",
                                                                "sig",
                                                                "token",
                                                                "access_token",
                                                                "refresh_token",
                                                                "id_token",
                                                                "sas_token",
                                                                "api_key",
                                                                "assertion",
                                                                "client_assertion",
                                                                "client_secret",
                                                                "password"};

constexpr bool is_control(char c) noexcept {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool is_secret_parameter(std::string_view encoded_name) {
  const std::string name = to_lower(percent_decode(encoded_name));
  return std::find(secret_parameters.begin(), secret_parameters.end(), name) != secret_parameters.end();
}

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_ascii_alpha(text.front())) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == '+' || c == '-' || c == '.';
  });
}

// reg-name or IPv4 address: unreserved, sub-delims and escapes.
bool is_registered_name(std::string_view text) {
  constexpr std::string_view others = "-._~!$&'()*+,;=%";
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || others.find(c) != std::string_view::npos;
  });
}

// Inside brackets: an IPv6 address (with a zone at most) or IPvFuture. Checked by alphabet only; the
// resolver knows the rest.
bool is_ip_literal(std::string_view text) {
  if (text.find(':') == std::string_view::npos) return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return is_ascii_alpha(c) || is_ascii_digit(c) || c == ':' || c == '.' || c == '%' || c == '-' ||
           c == '_' || c == '~';
  });
}

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "http") return 80;
  if (scheme == "https") return 443;
  return 0;
}

[[noreturn]] void fail(std::string_view url, std::string_view why) {
  std::string message = "invalid URL \"";
  message.append(redact_url(url)).append("\": ").append(why);
  throw Error(ErrorKind::generic, std::move(message));
}

std::uint16_t parse_port(std::string_view text, std::string_view url) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || port == 0) fail(url, "the port must be a number from 1 to 65535");
  return port;
}

void parse_user_info(std::string_view text, Url& out) {
  const std::size_t colon = text.find(':');
  out.user = percent_decode(text.substr(0, colon));
  if (colon != std::string_view::npos) out.password = percent_decode(text.substr(colon + 1));
}

void parse_authority(std::string_view text, std::string_view url, Url& out) {
  const std::size_t at = text.rfind('@');
  if (at != std::string_view::npos) {
    parse_user_info(text.substr(0, at), out);
    text.remove_prefix(at + 1);
  }
  std::string_view host = text;
  std::string_view rest;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == std::string_view::npos) fail(url, "the IPv6 address has no closing bracket");
    host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (!is_ip_literal(host)) fail(url, "what stands in brackets is no IPv6 address");
    if (!rest.empty() && rest.front() != ':') fail(url, "only a port may follow the closing bracket");
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != std::string_view::npos) rest = text.substr(colon);
    if (!is_registered_name(host)) fail(url, "the host has a character that hosts cannot have");
  }
  if (rest.size() > 1) out.port = parse_port(rest.substr(1), url);
  if (host.empty() && (at != std::string_view::npos || !rest.empty())) fail(url, "the host is missing");
  out.host_as_given = host;
  out.host = to_lower(host);
}

// Moves what follows the first `mark` out of `text` into `part`.
void split_off(std::string_view& text, char mark, std::string& part) {
  const std::size_t at = text.find(mark);
  if (at == std::string_view::npos) return;
  part = text.substr(at + 1);
  text = text.substr(0, at);
}

}  // namespace

std::string Url::authority() const {
  std::string out;
  const bool is_ipv6 = host.find(':') != std::string::npos;
  if (is_ipv6) out.push_back('[');
  out += host;
  if (is_ipv6) out.push_back(']');
  if (port != 0 && port != default_port(scheme)) out.append(":").append(std::to_string(port));
  return out;
}

std::string Url::to_string() const {
  std::string out = scheme + ":";
  if (has_authority) out.append("//").append(authority());
  out += path;
  if (!query.empty()) out.append("?").append(query);
  if (!fragment.empty()) out.append("#").append(fragment);
  return out;
}

Url parse_url(std::string_view url) {
  if (std::any_of(url.begin(), url.end(), is_control))
    fail(url, "it has a control character; percent-encode it");
  Url out;
  std::string_view rest = url;
  const std::size_t colon = rest.find_first_of(":/?#");
  if (colon == std::string_view::npos || rest[colon] != ':' || !is_scheme(rest.substr(0, colon))) {
    fail(url, "it does not begin with a scheme such as https: or s3:");
  }
  out.scheme = to_lower(rest.substr(0, colon));
  rest.remove_prefix(colon + 1);
  split_off(rest, '#', out.fragment);
  split_off(rest, '?', out.query);
  if (rest.starts_with("//")) {
    rest.remove_prefix(2);
    out.has_authority = true;
    const std::string_view authority = rest.substr(0, rest.find('/'));
    rest.remove_prefix(authority.size());
    parse_authority(authority, url, out);
  }
  if (out.host.empty() && default_port(out.scheme) != 0) fail(url, "the host is missing");
  out.path = rest;
  return out;
}

std::string encode_query(const QueryItems& items) {
  std::string out;
  for (const auto& [key, value] : items) {
    if (!out.empty()) out.push_back('&');
    append_percent_encoded(out, key, Keep::unreserved);
    out.push_back('=');
    append_percent_encoded(out, value, Keep::unreserved);
  }
  return out;
}

QueryItems parse_query(std::string_view query) {
  QueryItems items;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    std::string value;
    if (equals != std::string_view::npos) value = percent_decode(item.substr(equals + 1));
    items.emplace_back(percent_decode(item.substr(0, equals)), std::move(value));
  }
  return items;
}

std::string redact_query(std::string_view url) {
  const std::size_t mark = url.find('?');
  if (mark == std::string_view::npos) return std::string(url);
  std::string out(url.substr(0, mark + 1));
  out.reserve(url.size());
  std::string_view rest = url.substr(mark + 1);
  while (!rest.empty()) {
    const std::string_view item = rest.substr(0, rest.find_first_of("&#"));
    const std::size_t equals = item.find('=');
    if (equals != std::string_view::npos && is_secret_parameter(item.substr(0, equals))) {
      out.append(item.substr(0, equals + 1)).append(redacted);
    } else {
      out += item;
    }
    rest.remove_prefix(item.size());
    if (rest.empty()) break;
    if (rest.front() == '#') return out.append(rest);
    out.push_back('&');
    rest.remove_prefix(1);
  }
  return out;
}

std::string redact_url(std::string_view url) {
  std::string out;
  const std::size_t at = url.rfind('@');
  if (at != std::string_view::npos) {
    // A password may hold "/", "?" and "#" that should have been encoded, so everything up to the last
    // "@" may belong to it.
    const std::size_t slashes = url.find("//");
    const std::size_t start = slashes < at ? slashes + 2 : 0;
    out.append(url.substr(0, start)).append(redacted);
    url.remove_prefix(at);
  }
  const std::size_t mark = url.find_first_of("?#");
  out += url.substr(0, mark);
  if (mark != std::string_view::npos) out.append(1, url[mark]).append(redacted);
  std::replace_if(out.begin(), out.end(), is_control, '?');
  return out;
}

}  // namespace storelink::codec
