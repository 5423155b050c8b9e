#include "cloud/canonical_request.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include <storelink/error.hpp>

#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::cloud {

namespace {

// Changed, added or removed by HTTP clients and proxies, or the signature itself.
constexpr std::array<std::string_view, 16> unsigned_headers = {"accept-encoding",
                                                               "authorization",
                                                               "connection",
                                                               "content-length",
                                                               "expect",
                                                               "host",
                                                               "keep-alive",
                                                               "proxy-authenticate",
                                                               "proxy-authorization",
                                                               "proxy-connection",
                                                               "te",
                                                               "trailer",
                                                               "transfer-encoding",
                                                               "upgrade",
                                                               "user-agent",
                                                               "x-amzn-trace-id"};

bool is_signed(std::string_view name) {
  return std::none_of(unsigned_headers.begin(), unsigned_headers.end(),
                      [name](std::string_view other) { return codec::iequals(name, other); });
}

bool less_ignoring_case(std::string_view a, std::string_view b) {
  return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    return static_cast<unsigned char>(codec::to_lower_ascii(x)) <
           static_cast<unsigned char>(codec::to_lower_ascii(y));
  });
}

// Adds `header` behind those whose lower-case name is less or equal. An insertion sort: stable, without
// a buffer, and requests have about ten headers.
void insert_sorted(std::vector<HeaderView>& sorted, const HeaderView& header) {
  auto place = sorted.end();
  while (place != sorted.begin() && less_ignoring_case(header.name, std::prev(place)->name)) --place;
  sorted.insert(place, header);
}

void append_lower(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.append(text);
  for (std::size_t i = start; i < out.size(); ++i) out[i] = codec::to_lower_ascii(out[i]);
}

bool has_space(std::string_view text) {
  for (const char c : text) {
    if (codec::is_ascii_space(c)) return true;
  }
  return false;
}

// The value without white space at its ends, every inner run of white space made one space.
void append_header_value(std::string& out, std::string_view value) {
  value = codec::trim(value);
  if (!has_space(value)) {
    out.append(value);
    return;
  }
  bool space_before = false;
  for (const char c : value) {
    const bool space = codec::is_ascii_space(c);
    if (!space) {
      out.push_back(c);
    } else if (!space_before) {
      out.push_back(' ');
    }
    space_before = space;
  }
}

}  // namespace

std::vector<HeaderView> canonical_headers(std::string_view host, const HeaderList& headers) {
  std::vector<HeaderView> sorted;
  sorted.reserve(headers.size() + 1);
  sorted.push_back({"host", host});
  for (const auto& [name, value] : headers) {
    if (is_signed(name)) insert_sorted(sorted, {name, value});
  }
  return sorted;
}

void append_canonical_headers(std::string& out, const std::vector<HeaderView>& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && codec::iequals(headers[i].name, headers[i - 1].name)) {
      out.back() = ',';
    } else {
      append_lower(out, headers[i].name);
      out.push_back(':');
    }
    append_header_value(out, headers[i].value);
    out.push_back('\n');
  }
}

void append_header_names(std::string& out, const std::vector<HeaderView>& headers) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && codec::iequals(headers[i].name, headers[i - 1].name)) continue;
    if (i > 0) out.push_back(';');
    append_lower(out, headers[i].name);
  }
}

void append_canonical_query(std::string& out, std::string_view query) {
  std::vector<std::pair<std::string_view, std::string_view>> items;
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
    if (item.empty()) continue;
    const std::size_t equals = item.find('=');
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : item.substr(equals + 1);
    items.emplace_back(item.substr(0, equals), value);
  }
  std::sort(items.begin(), items.end());
  bool first = true;
  for (const auto& [name, value] : items) {
    if (!first) out.push_back('&');
    first = false;
    out.append(name).append("=").append(value);
  }
}

std::size_t canonical_size(const std::vector<HeaderView>& headers, std::size_t rest) {
  std::size_t size = rest + 128;
  for (const HeaderView& header : headers) size += 2 * header.name.size() + header.value.size() + 3;
  return size;
}

Presigned presign_query(const PresignRules& rules, std::string_view method, const codec::Url& url,
                        std::string_view path, std::string_view credential, std::string_view date,
                        std::chrono::seconds expires_in, std::string_view security_token,
                        const HeaderList& signed_headers, std::string_view payload_hash) {
  constexpr std::chrono::seconds longest = std::chrono::days(7);
  if (expires_in < std::chrono::seconds(1) || expires_in > longest) {
    throw Error(ErrorKind::generic, "a presigned URL must expire after 1 to 604800 seconds, not after " +
                                        std::to_string(expires_in.count()));
  }
  const std::string authority = url.authority();
  const std::vector<HeaderView> headers = canonical_headers(authority, signed_headers);
  std::string names;
  append_header_names(names, headers);

  std::string query = url.query;
  const auto add_item = [&query, &rules](std::string_view name, std::string_view value) {
    if (!query.empty()) query.push_back('&');
    query.append(rules.parameter_prefix).append(name).append("=");
    codec::append_percent_encoded(query, value, codec::Keep::unreserved);
  };
  add_item("Algorithm", rules.algorithm);
  add_item("Credential", credential);
  add_item("Date", date);
  add_item("Expires", std::to_string(expires_in.count()));
  add_item("SignedHeaders", names);
  if (!security_token.empty()) add_item("Security-Token", security_token);

  Presigned made;
  std::string& canonical = made.canonical_request;
  canonical.reserve(canonical_size(headers, path.size() + query.size()));
  canonical.append(method).append("\n").append(path).append("\n");
  const std::size_t query_start = canonical.size();
  append_canonical_query(canonical, query);
  const std::size_t query_size = canonical.size() - query_start;
  canonical.push_back('\n');
  append_canonical_headers(canonical, headers);
  canonical.append("\n").append(names).append("\n").append(payload_hash);

  made.url = url.scheme + "://" + authority;
  made.url.append(url.path.empty() ? "/" : url.path).append("?").append(canonical, query_start, query_size);
  made.url.append("&").append(rules.parameter_prefix).append("Signature=");
  return made;
}

std::string string_to_sign(std::string_view algorithm, std::string_view date, std::string_view scope,
                           std::string_view canonical_request) {
  std::string text;
  text.reserve(192);
  text.append(algorithm).append("\n").append(date).append("\n").append(scope).append("\n");
  codec::append_hex(text, codec::sha256(canonical_request));
  return text;
}

}  // namespace storelink::cloud
