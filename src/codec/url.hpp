// URLs (RFC 3986): taking them apart, putting them together, queries, and hiding their secrets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace storelink::codec {

// The parts of an absolute URL. Path, query and fragment are kept as written (still encoded).
struct Url {
  std::string scheme;          // lower case, without ":"
  std::string user;            // decoded; empty when there is none
  std::string password;        // decoded; secret
  std::string host;            // lower case; an IPv6 address has no brackets here
  std::string host_as_given;   // before lower-casing: some services' bucket names have capitals
  std::uint16_t port = 0;      // 0: the scheme's default
  std::string path;            // encoded; empty, or with its leading "/" when there is an authority
  std::string query;           // encoded, without "?"
  std::string fragment;        // encoded, without "#"
  bool has_authority = false;  // there was a "//", even if nothing stood behind it

  // host[:port], an IPv6 address in brackets; what a Host header carries. The default ports of http
  // and https are left out, as HTTP clients do.
  std::string authority() const;

  // The URL without user and password. A "?" or "#" with nothing behind it is not kept.
  std::string to_string() const;
};

// Takes an absolute URL apart. Scheme and host become lower case. The last "@" of the authority ends
// the user info. The path may hold bytes that RFC 3986 wants encoded (spaces, UTF-8), but no control
// characters.
// Throws Error(generic) for a missing or malformed scheme, a malformed host, a port outside 1…65535,
// an http(s) URL without a host, and control characters. The message names the URL with user info,
// query and fragment redacted.
Url parse_url(std::string_view url);

using QueryItems = std::vector<std::pair<std::string, std::string>>;

// "k=v&k=v" in the order given, both sides percent-encoded strictly (unreserved bytes only are kept);
// an empty value gives "k=". This is the form the SigV4 signer expects.
std::string encode_query(const QueryItems& items);

// The decoded items in their order; without "=" the value is empty; empty items are skipped. "+" stays
// "+", as RFC 3986 has it. A leading "?" is not expected.
QueryItems parse_query(std::string_view query);

// `url` with the values of parameters that carry credentials (X-Amz-Signature, X-Goog-Signature, sig,
// tokens, …; names compared decoded and without case) replaced by "REDACTED". Never throws on a
// malformed URL; text before the first "?" is kept.
std::string redact_query(std::string_view url);

// `url` fit for a message: user info, query and fragment replaced by "REDACTED", control characters by
// "?". Rather hides too much of a malformed URL than too little.
std::string redact_url(std::string_view url);

}  // namespace storelink::codec
