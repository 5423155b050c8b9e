// What Amazon S3 calls things: the REST API of version 2006-03-01.
#pragma once

#include <memory>
#include <string>

#include "cloud/dialect.hpp"
#include "cloud/s3/s3_config.hpp"

namespace storelink::cloud::s3 {

class S3Dialect final : public Dialect, private MultipartDialect {
 public:
  explicit S3Dialect(const S3Config& config);

  Capabilities capabilities() const noexcept override;
  const HeaderNames& header_names() const noexcept override;
  const MultipartDialect& multipart() const noexcept override { return *this; }

  void check_key(std::string_view key) const override;
  std::string object_url(std::string_view key) const override;
  HttpRequest get(const GetRequest& request, const GetRange& range, std::string_view if_match) const override;
  HttpRequest put(const PutRequest& request) const override;
  HttpRequest remove(std::string_view key) const override;
  HttpRequest copy(const CopyRequest& request) const override;
  CopyCreate copy_create() const noexcept override;
  int copy_conflict_status() const noexcept override { return copy_if_not_exists_.status; }

  HttpRequest list(const ListRequest& request) const override;
  ListPage parse_list(const HttpResponse& response) const override;

  std::size_t bulk_delete_limit() const noexcept override;
  bool can_bulk_delete(std::string_view key) const noexcept override { return xml_can_carry(key); }
  HttpRequest remove_many(std::span<const std::string_view> keys) const override;
  std::vector<DeleteFailure> parse_remove_many(const HttpResponse& response) const override;

  ServiceError parse_error(const HttpResponse& response) const override;

 private:
  std::size_t max_parts() const noexcept override { return 10'000; }
  HttpRequest start(const MultipartRequest& request) const override;
  std::string parse_start(const HttpResponse& response) const override;
  HttpRequest put_part(std::string_view key, std::string_view upload, std::size_t index,
                       Bytes part) const override;
  UploadedPart parse_part(const HttpRequest& request, const HttpResponse& response) const override;
  HttpRequest complete(std::string_view key, std::string_view upload, const std::vector<UploadedPart>& parts,
                       bool create) const override;
  PutResult parse_complete(const HttpResponse& response) const override;
  HttpRequest abort(std::string_view key, std::string_view upload) const override;
  std::string expected_e_tag(const std::vector<UploadedPart>& parts) const override;
  HttpRequest copy_part(std::string_view key, std::string_view upload, std::size_t index,
                        std::string_view from) const override;
  UploadedPart parse_copied_part(const HttpResponse& response) const override;

  // A request without body on an object or, for an empty key, the bucket. `query` is strictly encoded.
  HttpRequest request(std::string_view method, std::string_view key, std::string_view query = {}) const;
  void add_copy_source(Headers& headers, std::string_view from) const;
  // The body with its payload hash and checksum, each hash computed once.
  void set_body(HttpRequest& request, Bytes body) const;
  void add_tags(Headers& headers, const Tags& tags) const;

  const std::string base_url_;    // what keys are appended to
  const std::string bucket_url_;  // of requests on the bucket itself
  const std::string bucket_;
  const std::string default_content_type_;
  const bool unsigned_payload_;
  const bool disable_tagging_;
  const bool disable_bulk_delete_;
  const bool conditional_put_;
  const bool skip_signature_;
  const Checksum checksum_;
  const CopyIfNotExists copy_if_not_exists_;
  const Headers common_;  // of every request
  const Headers encryption_, customer_key_, copy_source_key_;
};

}  // namespace storelink::cloud::s3
