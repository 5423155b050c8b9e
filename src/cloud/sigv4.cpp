#include "cloud/sigv4.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

#include <storelink/error.hpp>

#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::cloud {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t day_length = 8;  // the leading YYYYMMDD of an x-amz-date

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

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

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

// The headers to sign, ordered by lower-case name; equal names keep their order.
std::vector<HeaderView> canonical_headers(std::string_view host, const HeaderList& headers) {
  std::vector<HeaderView> sorted;
  sorted.reserve(headers.size() + 1);
  sorted.push_back({"host", host});
  for (const auto& [name, value] : headers) {
    if (is_signed(name)) insert_sorted(sorted, {name, value});
  }
  return sorted;
}

void append_lower(std::string& out, std::string_view text) {
  const std::size_t start = out.size();
  out.append(text);
  for (std::size_t i = start; i < out.size(); ++i) out[i] = codec::to_lower_ascii(out[i]);
}

// The names joined by `separator`, each once.
void append_header_names(std::string& out, const std::vector<HeaderView>& headers,
                         std::string_view separator) {
  for (std::size_t i = 0; i < headers.size(); ++i) {
    if (i > 0 && codec::iequals(headers[i].name, headers[i - 1].name)) continue;
    if (i > 0) out += separator;
    append_lower(out, headers[i].name);
  }
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

// "name:value\n" for each header; the values of one name joined by commas.
void append_headers(std::string& out, const std::vector<HeaderView>& headers) {
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

// The items sorted by name, then value (not as whole items: "=" sorts after "-"), each with its "=".
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

// Empty segments and "." dropped, ".." resolved; a final "/" stays.
std::string normalize_path(std::string_view path) {
  std::vector<std::string_view> segments;
  const bool ends_with_slash = path.ends_with('/');
  while (!path.empty()) {
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(segment.size() + 1, path.size()));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      segments.push_back(segment);
    } else if (!segments.empty()) {
      segments.pop_back();
    }
  }
  std::string out;
  for (const std::string_view segment : segments) out.append("/").append(segment);
  if (out.empty() || ends_with_slash) out.push_back('/');
  return out;
}

void set_header(HeaderList& headers, std::string_view name, std::string_view value) {
  for (auto& [other, old_value] : headers) {
    if (!codec::iequals(other, name)) continue;
    old_value = value;
    return;
  }
  headers.emplace_back(name, value);
}

void remove_header(HeaderList& headers, std::string_view name) {
  std::erase_if(headers, [name](const auto& header) { return codec::iequals(header.first, name); });
}

// Enough for what follows it in the canonical request as well: separators, a hash, signed names.
std::size_t canonical_size(const std::vector<HeaderView>& headers, std::size_t rest) {
  std::size_t size = rest + 128;
  for (const HeaderView& header : headers) size += 2 * header.name.size() + header.value.size() + 3;
  return size;
}

}  // namespace

SigV4Signer::SigV4Signer(std::string region, std::string service, SigV4Rules rules)
    : region_(std::move(region)), service_(std::move(service)), rules_(rules) {}

void SigV4Signer::sign(const SignableRequest& request, const AwsCredentials& credentials,
                       codec::Timestamp now, std::string_view payload_hash) const {
  const std::string amz_date = codec::format_amz_date(now);
  set_header(request.headers, "x-amz-date", amz_date);
  if (rules_ == SigV4Rules::s3) set_header(request.headers, "x-amz-content-sha256", payload_hash);
  if (credentials.session_token.empty()) {
    remove_header(request.headers, "x-amz-security-token");
  } else {
    set_header(request.headers, "x-amz-security-token", credentials.session_token);
  }

  const std::vector<HeaderView> headers = canonical_headers(request.host, request.headers);
  std::string canonical;
  canonical.reserve(canonical_size(headers, request.path.size() + request.query.size()));
  canonical.append(request.method).append("\n");
  append_canonical_path(canonical, request.path);
  canonical.push_back('\n');
  append_canonical_query(canonical, request.query);
  canonical.push_back('\n');
  append_headers(canonical, headers);
  canonical.push_back('\n');
  const std::size_t names_start = canonical.size();
  append_header_names(canonical, headers, ";");
  const std::size_t names_size = canonical.size() - names_start;
  canonical.append("\n").append(payload_hash);

  std::string authorization;
  authorization.reserve(256 + names_size);
  authorization.append(algorithm).append(" Credential=").append(credentials.access_key_id).append("/");
  append_scope(authorization, amz_date);
  authorization.append(", SignedHeaders=").append(canonical, names_start, names_size).append(", Signature=");
  append_signature(authorization, canonical, amz_date, credentials.secret_access_key);
  set_header(request.headers, "authorization", authorization);
}

std::string SigV4Signer::presign(std::string_view method, const codec::Url& url,
                                 const AwsCredentials& credentials, codec::Timestamp now,
                                 std::chrono::seconds expires_in, const HeaderList& signed_headers,
                                 std::string_view payload_hash) const {
  constexpr std::chrono::seconds longest = std::chrono::days(7);
  if (expires_in < std::chrono::seconds(1) || expires_in > longest) {
    throw Error(ErrorKind::generic, "a presigned URL must expire after 1 to 604800 seconds, not after " +
                                        std::to_string(expires_in.count()));
  }
  const std::string amz_date = codec::format_amz_date(now);
  const std::string authority = url.authority();
  const std::vector<HeaderView> headers = canonical_headers(authority, signed_headers);

  std::string query = url.query;
  const auto add_item = [&query](std::string_view name, std::string_view value) {
    if (!query.empty()) query.push_back('&');
    query.append(name).append("=");
    codec::append_percent_encoded(query, value, codec::Keep::unreserved);
  };
  std::string credential = credentials.access_key_id + "/";
  append_scope(credential, amz_date);
  std::string names;
  append_header_names(names, headers, ";");
  add_item("X-Amz-Algorithm", algorithm);
  add_item("X-Amz-Credential", credential);
  add_item("X-Amz-Date", amz_date);
  add_item("X-Amz-Expires", std::to_string(expires_in.count()));
  add_item("X-Amz-SignedHeaders", names);
  if (!credentials.session_token.empty()) add_item("X-Amz-Security-Token", credentials.session_token);

  std::string canonical;
  canonical.reserve(canonical_size(headers, url.path.size() + query.size()));
  canonical.append(method).append("\n");
  append_canonical_path(canonical, url.path);
  canonical.push_back('\n');
  const std::size_t query_start = canonical.size();
  append_canonical_query(canonical, query);
  const std::size_t query_size = canonical.size() - query_start;
  canonical.push_back('\n');
  append_headers(canonical, headers);
  canonical.append("\n").append(names).append("\n").append(payload_hash);

  std::string signed_url = url.scheme + "://" + authority;
  signed_url.append(url.path.empty() ? "/" : url.path).append("?").append(canonical, query_start, query_size);
  signed_url.append("&X-Amz-Signature=");
  append_signature(signed_url, canonical, amz_date, credentials.secret_access_key);
  return signed_url;
}

void SigV4Signer::append_signature(std::string& out, std::string_view canonical_request,
                                   std::string_view amz_date, const std::string& secret) const {
  std::string to_sign;
  to_sign.reserve(192);
  to_sign.append(algorithm).append("\n").append(amz_date).append("\n");
  append_scope(to_sign, amz_date);
  to_sign.push_back('\n');
  codec::append_hex(to_sign, codec::sha256(canonical_request));
  const codec::Sha256 key = signing_key(secret, amz_date.substr(0, day_length));
  codec::append_hex(out, codec::hmac_sha256(codec::as_chars(key), to_sign));
}

codec::Sha256 SigV4Signer::signing_key(const std::string& secret, std::string_view day) const {
  {
    const std::lock_guard lock(mutex_);
    if (cached_day_ == day && cached_secret_ == secret) return cached_key_;
  }
  const codec::Sha256 key = derive_signing_key(secret, day);
  const std::lock_guard lock(mutex_);
  cached_day_.clear();  // an exception below must leave no entry that looks valid
  cached_secret_ = secret;
  cached_key_ = key;
  cached_day_ = day;
  return key;
}

codec::Sha256 SigV4Signer::derive_signing_key(const std::string& secret, std::string_view day) const {
  codec::Sha256 key = codec::hmac_sha256("AWS4" + secret, day);
  for (const std::string_view step :
       {std::string_view(region_), std::string_view(service_), std::string_view("aws4_request")}) {
    key = codec::hmac_sha256(codec::as_chars(key), step);
  }
  return key;
}

void SigV4Signer::append_scope(std::string& out, std::string_view amz_date) const {
  out.append(amz_date.substr(0, day_length)).append("/").append(region_).append("/").append(service_);
  out.append("/aws4_request");
}

void SigV4Signer::append_canonical_path(std::string& out, std::string_view path) const {
  if (path.empty()) path = "/";
  switch (rules_) {
    case SigV4Rules::s3: out += path; return;
    case SigV4Rules::generic:
      codec::append_percent_encoded(out, normalize_path(path), codec::Keep::unreserved_and_slash);
      return;
  }
}

}  // namespace storelink::cloud
