// RSA signatures: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, section 8.2), which JSON Web Tokens call RS256.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace storelink::codec {

// A private key. A secret: never to be logged or put into an Error. Copies share the key; may be used from
// many threads at once.
class RsaKey {
 public:
  // PEM: "BEGIN PRIVATE KEY" (PKCS #8) or "BEGIN RSA PRIVATE KEY" (PKCS #1), not encrypted. Throws
  // Error(generic), without quoting anything, for other text and keys of other kinds.
  explicit RsaKey(const std::string& pem);

  // The signature of the SHA-256 of `data`: as many bytes as the modulus has. Throws Error(generic) if
  // OpenSSL fails.
  std::string sign_sha256(std::string_view data) const;

 private:
  struct Key;
  std::shared_ptr<const Key> key_;
};

// `header` and `claims`, both JSON, as a signed JSON Web Token (RFC 7515, compact serialization).
std::string sign_jwt(const RsaKey& key, std::string_view header, std::string_view claims);

}  // namespace storelink::codec
