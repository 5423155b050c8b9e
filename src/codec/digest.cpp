#include "codec/digest.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include <storelink/error.hpp>

namespace storelink::codec {

namespace {

[[noreturn]] void fail(std::string_view what) {
  throw Error(ErrorKind::generic, "OpenSSL could not " + std::string(what));
}

void check(int result, std::string_view what) {
  if (result != 1) fail(what);
}

// Fetched algorithms live as long as the process: freeing them at exit would race with threads that
// still sign.
const EVP_MD* fetch(const char* name, const char* properties) {
  const EVP_MD* algorithm = EVP_MD_fetch(nullptr, name, properties);
  if (algorithm == nullptr) fail(std::string("provide ") + name);
  return algorithm;
}

const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = fetch("SHA256", nullptr);
  return algorithm;
}

// "-fips" lifts a process-wide demand for approved algorithms: nothing rests on MD5's strength here.
const EVP_MD* md5_algorithm() {
  static const EVP_MD* const algorithm = fetch("MD5", "-fips");
  return algorithm;
}

// A digest context that is used again and again: after the first message, starting another one neither
// allocates nor looks anything up.
class Context {
 public:
  explicit Context(const EVP_MD* algorithm) : algorithm_(algorithm), context_(EVP_MD_CTX_new()) {
    if (!context_) fail("create a digest context");
  }

  void start() { check(EVP_DigestInit_ex2(context_.get(), algorithm_, nullptr), "start a digest"); }

  void update(std::string_view data) {
    check(EVP_DigestUpdate(context_.get(), data.data(), data.size()), "update a digest");
  }

  template <std::size_t Size>
  std::array<std::uint8_t, Size> finish() {
    std::array<std::uint8_t, Size> digest;
    check(EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr), "finish a digest");
    return digest;
  }

 private:
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };

  const EVP_MD* algorithm_;
  std::unique_ptr<EVP_MD_CTX, Free> context_;
};

Context& thread_sha256() {
  thread_local Context context(sha256_algorithm());
  return context;
}

constexpr std::string_view standard_alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view url_alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

constexpr std::uint8_t no_digit = 0xFF;

constexpr std::array<std::uint8_t, 256> base64_values = [] {
  std::array<std::uint8_t, 256> table{};
  table.fill(no_digit);
  for (std::size_t i = 0; i < standard_alphabet.size(); ++i) {
    table[static_cast<unsigned char>(standard_alphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return table;
}();

std::string encode_base64(std::string_view data, std::string_view alphabet, bool pad) {
  std::string out;
  out.reserve((data.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < data.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, data.size() - i);
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(data[i + j]) : 0U);
    }
    for (std::size_t j = 0; j <= count; ++j) out.push_back(alphabet[group >> (18 - 6 * j) & 0x3F]);
    if (pad) out.append(3 - count, '=');
  }
  return out;
}

// Slicing-by-8: table k advances the checksum by a byte that is followed by k zero bytes.
constexpr std::uint64_t crc64_polynomial = 0x9A6C9329AC4BC9B5;  // 0xAD93D23594C93659, bits reversed

using CrcTables = std::array<std::array<std::uint64_t, 256>, 8>;

constexpr CrcTables crc64_tables = [] {
  CrcTables tables{};
  for (std::uint64_t byte = 0; byte < 256; ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? crc >> 1 ^ crc64_polynomial : crc >> 1;
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[k - 1][byte];
      tables[k][byte] = before >> 8 ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}();

// Eight bytes, least significant first; compilers make one load of it.
std::uint64_t load_little_endian(const char* bytes) noexcept {
  std::uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i) {
    value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  }
  return value;
}

}  // namespace

Sha256 sha256(std::string_view data) {
  Context& context = thread_sha256();
  context.start();
  context.update(data);
  return context.finish<32>();
}

// Written out from RFC 2104: OpenSSL's EVP_MAC keeps three contexts and looks the digest up by name for
// each new key, which costs more than the hashing of a short message.
Sha256 hmac_sha256(std::string_view key, std::string_view data) {
  constexpr std::size_t block_size = 64;
  std::array<std::uint8_t, block_size> inner_pad{};
  if (key.size() > block_size) {
    const Sha256 short_key = sha256(key);
    std::copy(short_key.begin(), short_key.end(), inner_pad.begin());
  } else {
    std::copy(key.begin(), key.end(), inner_pad.begin());
  }
  std::array<std::uint8_t, block_size> outer_pad = inner_pad;
  for (std::uint8_t& byte : inner_pad) byte ^= 0x36;
  for (std::uint8_t& byte : outer_pad) byte ^= 0x5C;
  Context& context = thread_sha256();
  context.start();
  context.update(as_chars(inner_pad));
  context.update(data);
  const Sha256 inner = context.finish<32>();
  context.start();
  context.update(as_chars(outer_pad));
  context.update(as_chars(inner));
  return context.finish<32>();
}

Md5 md5(std::string_view data) {
  thread_local Context context(md5_algorithm());
  context.start();
  context.update(data);
  return context.finish<16>();
}

Sha1 sha1(std::string_view data) {
  static const EVP_MD* const algorithm = fetch("SHA1", nullptr);
  Context context(algorithm);
  context.start();
  context.update(data);
  return context.finish<20>();
}

struct Sha256Hasher::State {
  Context context{sha256_algorithm()};
};

Sha256Hasher::Sha256Hasher() : state_(std::make_unique<State>()) {
  state_->context.start();
}
Sha256Hasher::Sha256Hasher(Sha256Hasher&&) noexcept = default;
Sha256Hasher& Sha256Hasher::operator=(Sha256Hasher&&) noexcept = default;
Sha256Hasher::~Sha256Hasher() = default;

void Sha256Hasher::update(std::string_view data) {
  state_->context.update(data);
}

Sha256 Sha256Hasher::finish() {
  const Sha256 digest = state_->context.finish<32>();
  state_->context.start();
  return digest;
}

void append_hex(std::string& out, std::span<const std::uint8_t> bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::size_t at = out.size();
  out.resize(at + 2 * bytes.size());
  for (const std::uint8_t byte : bytes) {
    out[at++] = digits[byte >> 4];
    out[at++] = digits[byte & 0x0F];
  }
}

std::string to_hex(std::span<const std::uint8_t> bytes) {
  std::string out;
  append_hex(out, bytes);
  return out;
}

std::string base64_encode(std::string_view data) {
  return encode_base64(data, standard_alphabet, true);
}

std::string base64url_encode(std::string_view data) {
  return encode_base64(data, url_alphabet, false);
}

std::optional<std::string> base64_decode(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && !text.empty() && text.back() == '=') {
    text.remove_suffix(1);
    ++padding;
  }
  std::string out;
  out.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  unsigned bit_count = 0;
  for (const char c : text) {
    const std::uint8_t value = base64_values[static_cast<unsigned char>(c)];
    if (value == no_digit) return std::nullopt;
    bits = (bits << 6 | value) & 0xFFFF;
    bit_count += 6;
    if (bit_count < 8) continue;
    bit_count -= 8;
    out.push_back(static_cast<char>(bits >> bit_count & 0xFF));
  }
  const std::uint32_t stray_bits = bits & ((1U << bit_count) - 1);
  if (stray_bits != 0) return std::nullopt;
  return out;
}

std::uint64_t crc64_nvme(std::string_view data, std::uint64_t seed) noexcept {
  std::uint64_t crc = ~seed;
  while (data.size() >= 8) {
    const std::uint64_t word = crc ^ load_little_endian(data.data());
    crc = 0;
    for (unsigned i = 0; i < 8; ++i) crc ^= crc64_tables[7 - i][word >> (8 * i) & 0xFF];
    data.remove_prefix(8);
  }
  for (const char c : data) crc = crc >> 8 ^ crc64_tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~crc;
}

}  // namespace storelink::codec
