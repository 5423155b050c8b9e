#include "cloud/azure/azure_dialect.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "cloud/azure/azure_batch.hpp"
#include "cloud/azure/azure_listing.hpp"
#include "cloud/errors.hpp"
#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::azure {

namespace {

constexpr HeaderNames azure_names = {"x-ms-meta-",        "x-ms-version-id", "x-ms-access-tier",
                                     "x-ms-request-id",   "x-ms-blob-",      "x-ms-access-tier-inferred",
                                     "x-ms-resource-type"};

constexpr std::string_view version = "2023-11-03";
// For what came later: lists that start from a name, and keys of the source of a copy.
constexpr std::string_view later_version = "2026-02-06";
constexpr std::string_view snapshot_mark = "snapshot=";

void append(Headers& headers, const Headers& more) {
  headers.insert(headers.end(), more.begin(), more.end());
}

void use_later_version(HttpRequest& request) {
  for (auto& [name, value] : request.headers) {
    if (name == "x-ms-version") value = later_version;
  }
}

// The ids of all blocks of a blob must be of one length: 20 bytes, as many clients have it, so that blocks
// which another client has left behind are not in the way.
std::string block_id(std::string_view upload, std::size_t index) {
  return codec::base64_encode(fmt::format("{}{:04x}", upload, index));
}

std::string_view header_or_empty(const HttpResponse& response, std::string_view name) {
  const std::string* value = find_header(response.headers, name);
  return value == nullptr ? std::string_view() : std::string_view(*value);
}

// The service takes the names of C# variables.
void check_metadata_names(const Attributes& attributes) {
  for (const auto& [name, value] : attributes.metadata) {
    const bool valid = !name.empty() && !codec::is_ascii_digit(name.front()) &&
                       std::all_of(name.begin(), name.end(), [](char c) {
                         return codec::is_ascii_alpha(c) || codec::is_ascii_digit(c) || c == '_';
                       });
    if (!valid) {
      throw Error(
          ErrorKind::generic,
          fmt::format("the metadata name {:?} cannot be used on Azure; accepted are letters, digits and "
                      "'_', and no digit first",
                      name));
    }
  }
}

}  // namespace

AzureDialect::AzureDialect(const AzureConfig& config)
    : container_url_(config.container_url),
      default_content_type_(config.client.default_content_type),
      fabric_(config.fabric),
      disable_tagging_(config.disable_tagging),
      can_sign_(config.credentials != CredentialType::anonymous &&
                config.credentials != CredentialType::sas_token),
      customer_key_(config.customer_key),
      copy_source_key_(config.copy_source_key) {}

Capabilities AzureDialect::capabilities() const noexcept {
  Capabilities can;
  can.headers = true;
  can.put_create = can.put_update = can.copy_create = true;
  can.attributes = can.versions = can.ordered_list = true;
  can.tags = !disable_tagging_;
  can.sign = can_sign_;
  return can;
}

const HeaderNames& AzureDialect::header_names() const noexcept {
  return azure_names;
}

void AzureDialect::check_key(std::string_view key) const {
  // A request without a key would be one on the container.
  if (key.empty())
    throw Error(ErrorKind::invalid_path, "the key is empty; blob names have 1 to 1024 characters");
}

std::string AzureDialect::object_url(std::string_view key) const {
  std::string url = container_url_;
  codec::append_percent_encoded(url, key, codec::Keep::unreserved_and_slash);
  return url;
}

HttpRequest AzureDialect::request(std::string_view method, std::string url, std::string_view query) {
  HttpRequest request;
  request.method = method;
  request.url = std::move(url);
  if (!query.empty()) request.url.append("?").append(query);
  request.headers.emplace_back("x-ms-version", version);
  return request;
}

HttpRequest AzureDialect::get(const GetRequest& get, const GetRange& range, std::string_view if_match) const {
  std::string query;
  if (get.version && get.version->starts_with(snapshot_mark)) {
    query = codec::encode_query({{"snapshot", get.version->substr(snapshot_mark.size())}});
  } else if (get.version) {
    query = codec::encode_query({{"versionid", *get.version}});
  }
  HttpRequest made = request(get.head ? "HEAD" : "GET", object_url(get.path), query);
  append_get_headers(made.headers, get, range, if_match);
  append(made.headers, customer_key_);
  return made;
}

void AzureDialect::add_attributes(Headers& headers, const Attributes& attributes, const Tags& tags) const {
  check_metadata_names(attributes);
  append_attributes(headers, attributes, azure_names, default_content_type_);
  if (!tags.empty() && !disable_tagging_) headers.emplace_back("x-ms-tags", codec::encode_query(tags));
  append(headers, customer_key_);
}

HttpRequest AzureDialect::put(const PutRequest& put) const {
  HttpRequest made = request("PUT", object_url(put.path));
  made.headers.emplace_back("x-ms-blob-type", "BlockBlob");
  switch (put.mode.kind) {
    case PutMode::Kind::overwrite: break;
    case PutMode::Kind::create: made.headers.emplace_back("if-none-match", "*"); break;
    case PutMode::Kind::update:
      if (!put.mode.e_tag)
        throw Error(ErrorKind::generic, "an update on Azure needs the etag of the object as it was");
      check_header_value("the etag of an update", *put.mode.e_tag);
      made.headers.emplace_back("if-match", *put.mode.e_tag);
      break;
  }
  add_attributes(made.headers, put.attributes, put.tags);
  made.body = put.body;
  return made;
}

HttpRequest AzureDialect::remove(std::string_view key) const {
  HttpRequest made = request("DELETE", object_url(key));
  append(made.headers, delete_headers());
  return made;
}

HttpRequest AzureDialect::copy(const CopyRequest& copy) const {
  HttpRequest made = request("PUT", object_url(copy.to));
  made.headers.emplace_back("x-ms-copy-source", object_url(copy.from));
  if (!copy.overwrite) made.headers.emplace_back("if-none-match", "*");
  if (customer_key_.empty()) return made;
  // Copy Blob takes no keys. Put Blob From URL does; it copies attributes as well.
  made.headers.emplace_back("x-ms-blob-type", "BlockBlob");
  append(made.headers, customer_key_);
  append(made.headers, copy_source_key_);
  use_later_version(made);
  return made;
}

bool AzureDialect::copy_goes_on(const HttpResponse& response) const {
  const std::string_view status = header_or_empty(response, "x-ms-copy-status");
  if (status != "failed" && status != "aborted") return status == "pending";
  throw Error(ErrorKind::generic,
              fmt::format("the service's copy {}: {}", status,
                          redact(header_or_empty(response, "x-ms-copy-status-description"))));
}

HttpRequest AzureDialect::list(const ListRequest& list) const {
  codec::QueryItems query = {{"restype", "container"}, {"comp", "list"}};
  const std::string prefix = list.raw_prefix ? list.prefix : segment_prefix(list.prefix);
  if (!prefix.empty()) query.emplace_back("prefix", prefix);
  if (list.delimiter) query.emplace_back("delimiter", "/");
  if (!list.page_token.empty()) query.emplace_back("marker", list.page_token);
  if (list.max_keys != 0) query.emplace_back("maxresults", std::to_string(list.max_keys));
  // A marker knows where it stands. What is listed before the offset is left out in any case.
  const bool from_offset = !list.offset.empty() && list.page_token.empty() && !fabric_;
  if (from_offset) query.emplace_back("startFrom", list.offset);
  std::string container(container_url_, 0, container_url_.size() - 1);
  HttpRequest made = request("GET", std::move(container), codec::encode_query(query));
  if (from_offset) use_later_version(made);
  return made;
}

ListPage AzureDialect::parse_list(const HttpResponse& response) const {
  return parse_blob_list(response.body.view());
}

std::size_t AzureDialect::bulk_delete_limit() const noexcept {
  return fabric_ ? 0 : batch_limit;  // OneLake has no batches
}

HttpRequest AzureDialect::remove_many(std::span<const std::string_view> keys) const {
  std::vector<std::string> urls;
  urls.reserve(keys.size());
  for (const std::string_view key : keys) urls.push_back(object_url(key));
  HttpRequest made = batch_request(
      container_url_.substr(0, container_url_.size() - 1) + "?restype=container&comp=batch", urls);
  made.headers.emplace_back("x-ms-version", version);
  return made;
}

std::vector<DeleteFailure> AzureDialect::parse_remove_many(const HttpResponse& response,
                                                           std::span<const std::string_view> keys) const {
  return parse_batch(response, keys);
}

ServiceError AzureDialect::parse_error(const HttpResponse& response) const {
  ServiceError error = parse_error_document(response.body.view());
  // The answer to a HEAD has no document.
  if (error.code.empty()) error.code = header_or_empty(response, "x-ms-error-code");
  // Behind the first line there are the request's id, which has a place of its own, and the time.
  error.message.resize(std::min(error.message.find('\n'), error.message.size()));
  return error;
}

HttpRequest AzureDialect::put_part(std::string_view key, std::string_view upload, std::size_t index,
                                   Bytes part) const {
  HttpRequest made = request("PUT", object_url(key),
                             codec::encode_query({{"comp", "block"}, {"blockid", block_id(upload, index)}}));
  append(made.headers, customer_key_);
  made.body = std::move(part);
  return made;
}

HttpRequest AzureDialect::complete(const MultipartRequest& start, std::string_view upload,
                                   const std::vector<UploadedPart>& parts, bool create) const {
  // "Latest" finds the blocks also where an earlier try, whose answer was lost, has made them the blob's.
  std::string document = "<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>";
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].sent) document.append("<Latest>").append(block_id(upload, i)).append("</Latest>");
  document += "</BlockList>";
  HttpRequest made = request("PUT", object_url(start.path), "comp=blocklist");
  if (create) made.headers.emplace_back("if-none-match", "*");
  add_attributes(made.headers, start.attributes, start.tags);
  made.body = Bytes::adopt(std::move(document));
  return made;
}

PutResult AzureDialect::parse_complete(const HttpResponse& response) const {
  return parse_put_result(response.headers, azure_names);
}

}  // namespace storelink::cloud::azure
