#include "cloud/aws/sigv4.hpp"

#include <algorithm>

#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::cloud {

namespace {

constexpr std::string_view algorithm = "AWS4-HMAC-SHA256";
constexpr std::size_t day_length = 8;  // the leading YYYYMMDD of an x-amz-date

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

}  // namespace

SigV4Signer::SigV4Signer(std::string region, std::string service, SigV4Rules rules, std::string token_header)
    : region_(std::move(region)),
      service_(std::move(service)),
      rules_(rules),
      token_header_(std::move(token_header)) {}

void SigV4Signer::sign(const SignableRequest& request, const AwsCredentials& credentials,
                       codec::Timestamp now, std::string_view payload_hash) const {
  const std::string amz_date = codec::format_amz_date(now);
  set_header(request.headers, "x-amz-date", amz_date);
  if (rules_ == SigV4Rules::s3) set_header(request.headers, "x-amz-content-sha256", payload_hash);
  if (credentials.session_token.empty()) {
    remove_header(request.headers, token_header_);
  } else {
    set_header(request.headers, token_header_, credentials.session_token);
  }

  const std::vector<HeaderView> headers = canonical_headers(request.host, request.headers);
  std::string canonical;
  canonical.reserve(canonical_size(headers, request.path.size() + request.query.size()));
  canonical.append(request.method).append("\n");
  append_canonical_path(canonical, request.path);
  canonical.push_back('\n');
  append_canonical_query(canonical, request.query);
  canonical.push_back('\n');
  append_canonical_headers(canonical, headers);
  canonical.push_back('\n');
  const std::size_t names_start = canonical.size();
  append_header_names(canonical, headers);
  const std::size_t names_size = canonical.size() - names_start;
  canonical.append("\n").append(payload_hash);

  const std::string scope = scope_of(amz_date);
  std::string authorization;
  authorization.reserve(256 + names_size);
  authorization.append(algorithm).append(" Credential=").append(credentials.access_key_id).append("/");
  authorization.append(scope).append(", SignedHeaders=").append(canonical, names_start, names_size);
  authorization.append(", Signature=");
  append_signature(authorization, string_to_sign(algorithm, amz_date, scope, canonical), amz_date,
                   credentials.secret_access_key);
  set_header(request.headers, "authorization", authorization);
}

std::string SigV4Signer::presign(std::string_view method, const codec::Url& url,
                                 const AwsCredentials& credentials, codec::Timestamp now,
                                 std::chrono::seconds expires_in, const HeaderList& signed_headers,
                                 std::string_view payload_hash) const {
  const std::string amz_date = codec::format_amz_date(now);
  const std::string scope = scope_of(amz_date);
  std::string path;
  append_canonical_path(path, url.path);
  Presigned made =
      presign_query({"X-Amz-", algorithm}, method, url, path, credentials.access_key_id + "/" + scope,
                    amz_date, expires_in, credentials.session_token, signed_headers, payload_hash);
  append_signature(made.url, string_to_sign(algorithm, amz_date, scope, made.canonical_request), amz_date,
                   credentials.secret_access_key);
  return std::move(made.url);
}

void SigV4Signer::append_signature(std::string& out, std::string_view to_sign, std::string_view amz_date,
                                   const std::string& secret) const {
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

std::string SigV4Signer::scope_of(std::string_view amz_date) const {
  std::string scope;
  scope.reserve(64);
  scope.append(amz_date.substr(0, day_length)).append("/").append(region_).append("/").append(service_);
  return scope.append("/aws4_request");
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
