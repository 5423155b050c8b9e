// What Amazon S3 has beside the XML API that it shares: the REST API of version 2006-03-01.
#pragma once

#include <string>

#include "cloud/s3/s3_config.hpp"
#include "cloud/xml_dialect.hpp"

namespace storelink::cloud::s3 {

class S3Dialect final : public XmlDialect {
 public:
  explicit S3Dialect(const S3Config& config);

  Capabilities capabilities() const noexcept override;
  HttpRequest get(const GetRequest& request, const GetRange& range, std::string_view if_match) const override;
  std::unique_ptr<BodyCheck> body_check(const Headers& headers) const override;
  HttpRequest copy(const CopyRequest& request) const override;
  CopyCreate copy_create() const noexcept override;
  int copy_conflict_status() const noexcept override { return copy_if_not_exists_.status; }

  HttpRequest list(const ListRequest& request) const override;
  std::size_t bulk_delete_limit() const noexcept override;
  bool can_bulk_delete(std::string_view key) const noexcept override { return xml_can_carry(key); }
  HttpRequest remove_many(std::span<const std::string_view> keys) const override;
  std::vector<DeleteFailure> parse_remove_many(const HttpResponse& response,
                                               std::span<const std::string_view> keys) const override;

 private:
  void add_mode(Headers& headers, const PutMode& mode) const override;
  void add_create(Headers& headers) const override;
  void add_copy_create(Headers& headers) const override;
  void add_tags(Headers& headers, const Tags& tags) const override;
  // The body with its payload hash and checksum, each hash computed once.
  void set_body(HttpRequest& request, Bytes body) const override;
  std::string checksum_element() const override;

  HttpRequest start(const MultipartRequest& request) const override;
  UploadedPart parse_part(const HttpRequest& request, const HttpResponse& response) const override;
  std::string expected_e_tag(const std::vector<UploadedPart>& parts) const override;

  void add_checksum_algorithm(Headers& headers) const;

  const bool unsigned_payload_;
  const bool disable_tagging_;
  const bool disable_bulk_delete_;
  const bool conditional_put_;
  const bool skip_signature_;
  const bool express_;
  const Checksum checksum_;
  const CopyIfNotExists copy_if_not_exists_;
};

}  // namespace storelink::cloud::s3
