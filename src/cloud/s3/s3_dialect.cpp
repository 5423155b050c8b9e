#include "cloud/s3/s3_dialect.hpp"

#include <fmt/format.h>

#include "cloud/sigv4.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::s3 {

namespace {

constexpr HeaderNames s3_names = {"x-amz-meta-", "x-amz-version-id", "x-amz-storage-class",
                                  "x-amz-request-id"};
constexpr std::string_view checksum_sha256 = "x-amz-checksum-sha256";
constexpr std::string_view checksum_crc64nvme = "x-amz-checksum-crc64nvme";

void append(Headers& headers, const Headers& more) {
  headers.insert(headers.end(), more.begin(), more.end());
}

std::string upload_query(std::string_view upload) {
  return "uploadId=" + codec::percent_encode(upload, codec::Keep::unreserved);
}

// In the order that SigV4 sorts them, which costs it nothing then.
std::string part_query(std::size_t index, std::string_view upload) {
  return fmt::format("partNumber={}&{}", index + 1, upload_query(upload));
}

void append_item(std::string& query, std::string_view name, std::string_view value) {
  query.append(query.empty() ? "" : "&").append(name).append("=");
  codec::append_percent_encoded(query, value, codec::Keep::unreserved);
}

std::string crc64_base64(std::string_view data) {
  const std::uint64_t crc = codec::crc64_nvme(data);
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

Headers common_headers(const S3Config& config) {
  Headers headers;
  if (config.request_payer) headers.emplace_back("x-amz-request-payer", "requester");
  return headers;
}

// Path style has no slash behind the bucket; virtual-hosted style has one behind the host.
std::string bucket_url(const S3Config& config) {
  std::string url = config.base_url;
  if (!config.virtual_hosted) url.pop_back();
  return url;
}

void refuse_header_value(std::string_view name, std::string_view value) {
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7F) {
      throw Error(
          ErrorKind::generic,
          fmt::format("{} has a character that HTTP cannot carry; accepted is printable ASCII", name));
    }
  }
}

}  // namespace

S3Dialect::S3Dialect(const S3Config& config)
    : base_url_(config.base_url),
      bucket_url_(bucket_url(config)),
      bucket_(config.bucket),
      default_content_type_(config.client.default_content_type),
      unsigned_payload_(config.unsigned_payload),
      disable_tagging_(config.disable_tagging),
      disable_bulk_delete_(config.disable_bulk_delete),
      conditional_put_(config.conditional_put),
      skip_signature_(config.skip_signature),
      checksum_(config.checksum),
      copy_if_not_exists_(config.copy_if_not_exists),
      common_(common_headers(config)),
      encryption_(config.encryption),
      customer_key_(config.customer_key),
      copy_source_key_(config.copy_source_key) {}

Capabilities S3Dialect::capabilities() const noexcept {
  Capabilities can;
  can.put_create = can.put_update = conditional_put_;
  can.copy_create = true;
  can.attributes = can.versions = can.ordered_list = true;
  can.tags = !disable_tagging_;
  can.sign = !skip_signature_;
  return can;
}

const HeaderNames& S3Dialect::header_names() const noexcept {
  return s3_names;
}

void S3Dialect::check_key(std::string_view key) const {
  // A request without a key would be one on the bucket.
  if (key.empty()) throw Error(ErrorKind::invalid_path, "the key is empty; S3 keys have 1 to 1024 bytes");
}

std::string S3Dialect::object_url(std::string_view key) const {
  std::string url;
  url.reserve(base_url_.size() + key.size() + key.size() / 2 + 16);
  url += base_url_;
  codec::append_percent_encoded(url, key, codec::Keep::unreserved_and_slash);
  return url;
}

HttpRequest S3Dialect::request(std::string_view method, std::string_view key, std::string_view query) const {
  HttpRequest request;
  request.method = method;
  request.url = key.empty() ? bucket_url_ : object_url(key);
  if (!query.empty()) request.url.append("?").append(query);
  // The signer adds four more.
  request.headers.reserve(8 + common_.size());
  append(request.headers, common_);
  return request;
}

HttpRequest S3Dialect::get(const GetRequest& get, const GetRange& range, std::string_view if_match) const {
  std::string query;
  if (get.version) append_item(query, "versionId", *get.version);
  HttpRequest made = request(get.head ? "HEAD" : "GET", get.path, query);
  Headers& headers = made.headers;
  if (std::string bytes = range_header(range); !bytes.empty())
    headers.emplace_back("range", std::move(bytes));
  const auto add = [&headers](std::string_view name, const std::string& value) {
    refuse_header_value(name, value);
    headers.emplace_back(name, value);
  };
  if (!if_match.empty()) {
    headers.emplace_back("if-match", if_match);
  } else {
    if (get.if_match) add("if-match", *get.if_match);
    if (get.if_none_match) add("if-none-match", *get.if_none_match);
    if (get.if_modified_since) add("if-modified-since", codec::format_rfc1123(*get.if_modified_since));
    if (get.if_unmodified_since) add("if-unmodified-since", codec::format_rfc1123(*get.if_unmodified_since));
  }
  append(headers, customer_key_);
  return made;
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
    case Checksum::crc64nvme: made.headers.emplace_back(checksum_crc64nvme, crc64_base64(body.view())); break;
  }
  made.body = std::move(body);
}

void S3Dialect::add_tags(Headers& headers, const Tags& tags) const {
  if (tags.empty() || disable_tagging_) return;
  headers.emplace_back("x-amz-tagging", codec::encode_query(tags));
}

HttpRequest S3Dialect::put(const PutRequest& put) const {
  HttpRequest made = request("PUT", put.path);
  if (put.mode.kind != PutMode::Kind::overwrite && !conditional_put_) {
    throw Error(ErrorKind::not_implemented,
                "conditional puts are switched off for this store (aws_conditional_put is \"disabled\")");
  }
  switch (put.mode.kind) {
    case PutMode::Kind::overwrite: break;
    case PutMode::Kind::create: made.headers.emplace_back("if-none-match", "*"); break;
    case PutMode::Kind::update:
      if (!put.mode.e_tag)
        throw Error(ErrorKind::generic, "an update on S3 needs the etag of the object as it was");
      refuse_header_value("the etag of an update", *put.mode.e_tag);
      made.headers.emplace_back("if-match", *put.mode.e_tag);
      break;
  }
  append_attributes(made.headers, put.attributes, s3_names, default_content_type_);
  add_tags(made.headers, put.tags);
  append(made.headers, encryption_);
  append(made.headers, customer_key_);
  set_body(made, put.body);
  return made;
}

HttpRequest S3Dialect::remove(std::string_view key) const {
  return request("DELETE", key);
}

void S3Dialect::add_copy_source(Headers& headers, std::string_view from) const {
  std::string source = "/" + bucket_ + "/";
  codec::append_percent_encoded(source, from, codec::Keep::unreserved_and_slash);
  headers.emplace_back("x-amz-copy-source", std::move(source));
  append(headers, copy_source_key_);
}

HttpRequest S3Dialect::copy(const CopyRequest& copy) const {
  HttpRequest made = request("PUT", copy.to);
  add_copy_source(made.headers, copy.from);
  if (!copy.overwrite) made.headers.emplace_back(copy_if_not_exists_.header, copy_if_not_exists_.value);
  append(made.headers, encryption_);
  append(made.headers, customer_key_);
  if (checksum_ != Checksum::none)
    made.headers.emplace_back("x-amz-checksum-algorithm", checksum_name(checksum_));
  return made;
}

CopyCreate S3Dialect::copy_create() const noexcept {
  return copy_if_not_exists_.multipart ? CopyCreate::multipart : CopyCreate::header;
}

HttpRequest S3Dialect::list(const ListRequest& list) const {
  std::string query;
  // Sorted by name, as SigV4 wants them.
  if (!list.page_token.empty()) append_item(query, "continuation-token", list.page_token);
  if (list.delimiter) append_item(query, "delimiter", "/");
  // XML cannot carry every key as it is.
  append_item(query, "encoding-type", "url");
  append_item(query, "list-type", "2");
  if (list.max_keys != 0) append_item(query, "max-keys", std::to_string(list.max_keys));
  const std::string prefix = list.raw_prefix ? list.prefix : segment_prefix(list.prefix);
  if (!prefix.empty()) append_item(query, "prefix", prefix);
  // A token knows where it stands.
  if (!list.offset.empty() && list.page_token.empty()) append_item(query, "start-after", list.offset);
  return request("GET", {}, query);
}

ListPage S3Dialect::parse_list(const HttpResponse& response) const {
  return parse_list_bucket_result(response.body.view());
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

std::vector<DeleteFailure> S3Dialect::parse_remove_many(const HttpResponse& response) const {
  return parse_delete_result(response.body.view());
}

ServiceError S3Dialect::parse_error(const HttpResponse& response) const {
  return parse_error_document(response.body.view());
}

HttpRequest S3Dialect::start(const MultipartRequest& start) const {
  HttpRequest made = request("POST", start.path, "uploads=");
  append_attributes(made.headers, start.attributes, s3_names, default_content_type_);
  add_tags(made.headers, start.tags);
  append(made.headers, encryption_);
  append(made.headers, customer_key_);
  if (checksum_ != Checksum::none)
    made.headers.emplace_back("x-amz-checksum-algorithm", checksum_name(checksum_));
  return made;
}

std::string S3Dialect::parse_start(const HttpResponse& response) const {
  return find_element(response.body.view(), "UploadId");
}

HttpRequest S3Dialect::put_part(std::string_view key, std::string_view upload, std::size_t index,
                                Bytes part) const {
  HttpRequest made = request("PUT", key, part_query(index, upload));
  append(made.headers, customer_key_);
  set_body(made, std::move(part));
  return made;
}

UploadedPart S3Dialect::parse_part(const HttpRequest& sent, const HttpResponse& response) const {
  UploadedPart part;
  const std::string* e_tag = find_header(response.headers, "etag");
  if (e_tag == nullptr) throw Error(ErrorKind::generic, "the service took a part without giving its etag");
  part.e_tag = *e_tag;
  if (checksum_ != Checksum::none) {
    if (const std::string* checksum = find_header(sent.headers, checksum_header(checksum_));
        checksum != nullptr)
      part.checksum = *checksum;
  }
  return part;
}

HttpRequest S3Dialect::complete(std::string_view key, std::string_view upload,
                                const std::vector<UploadedPart>& parts, bool create) const {
  std::string document = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (std::size_t i = 0; i < parts.size(); ++i) {
    document += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag>", i + 1,
                            codec::xml_escape(parts[i].e_tag));
    if (!parts[i].checksum.empty()) {
      const std::string_view name = checksum_name(checksum_);
      document += fmt::format("<Checksum{0}>{1}</Checksum{0}>", name, parts[i].checksum);
    }
    document += "</Part>";
  }
  document += "</CompleteMultipartUpload>";
  HttpRequest made = request("POST", key, upload_query(upload));
  made.headers.emplace_back("content-type", "application/xml");
  if (create) made.headers.emplace_back("if-none-match", "*");
  append(made.headers, customer_key_);
  made.body = Bytes::adopt(std::move(document));
  return made;
}

PutResult S3Dialect::parse_complete(const HttpResponse& response) const {
  PutResult result;
  std::string e_tag = find_element(response.body.view(), "ETag");
  if (e_tag.empty())
    throw Error(ErrorKind::generic, "the service completed an upload without giving the etag");
  result.e_tag = std::move(e_tag);
  if (const std::string* version = find_header(response.headers, s3_names.version);
      version != nullptr && *version != "null") {
    result.version = *version;
  }
  return result;
}

HttpRequest S3Dialect::abort(std::string_view key, std::string_view upload) const {
  return request("DELETE", key, upload_query(upload));
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

HttpRequest S3Dialect::copy_part(std::string_view key, std::string_view upload, std::size_t index,
                                 std::string_view from) const {
  HttpRequest made = request("PUT", key, part_query(index, upload));
  add_copy_source(made.headers, from);
  append(made.headers, customer_key_);
  return made;
}

UploadedPart S3Dialect::parse_copied_part(const HttpResponse& response) const {
  UploadedPart part;
  part.e_tag = find_element(response.body.view(), "ETag");
  if (part.e_tag.empty())
    throw Error(ErrorKind::generic, "the service copied a part without giving its etag");
  if (checksum_ != Checksum::none)
    part.checksum =
        find_element(response.body.view(), fmt::format("Checksum{}", checksum_name(checksum_)).c_str());
  return part;
}

}  // namespace storelink::cloud::s3
