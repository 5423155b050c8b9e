#include "cloud/xml_dialect.hpp"

#include <fmt/format.h>

#include "codec/percent.hpp"

namespace storelink::cloud {

namespace {

constexpr std::string_view document_namespace = "http://s3.amazonaws.com/doc/2006-03-01/";

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

}  // namespace

void XmlDialect::check_key(std::string_view key) const {
  // A request without a key would be one on the bucket.
  if (key.empty()) {
    throw Error(ErrorKind::invalid_path,
                fmt::format("the key is empty; {} keys have 1 to 1024 bytes", service_.names.service));
  }
}

std::string XmlDialect::object_url(std::string_view key) const {
  std::string url;
  url.reserve(service_.base_url.size() + key.size() + key.size() / 2 + 16);
  url += service_.base_url;
  codec::append_percent_encoded(url, key, codec::Keep::unreserved_and_slash);
  return url;
}

HttpRequest XmlDialect::request(std::string_view method, std::string_view key, std::string_view query) const {
  HttpRequest request;
  request.method = method;
  request.url = key.empty() ? service_.bucket_url : object_url(key);
  if (!query.empty()) request.url.append("?").append(query);
  // The signer adds four more.
  request.headers.reserve(8 + service_.every.size());
  append(request.headers, service_.every);
  return request;
}

HttpRequest XmlDialect::get(const GetRequest& get, const GetRange& range, std::string_view if_match) const {
  std::string query;
  if (get.version) append_item(query, service_.names.version_query, *get.version);
  HttpRequest made = request(get.head ? "HEAD" : "GET", get.path, query);
  append_get_headers(made.headers, get, range, if_match);
  append(made.headers, service_.of_bytes);
  return made;
}

void XmlDialect::set_body(HttpRequest& request, Bytes body) const {
  request.body = std::move(body);
}

HttpRequest XmlDialect::put(const PutRequest& put) const {
  HttpRequest made = request("PUT", put.path);
  add_mode(made.headers, put.mode);
  append_attributes(made.headers, put.attributes, service_.names.headers, service_.default_content_type);
  add_tags(made.headers, put.tags);
  append(made.headers, service_.creating);
  append(made.headers, service_.of_bytes);
  set_body(made, put.body);
  return made;
}

HttpRequest XmlDialect::remove(std::string_view key) const {
  return request("DELETE", key);
}

void XmlDialect::add_copy_source(Headers& headers, std::string_view from) const {
  std::string source = service_.copy_source_root;
  codec::append_percent_encoded(source, from, codec::Keep::unreserved_and_slash);
  headers.emplace_back(service_.names.copy_source, std::move(source));
  append(headers, service_.of_copy_source);
}

HttpRequest XmlDialect::copy(const CopyRequest& copy) const {
  HttpRequest made = request("PUT", copy.to);
  add_copy_source(made.headers, copy.from);
  if (!copy.overwrite) add_copy_create(made.headers);
  append(made.headers, service_.creating);
  append(made.headers, service_.of_bytes);
  return made;
}

HttpRequest XmlDialect::list(const ListRequest& list) const {
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

ListPage XmlDialect::parse_list(const HttpResponse& response) const {
  return parse_list_bucket_result(response.body.view());
}

ServiceError XmlDialect::parse_error(const HttpResponse& response) const {
  return parse_error_document(response.body.view());
}

HttpRequest XmlDialect::start(const MultipartRequest& start) const {
  HttpRequest made = request("POST", start.path, "uploads=");
  append_attributes(made.headers, start.attributes, service_.names.headers, service_.default_content_type);
  add_tags(made.headers, start.tags);
  append(made.headers, service_.creating);
  append(made.headers, service_.of_bytes);
  return made;
}

std::string XmlDialect::parse_start(const HttpResponse& response) const {
  return find_element(response.body.view(), "UploadId");
}

HttpRequest XmlDialect::put_part(std::string_view key, std::string_view upload, std::size_t index,
                                 Bytes part) const {
  HttpRequest made = request("PUT", key, part_query(index, upload));
  append(made.headers, service_.of_bytes);
  set_body(made, std::move(part));
  return made;
}

UploadedPart XmlDialect::parse_part(const HttpRequest&, const HttpResponse& response) const {
  UploadedPart part;
  const std::string* e_tag = find_header(response.headers, "etag");
  if (e_tag == nullptr) throw Error(ErrorKind::generic, "the service took a part without giving its etag");
  part.e_tag = *e_tag;
  return part;
}

HttpRequest XmlDialect::complete(const MultipartRequest& start, std::string_view upload,
                                 const std::vector<UploadedPart>& parts, bool create) const {
  const std::string checksum = checksum_element();
  std::string document = fmt::format("<CompleteMultipartUpload xmlns=\"{}\">", document_namespace);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    document += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag>", i + 1,
                            codec::xml_escape(parts[i].e_tag));
    if (!parts[i].checksum.empty()) document += fmt::format("<{0}>{1}</{0}>", checksum, parts[i].checksum);
    document += "</Part>";
  }
  document += "</CompleteMultipartUpload>";
  HttpRequest made = request("POST", start.path, upload_query(upload));
  made.headers.emplace_back("content-type", "application/xml");
  if (create) add_create(made.headers);
  append(made.headers, service_.of_bytes);
  made.body = Bytes::adopt(std::move(document));
  return made;
}

PutResult XmlDialect::parse_complete(const HttpResponse& response) const {
  PutResult result = parse_put_result(response.headers, service_.names.headers);
  std::string e_tag = find_element(response.body.view(), "ETag");
  if (e_tag.empty())
    throw Error(ErrorKind::generic, "the service completed an upload without giving the etag");
  result.e_tag = std::move(e_tag);
  return result;
}

HttpRequest XmlDialect::abort(std::string_view key, std::string_view upload) const {
  return request("DELETE", key, upload_query(upload));
}

HttpRequest XmlDialect::copy_part(std::string_view key, std::string_view upload, std::size_t index,
                                  std::string_view from) const {
  HttpRequest made = request("PUT", key, part_query(index, upload));
  add_copy_source(made.headers, from);
  append(made.headers, service_.of_bytes);
  return made;
}

UploadedPart XmlDialect::parse_copied_part(const HttpResponse& response) const {
  UploadedPart part;
  part.e_tag = find_element(response.body.view(), "ETag");
  if (part.e_tag.empty())
    throw Error(ErrorKind::generic, "the service copied a part without giving its etag");
  if (const std::string element = checksum_element(); !element.empty())
    part.checksum = find_element(response.body.view(), element.c_str());
  return part;
}

}  // namespace storelink::cloud
