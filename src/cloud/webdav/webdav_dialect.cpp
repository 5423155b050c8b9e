#include "cloud/webdav/webdav_dialect.hpp"

#include <fmt/format.h>

#include "cloud/webdav/multistatus.hpp"
#include "codec/percent.hpp"

namespace storelink::cloud::webdav {

namespace {

constexpr std::string_view wanted_properties =
    R"(<?xml version="1.0" encoding="utf-8"?><D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/>)"
    R"(<D:getcontentlength/><D:getlastmodified/><D:getetag/></D:prop></D:propfind>)";

std::string closed(std::string path) {
  if (!path.ends_with('/')) path += '/';
  return path;
}

HttpRequest request(std::string_view method, std::string url) {
  HttpRequest made;
  made.method = method;
  made.url = std::move(url);
  return made;
}

HttpRequest propfind(std::string url, std::string_view depth) {
  HttpRequest made = request("PROPFIND", std::move(url));
  made.headers.emplace_back("depth", depth);
  made.headers.emplace_back("content-type", "application/xml; charset=utf-8");
  made.body = Bytes::copy(wanted_properties);
  return made;
}

[[noreturn]] void refuse(ErrorKind kind, std::string_view what) {
  throw Error(kind, fmt::format("web servers have no {}", what));
}

}  // namespace

WebDavDialect::WebDavDialect(const WebDavConfig& config)
    : server_(closed(config.origin)),
      url_(config.origin + config.path),
      root_(closed(url_)),
      path_(closed(codec::percent_decode(config.path))),
      default_content_type_(config.client.default_content_type) {}

Capabilities WebDavDialect::capabilities() const noexcept {
  Capabilities can;
  can.headers = true;
  can.put_create = can.copy_create = can.ordered_list = true;
  can.multipart = false;
  return can;
}

const HeaderNames& WebDavDialect::header_names() const noexcept {
  static constexpr HeaderNames none = {"", "", "", ""};
  return none;
}

void WebDavDialect::check_key(std::string_view key) const {
  if (parse_path(key) != key) {
    throw Error(
        ErrorKind::invalid_path,
        fmt::format("the key {:?} begins or ends with a slash; on a web server no object's does", key));
  }
}

std::string WebDavDialect::object_url(std::string_view key) const {
  if (key.empty()) return url_;
  std::string url = root_;
  codec::append_percent_encoded(url, key, codec::Keep::unreserved_and_slash);
  return url;
}

HttpRequest WebDavDialect::get(const GetRequest& get, const GetRange& range,
                               std::string_view if_match) const {
  if (get.version) refuse(ErrorKind::not_supported, "versions of objects");
  HttpRequest made = request(get.head ? "HEAD" : "GET", object_url(get.path));
  append_get_headers(made.headers, get, range, if_match);
  return made;
}

HttpRequest WebDavDialect::put(const PutRequest& put) const {
  if (put.mode.kind != PutMode::Kind::overwrite)
    refuse(ErrorKind::not_implemented, "puts with a condition on the etag that all of them would keep");
  if (!put.tags.empty()) refuse(ErrorKind::not_supported, "tags");
  Attributes others = put.attributes;
  others.content_type.reset();
  if (!others.empty()) refuse(ErrorKind::not_supported, "attributes that they keep but the content type");
  HttpRequest made = request("PUT", object_url(put.path));
  append_attributes(made.headers, put.attributes, header_names(), default_content_type_);
  made.body = put.body;
  return made;
}

HttpRequest WebDavDialect::remove(std::string_view key) const {
  HttpRequest made = request("DELETE", object_url(key));
  // A collection goes with all that is in it, and most servers refuse this depth for one.
  made.headers.emplace_back("depth", "0");
  return made;
}

HttpRequest WebDavDialect::transfer(std::string_view method, const CopyRequest& copy) const {
  HttpRequest made = request(method, object_url(copy.from));
  made.headers.emplace_back("destination", object_url(copy.to));
  made.headers.emplace_back("overwrite", copy.overwrite ? "T" : "F");
  if (method == "COPY") made.headers.emplace_back("depth", "0");
  return made;
}

HttpRequest WebDavDialect::list(const ListRequest& list) const {
  return propfind(collection_url(list.prefix), list.delimiter ? "1" : "infinity");
}

HttpRequest WebDavDialect::describe(std::string_view key) const {
  return propfind(object_url(key), "0");
}

std::string WebDavDialect::collection_url(std::string_view directory) const {
  return directory.empty() ? root_ : object_url(directory);
}

HttpRequest WebDavDialect::make_collection(std::string url) const {
  return request("MKCOL", std::move(url));
}

ListPage WebDavDialect::parse_list(const HttpResponse& response) const {
  return parse_multistatus(response.status, response.body.view(), path_);
}

ServiceError WebDavDialect::parse_error(const HttpResponse& response) const {
  ServiceError error;
  if (response.status == 405 || response.status == 501) {
    error.kind = ErrorKind::not_supported;
    error.message = "the server does not allow this; objects are put, deleted, copied and listed over WebDAV";
  } else if (response.status == 409) {
    error.message = "a collection has this name, or an object has the name of a collection above it";
  }
  if (!error.message.empty()) error.code = fmt::format("HTTP status {}", response.status);
  return error;
}

}  // namespace storelink::cloud::webdav
