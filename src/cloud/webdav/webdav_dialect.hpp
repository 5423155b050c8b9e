// The methods of HTTP (RFC 9110) and of WebDAV (RFC 4918) as a dialect.
//
// Keys are paths as parse_path() has them, since servers read "a//b" and "a/../b" in their own ways. The
// empty key is the base URL itself.
#pragma once

#include <string>

#include "cloud/dialect.hpp"
#include "cloud/webdav/webdav_config.hpp"

namespace storelink::cloud::webdav {

class WebDavDialect final : public Dialect {
 public:
  explicit WebDavDialect(const WebDavConfig& config);

  void check_key(std::string_view key) const override;
  std::string object_url(std::string_view key) const override;
  Capabilities capabilities() const noexcept override;
  const HeaderNames& header_names() const noexcept override;
  HttpRequest get(const GetRequest& request, const GetRange& range, std::string_view if_match) const override;
  // Unconditional: see WebDavStore::put_async().
  HttpRequest put(const PutRequest& request) const override;
  HttpRequest remove(std::string_view key) const override;
  HttpRequest copy(const CopyRequest& request) const override { return transfer("COPY", request); }
  CopyCreate copy_create() const noexcept override { return CopyCreate::header; }
  int copy_conflict_status() const noexcept override { return 412; }
  // The prefix is a directory: empty, or with its closing slash. With a delimiter what is directly in it.
  HttpRequest list(const ListRequest& request) const override;
  ListPage parse_list(const HttpResponse& response) const override;
  ServiceError parse_error(const HttpResponse& response) const override;

  HttpRequest transfer(std::string_view method, const CopyRequest& request) const;
  // What is under this key, object or collection. parse_list() reads the answer.
  HttpRequest describe(std::string_view key) const;
  // Of "" or "a/b/".
  std::string collection_url(std::string_view directory) const;
  bool is_server_root(std::string_view url) const noexcept { return url == server_; }
  HttpRequest make_collection(std::string url) const;

 private:
  const std::string server_;  // the root of its server: "https://example.com/"
  const std::string url_;     // the base URL
  const std::string root_;    // the same with a closing slash
  const std::string path_;    // the path of `root_`, decoded
  const std::string default_content_type_;
};

}  // namespace storelink::cloud::webdav
