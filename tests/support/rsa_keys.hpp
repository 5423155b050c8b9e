// RSA keys for tests: made anew in each process, so that no private key lies in the repository.
#pragma once

#include <string>
#include <string_view>

namespace storelink::testing {

struct RsaTestKey {
  std::string pkcs8, pkcs1;  // the private key, PEM
  std::string public_key;    // PEM
};

// The process's own key.
const RsaTestKey& rsa_test_key();

// Whether `signature` is that of `data` (RSASSA-PKCS1-v1_5, SHA-256) under a public key in PEM.
bool rsa_verifies(const std::string& public_key, std::string_view data, std::string_view signature);

// A private key that is no RSA key, PEM.
std::string ec_test_key();

}  // namespace storelink::testing
