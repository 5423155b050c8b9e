#include "codec/rsa.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <storelink/error.hpp>

#include "codec/digest.hpp"

namespace storelink::codec {

namespace {

template <auto Function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    Function(object);
  }
};
using Bio = std::unique_ptr<BIO, Free<BIO_free_all>>;
using KeyPointer = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

// What went wrong stays in the thread's queue otherwise, for libcurl to find.
[[noreturn]] void fail(const char* message) {
  ERR_clear_error();
  throw Error(ErrorKind::generic, message);
}

// Never asks a terminal for the passphrase of an encrypted key.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

}  // namespace

struct RsaKey::Key {
  KeyPointer pointer;
};

RsaKey::RsaKey(const std::string& pem) {
  const Bio source(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  KeyPointer key(source ? PEM_read_bio_PrivateKey(source.get(), nullptr, no_passphrase, nullptr) : nullptr);
  if (!key || EVP_PKEY_is_a(key.get(), "RSA") != 1)
    fail("the private key is no RSA key in PEM (\"-----BEGIN PRIVATE KEY-----\" …) without a passphrase");
  key_ = std::make_shared<const Key>(Key{std::move(key)});
}

std::string RsaKey::sign_sha256(std::string_view data) const {
  const DigestContext context(EVP_MD_CTX_new());
  std::size_t size = 0;
  const auto* bytes = reinterpret_cast<const unsigned char*>(data.data());
  EVP_PKEY* key = key_->pointer.get();
  if (!context ||
      EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key, nullptr) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, data.size()) != 1)
    fail("OpenSSL could not start an RSA signature");
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                     data.size()) != 1)
    fail("OpenSSL could not make an RSA signature");
  signature.resize(size);
  return signature;
}

std::string sign_jwt(const RsaKey& key, std::string_view header, std::string_view claims) {
  std::string token = base64url_encode(header) + "." + base64url_encode(claims);
  const std::string signature = key.sign_sha256(token);
  return token.append(".").append(base64url_encode(signature));
}

}  // namespace storelink::codec
