#include "support/rsa_keys.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <stdexcept>

namespace storelink::testing {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

template <class Write>
std::string pem_of(const Write& write) {
  const Bio out(BIO_new(BIO_s_mem()), &BIO_free_all);
  if (write(out.get()) != 1) throw std::runtime_error("OpenSSL could not write a key");
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

std::string private_pem(EVP_PKEY* key) {
  return pem_of([key](BIO* out) {
    return PEM_write_bio_PKCS8PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

}  // namespace

const RsaTestKey& rsa_test_key() {
  static const RsaTestKey made = [] {
    const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}), &EVP_PKEY_free);
    RsaTestKey pem;
    pem.pkcs8 = private_pem(key.get());
    pem.pkcs1 = pem_of([&key](BIO* out) {
      return PEM_write_bio_PrivateKey_traditional(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    });
    pem.public_key = pem_of([&key](BIO* out) { return PEM_write_bio_PUBKEY(out, key.get()); });
    return pem;
  }();
  return made;
}

bool rsa_verifies(const std::string& public_key, std::string_view data, std::string_view signature) {
  const Bio in(BIO_new_mem_buf(public_key.data(), static_cast<int>(public_key.size())), &BIO_free_all);
  const Key key(PEM_read_bio_PUBKEY(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  const auto bytes = [](std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  return key && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes(signature), signature.size(), bytes(data), data.size()) == 1;
}

std::string ec_test_key() {
  const Key key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"), &EVP_PKEY_free);
  return private_pem(key.get());
}

}  // namespace storelink::testing
