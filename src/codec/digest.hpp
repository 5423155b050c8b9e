// Digests, checksums and the text they are written in: SHA-256, HMAC-SHA-256, MD5, CRC-64/NVME,
// hexadecimal and base64.
//
// All functions may be called from any thread at any time. Digest algorithms are fetched from OpenSSL
// once per process and their contexts are kept per thread. If OpenSSL fails (no memory, an algorithm
// disabled by policy) the functions throw Error(generic).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace storelink::codec {

using Sha256 = std::array<std::uint8_t, 32>;
using Md5 = std::array<std::uint8_t, 16>;
using Sha1 = std::array<std::uint8_t, 20>;

// The same bytes as characters, borrowed.
inline std::string_view as_chars(std::span<const std::uint8_t> bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// SHA-256 (FIPS 180-4) of `data`.
Sha256 sha256(std::string_view data);

// HMAC-SHA-256 (RFC 2104) of `data` with a key of any length.
Sha256 hmac_sha256(std::string_view key, std::string_view data);

// MD5 (RFC 1321), for Content-MD5 only: it protects against accidents, not against anyone.
Md5 md5(std::string_view data);

// SHA-1 (FIPS 180-4), for names of files only.
Sha1 sha1(std::string_view data);

// SHA-256 of data that comes in pieces. One object is used by one thread at a time. A moved-from hasher
// may only be assigned to or destroyed.
class Sha256Hasher {
 public:
  Sha256Hasher();
  Sha256Hasher(Sha256Hasher&&) noexcept;
  Sha256Hasher& operator=(Sha256Hasher&&) noexcept;
  ~Sha256Hasher();

  void update(std::string_view data);

  // The digest of everything since construction or the last finish(); the hasher then starts anew.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Lower-case hexadecimal digits, two for each byte.
std::string to_hex(std::span<const std::uint8_t> bytes);

// The same, appended to `out`.
void append_hex(std::string& out, std::span<const std::uint8_t> bytes);

// Base64 with the standard alphabet and padding (RFC 4648, section 4).
std::string base64_encode(std::string_view data);

// Base64 with the URL-safe alphabet and no padding (RFC 4648, section 5), as JSON Web Tokens want it.
std::string base64url_encode(std::string_view data);

// The bytes behind standard base64 with padding; nothing if `text` is anything else: other characters
// (white space too), a wrong length, missing padding, stray bits.
std::optional<std::string> base64_decode(std::string_view text);

// CRC-64/NVME (the NVM Express specification; polynomial 0xAD93D23594C93659, reflected), as
// x-amz-checksum-crc64nvme carries it. `seed` is the checksum of the data before `data`: pieces are
// chained by passing on each result.
std::uint64_t crc64_nvme(std::string_view data, std::uint64_t seed = 0) noexcept;

}  // namespace storelink::codec
