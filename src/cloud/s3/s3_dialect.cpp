#include "cloud/s3/s3_dialect.hpp"

#include <fmt/format.h>

#include "cloud/aws/sigv4.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::s3 {

namespace {

constexpr std::string_view checksum_sha256 = "x-amz-checksum-sha256";
constexpr std::string_view checksum_crc64nvme = "x-amz-checksum-crc64nvme";

std::string crc64_base64(std::uint64_t crc) {
  std::string bytes;
  for (int shift = 56; shift >= 0; shift -= 8) bytes.push_back(static_cast<char>((crc >> shift) & 0xFF));
  return codec::base64_encode(bytes);
}

std::string_view checksum_header(Checksum checksum) {
  switch (checksum) {
    case Checksum::none: return {};
    case Checksum::sha256: return checksum_sha256;
    case Checksum::crc64nvme: return checksum_crc64nvme;
  }
  return {};
}

// The element of a part in CompleteMultipartUpload, and the algorithm's name when the upload is started.
std::string_view checksum_name(Checksum checksum) {
  switch (checksum) {
    case Checksum::none: return {};
    case Checksum::sha256: return "SHA256";
    case Checksum::crc64nvme: return "CRC64NVME";
  }
  return {};
}

// Path style has no slash behind the bucket; virtual-hosted style has one behind the host.
std::string bucket_url(const S3Config& config) {
  std::string url = config.base_url;
  if (!config.virtual_hosted) url.pop_back();
  return url;
}

constexpr XmlNames names = {"S3",
                            {"x-amz-meta-", "x-amz-version-id", "x-amz-storage-class", "x-amz-request-id"},
                            "versionId",
                            "x-amz-copy-source"};

XmlService service_of(const S3Config& config) {
  XmlService service(names);
  service.base_url = config.base_url;
  service.bucket_url = bucket_url(config);
  service.copy_source_root = "/" + config.bucket + "/";
  service.default_content_type = config.client.default_content_type;
  if (config.request_payer) service.every.emplace_back("x-amz-request-payer", "requester");
  service.creating = config.encryption;
  service.of_bytes = config.customer_key;
  service.of_copy_source = config.copy_source_key;
  return service;
}

class ChecksumCheck final : public BodyCheck {
 public:
  ChecksumCheck(Checksum checksum, std::string expected)
      : checksum_(checksum), expected_(std::move(expected)) {}

  void update(std::string_view piece) override {
    if (checksum_ == Checksum::sha256) {
      sha256_.update(piece);
    } else {
      crc64_ = codec::crc64_nvme(piece, crc64_);
    }
  }
  void finish() override {
    const std::string found = checksum_ == Checksum::sha256
                                  ? codec::base64_encode(codec::as_chars(sha256_.finish()))
                                  : crc64_base64(crc64_);
    if (found != expected_) {
      throw Error(ErrorKind::io, fmt::format("the bytes that arrived have the checksum {} ({}), those of the "
                                             "service {}",
                                             found, checksum_name(checksum_), expected_));
    }
  }

 private:
  const Checksum checksum_;
  const std::string expected_;
  codec::Sha256Hasher sha256_;
  std::uint64_t crc64_ = 0;
};

}  // namespace

S3Dialect::S3Dialect(const S3Config& config)
    : XmlDialect(service_of(config)),
      unsigned_payload_(config.unsigned_payload),
      disable_tagging_(config.disable_tagging),
      disable_bulk_delete_(config.disable_bulk_delete),
      conditional_put_(config.conditional_put),
      skip_signature_(config.skip_signature),
      express_(config.s3_express),
      checksum_(config.checksum),
      copy_if_not_exists_(config.copy_if_not_exists) {}

Capabilities S3Dialect::capabilities() const noexcept {
  Capabilities can;
  can.headers = true;
  can.put_create = can.put_update = conditional_put_;
  can.copy_create = true;
  can.attributes = can.versions = true;
  can.ordered_list = !express_;
  can.tags = !disable_tagging_;
  can.sign = !skip_signature_ && !express_;
  return can;
}

void S3Dialect::set_body(HttpRequest& made, Bytes body) const {
  std::optional<codec::Sha256> digest;
  if (!skip_signature_) {
    if (unsigned_payload_) {
      made.headers.emplace_back("x-amz-content-sha256", unsigned_payload);
    } else {
      digest = codec::sha256(body.view());
      made.headers.emplace_back("x-amz-content-sha256", codec::to_hex(*digest));
    }
  }
  switch (checksum_) {
    case Checksum::none: break;
    case Checksum::sha256:
      if (!digest) digest = codec::sha256(body.view());
      made.headers.emplace_back(checksum_sha256, codec::base64_encode(codec::as_chars(*digest)));
      break;
    case Checksum::crc64nvme:
      made.headers.emplace_back(checksum_crc64nvme, crc64_base64(codec::crc64_nvme(body.view())));
      break;
  }
  made.body = std::move(body);
}

void S3Dialect::add_tags(Headers& headers, const Tags& tags) const {
  if (tags.empty() || disable_tagging_) return;
  headers.emplace_back("x-amz-tagging", codec::encode_query(tags));
}

void S3Dialect::add_mode(Headers& headers, const PutMode& mode) const {
  if (mode.kind != PutMode::Kind::overwrite && !conditional_put_) {
    throw Error(ErrorKind::not_implemented,
                "conditional puts are switched off for this store (aws_conditional_put is \"disabled\")");
  }
  switch (mode.kind) {
    case PutMode::Kind::overwrite: return;
    case PutMode::Kind::create: add_create(headers); return;
    case PutMode::Kind::update:
      if (!mode.e_tag)
        throw Error(ErrorKind::generic, "an update on S3 needs the etag of the object as it was");
      check_header_value("the etag of an update", *mode.e_tag);
      headers.emplace_back("if-match", *mode.e_tag);
      return;
  }
}

void S3Dialect::add_create(Headers& headers) const {
  headers.emplace_back("if-none-match", "*");
}

void S3Dialect::add_copy_create(Headers& headers) const {
  headers.emplace_back(copy_if_not_exists_.header, copy_if_not_exists_.value);
}

void S3Dialect::add_checksum_algorithm(Headers& headers) const {
  if (checksum_ != Checksum::none) headers.emplace_back("x-amz-checksum-algorithm", checksum_name(checksum_));
}

std::string S3Dialect::checksum_element() const {
  return checksum_ == Checksum::none ? std::string() : fmt::format("Checksum{}", checksum_name(checksum_));
}

HttpRequest S3Dialect::get(const GetRequest& get, const GetRange& range, std::string_view if_match) const {
  HttpRequest made = XmlDialect::get(get, range, if_match);
  if (checksum_ != Checksum::none && !get.head) made.headers.emplace_back("x-amz-checksum-mode", "ENABLED");
  return made;
}

std::unique_ptr<BodyCheck> S3Dialect::body_check(const Headers& headers) const {
  if (checksum_ == Checksum::none) return {};
  // The object may have been written with another algorithm than this store's.
  for (const Checksum checksum : {Checksum::sha256, Checksum::crc64nvme}) {
    const std::string* value = find_header(headers, checksum_header(checksum));
    // "CHECKSUM-N" is that of the checksums of N parts.
    if (value != nullptr && value->find('-') == std::string::npos)
      return std::make_unique<ChecksumCheck>(checksum, *value);
  }
  return {};
}

HttpRequest S3Dialect::copy(const CopyRequest& copy) const {
  HttpRequest made = XmlDialect::copy(copy);
  add_checksum_algorithm(made.headers);
  return made;
}

CopyCreate S3Dialect::copy_create() const noexcept {
  return copy_if_not_exists_.multipart ? CopyCreate::multipart : CopyCreate::header;
}

HttpRequest S3Dialect::list(const ListRequest& list) const {
  if (!express_) return XmlDialect::list(list);
  // Directory buckets know no start-after; what comes before the offset is left out of the answer.
  ListRequest whole = list;
  whole.offset.clear();
  return XmlDialect::list(whole);
}

std::size_t S3Dialect::bulk_delete_limit() const noexcept {
  return disable_bulk_delete_ ? 0 : 1000;
}

HttpRequest S3Dialect::remove_many(std::span<const std::string_view> keys) const {
  std::string document = "<Delete xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (const std::string_view key : keys)
    document.append("<Object><Key>").append(codec::xml_escape(key)).append("</Key></Object>");
  document += "<Quiet>true</Quiet></Delete>";
  HttpRequest made = request("POST", {}, "delete=");
  made.headers.emplace_back("content-type", "application/xml");
  // S3 wants a checksum of this body whatever the store's own setting; every server takes this one.
  if (checksum_ == Checksum::none)
    made.headers.emplace_back("content-md5", codec::base64_encode(codec::as_chars(codec::md5(document))));
  set_body(made, Bytes::adopt(std::move(document)));
  return made;
}

std::vector<DeleteFailure> S3Dialect::parse_remove_many(const HttpResponse& response,
                                                        std::span<const std::string_view>) const {
  return parse_delete_result(response.body.view());
}

HttpRequest S3Dialect::start(const MultipartRequest& start) const {
  HttpRequest made = XmlDialect::start(start);
  add_checksum_algorithm(made.headers);
  return made;
}

UploadedPart S3Dialect::parse_part(const HttpRequest& sent, const HttpResponse& response) const {
  UploadedPart part = XmlDialect::parse_part(sent, response);
  if (checksum_ == Checksum::none) return part;
  if (const std::string* checksum = find_header(sent.headers, checksum_header(checksum_));
      checksum != nullptr)
    part.checksum = *checksum;
  return part;
}

std::string S3Dialect::expected_e_tag(const std::vector<UploadedPart>& parts) const {
  // The MD5 of the parts' MD5s, "-" and their number; parts encrypted with keys of KMS have other etags.
  constexpr std::size_t quoted_md5 = 34;
  std::string digests;
  for (const UploadedPart& part : parts) {
    if (part.e_tag.size() != quoted_md5 || part.e_tag.front() != '"') return {};
    std::string escaped;
    for (std::size_t i = 1; i + 1 < quoted_md5; i += 2) escaped.append("%").append(part.e_tag, i, 2);
    const std::string digest = codec::percent_decode(escaped);
    if (digest.size() != 16) return {};
    digests += digest;
  }
  return fmt::format("\"{}-{}\"", codec::to_hex(codec::md5(digests)), parts.size());
}

}  // namespace storelink::cloud::s3
