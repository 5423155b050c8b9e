// What Azure Blob Storage calls things: the REST API of version 2023-11-03, on block blobs.
#pragma once

#include <string>

#include "cloud/azure/azure_config.hpp"
#include "cloud/dialect.hpp"

namespace storelink::cloud::azure {

// * The version of a get is a version id, or "snapshot=" and the time of a snapshot.
// * An upload's parts are blocks that become the blob's with one request. The service knows no uploads:
// blocks
//   that are never used it drops by itself, at the latest after a week, and whatever is written to the blob
//   meanwhile drops them as well.
class AzureDialect final : public Dialect, private MultipartDialect {
 public:
  explicit AzureDialect(const AzureConfig& config);

  Capabilities capabilities() const noexcept override;
  const HeaderNames& header_names() const noexcept override;
  const MultipartDialect& multipart() const noexcept override { return *this; }

  void check_key(std::string_view key) const override;
  std::string object_url(std::string_view key) const override;
  HttpRequest get(const GetRequest& request, const GetRange& range, std::string_view if_match) const override;
  bool has_suffix_ranges() const noexcept override { return false; }
  HttpRequest put(const PutRequest& request) const override;
  HttpRequest remove(std::string_view key) const override;
  HttpRequest copy(const CopyRequest& request) const override;
  CopyCreate copy_create() const noexcept override { return CopyCreate::header; }
  int copy_conflict_status() const noexcept override { return 409; }
  bool copy_goes_on(const HttpResponse& response) const override;

  HttpRequest list(const ListRequest& request) const override;
  ListPage parse_list(const HttpResponse& response) const override;

  std::size_t bulk_delete_limit() const noexcept override;
  bool can_bulk_delete(std::string_view) const noexcept override { return true; }
  HttpRequest remove_many(std::span<const std::string_view> keys) const override;
  std::vector<DeleteFailure> parse_remove_many(const HttpResponse& response,
                                               std::span<const std::string_view> keys) const override;

  ServiceError parse_error(const HttpResponse& response) const override;

 private:
  std::size_t max_parts() const noexcept override { return 50'000; }
  bool knows_uploads() const noexcept override { return false; }
  bool takes_empty_parts() const noexcept override { return false; }
  HttpRequest put_part(std::string_view key, std::string_view upload, std::size_t index,
                       Bytes part) const override;
  UploadedPart parse_part(const HttpRequest&, const HttpResponse&) const override { return {}; }
  HttpRequest complete(const MultipartRequest& request, std::string_view upload,
                       const std::vector<UploadedPart>& parts, bool create) const override;
  PutResult parse_complete(const HttpResponse& response) const override;
  std::string expected_e_tag(const std::vector<UploadedPart>&) const override { return {}; }

  // A request without body. `query` is strictly encoded.
  static HttpRequest request(std::string_view method, std::string url, std::string_view query = {});
  // What is stored beside the bytes, whichever request writes them.
  void add_attributes(Headers& headers, const Attributes& attributes, const Tags& tags) const;

  const std::string container_url_;
  const std::string default_content_type_;
  const bool fabric_, disable_tagging_, can_sign_;
  const Headers customer_key_, copy_source_key_;
};

}  // namespace storelink::cloud::azure
