// What Google Cloud Storage has of its own in the XML API.
#pragma once

#include <string>

#include "cloud/gcs/gcs_config.hpp"
#include "cloud/xml_dialect.hpp"

namespace storelink::cloud::gcs {

class GcsDialect final : public XmlDialect {
 public:
  // `can_sign`: whether the store's credentials can sign URLs.
  GcsDialect(const GcsConfig& config, bool can_sign);

  Capabilities capabilities() const noexcept override;
  HttpRequest get(const GetRequest& request, const GetRange& range, std::string_view if_match) const override;
  CopyCreate copy_create() const noexcept override { return CopyCreate::header; }
  int copy_conflict_status() const noexcept override { return 412; }

 private:
  void add_mode(Headers& headers, const PutMode& mode) const override;
  void add_create(Headers& headers) const override;
  void add_tags(Headers& headers, const Tags& tags) const override;

  const bool can_sign_;
};

}  // namespace storelink::cloud::gcs
