// The canonical form of a request that V4 signatures are made of, Amazon's and Google's alike.
//
// Sources: "Authenticating Requests (AWS Signature Version 4)" in the Amazon S3 API reference; "Canonical
// requests" in the Google Cloud Storage documentation. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "codec/time.hpp"
#include "codec/url.hpp"

namespace storelink::cloud {

// The payload hash that leaves the body out of the signature (allowed by S3 and by Google).
inline constexpr std::string_view unsigned_payload = "UNSIGNED-PAYLOAD";

using HeaderList = std::vector<std::pair<std::string, std::string>>;

struct HeaderView {
  std::string_view name;
  std::string_view value;
};

// The headers to sign, ordered by lower-case name; equal names keep their order. Left out are those that
// clients and proxies on the way change: accept-encoding, connection, content-length, expect, user-agent and
// their like. `host` stands for any "host" among them. Borrows both.
std::vector<HeaderView> canonical_headers(std::string_view host, const HeaderList& headers);

// "name:value\n" for each header; the values of one name joined by commas, white space in them made single.
void append_canonical_headers(std::string& out, const std::vector<HeaderView>& headers);

// The lower-case names joined by ";", each once.
void append_header_names(std::string& out, const std::vector<HeaderView>& headers);

// The items of a strictly encoded query, sorted by name, then value, each with its "=".
void append_canonical_query(std::string& out, std::string_view query);

// Enough room for a canonical request whose path and query have `rest` bytes.
std::size_t canonical_size(const std::vector<HeaderView>& headers, std::size_t rest);

// What differs between the clouds in a presigned URL.
struct PresignRules {
  std::string_view parameter_prefix;  // "X-Amz-"
  std::string_view algorithm;         // "AWS4-HMAC-SHA256"
};

// A URL to be presigned: all of it but the signature, and what is to be signed.
struct Presigned {
  std::string url;  // ends in "…-Signature="
  std::string canonical_request;
};

// `credential` is KEYID/SCOPE; `date` as format_amz_date() writes it. `security_token` may be empty. The
// query that `url` has is signed too and must be strictly encoded; user info and fragment are dropped.
// Throws Error(generic) if `expires_in` is outside 1…604,800 seconds (7 days).
Presigned presign_query(const PresignRules& rules, std::string_view method, const codec::Url& url,
                        std::string_view path, std::string_view credential, std::string_view date,
                        std::chrono::seconds expires_in, std::string_view security_token,
                        const HeaderList& signed_headers, std::string_view payload_hash);

// ALGORITHM, date, scope and the hash of the canonical request, each on its line: what the key signs.
std::string string_to_sign(std::string_view algorithm, std::string_view date, std::string_view scope,
                           std::string_view canonical_request);

}  // namespace storelink::cloud
