// XmlDialect: the REST API that Amazon S3 has and Google Cloud Storage took over: addresses, verbs,
// list-type=2, multipart uploads, XML documents. What a service does otherwise it overrides.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cloud/dialect.hpp"

namespace storelink::cloud {

// What a service calls things.
struct XmlNames {
  std::string_view service;  // for messages: "S3"
  HeaderNames headers;
  std::string_view version_query;  // the parameter of a get that names a version
  std::string_view copy_source;    // the header that names the source of a copy
};

// What is the same for every request to one bucket.
struct XmlService {
  explicit XmlService(const XmlNames& n) : names(n) {}
  XmlNames names;
  std::string base_url;              // what keys are appended to: ends in "/"
  std::string bucket_url;            // of requests on the bucket itself
  std::string copy_source_root;      // what stands before the encoded key of a copy's source: "/BUCKET/"
  std::string default_content_type;  // of a put without one; empty: none is sent
  // Headers by what a request does.
  Headers every;           // all requests
  Headers creating;        // what creates an object: put, copy, start of an upload
  Headers of_bytes;        // what reads or writes an object's bytes
  Headers of_copy_source;  // what reads the bytes of the source of a copy
};

class XmlDialect : public Dialect, protected MultipartDialect {
 public:
  const HeaderNames& header_names() const noexcept override { return service_.names.headers; }
  const MultipartDialect& multipart() const noexcept override { return *this; }

  void check_key(std::string_view key) const override;
  std::string object_url(std::string_view key) const override;
  HttpRequest get(const GetRequest& request, const GetRange& range, std::string_view if_match) const override;
  HttpRequest put(const PutRequest& request) const override;
  HttpRequest remove(std::string_view key) const override;
  HttpRequest copy(const CopyRequest& request) const override;

  HttpRequest list(const ListRequest& request) const override;
  ListPage parse_list(const HttpResponse& response) const override;
  ServiceError parse_error(const HttpResponse& response) const override;

 protected:
  explicit XmlDialect(XmlService service) : service_(std::move(service)) {}

  // What the services do in ways of their own: the condition of a put, throwing for a mode that cannot be
  // had; the one for "only where there is no object", also of completions; that of a copy; tags; a body with
  // its checksums.
  virtual void add_mode(Headers& headers, const PutMode& mode) const = 0;
  virtual void add_create(Headers& headers) const = 0;
  virtual void add_copy_create(Headers& headers) const { add_create(headers); }
  virtual void add_tags(Headers& headers, const Tags& tags) const = 0;
  virtual void set_body(HttpRequest& request, Bytes body) const;
  // The element with a part's checksum in a completion ("ChecksumSHA256"); empty where there is none.
  virtual std::string checksum_element() const { return {}; }

  std::size_t max_parts() const noexcept override { return 10'000; }
  HttpRequest start(const MultipartRequest& request) const override;
  std::string parse_start(const HttpResponse& response) const override;
  HttpRequest put_part(std::string_view key, std::string_view upload, std::size_t index,
                       Bytes part) const override;
  UploadedPart parse_part(const HttpRequest& request, const HttpResponse& response) const override;
  HttpRequest complete(const MultipartRequest& request, std::string_view upload,
                       const std::vector<UploadedPart>& parts, bool create) const override;
  PutResult parse_complete(const HttpResponse& response) const override;
  HttpRequest abort(std::string_view key, std::string_view upload) const override;
  HttpRequest copy_part(std::string_view key, std::string_view upload, std::size_t index,
                        std::string_view from) const override;
  UploadedPart parse_copied_part(const HttpResponse& response) const override;

  // A request without body on an object or, for an empty key, the bucket. `query` is strictly encoded.
  HttpRequest request(std::string_view method, std::string_view key, std::string_view query = {}) const;
  const XmlService& service() const noexcept { return service_; }

 private:
  void add_copy_source(Headers& headers, std::string_view from) const;

  const XmlService service_;
};

}  // namespace storelink::cloud
