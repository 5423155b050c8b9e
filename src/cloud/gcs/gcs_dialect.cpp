#include "cloud/gcs/gcs_dialect.hpp"

#include <fmt/format.h>

#include "codec/text.hpp"

namespace storelink::cloud::gcs {

namespace {

constexpr std::string_view if_generation = "x-goog-if-generation-match";

constexpr XmlNames names = {
    "Google Cloud Storage",
    {"x-goog-meta-", "x-goog-generation", "x-goog-storage-class", "x-guploader-uploadid"},
    "generation",
    "x-goog-copy-source"};

XmlService service_of(const GcsConfig& config) {
  XmlService service(names);
  service.copy_source_root = config.bucket + "/";
  service.bucket_url = fmt::format("{}/{}", config.base_url, config.bucket);
  service.base_url = service.bucket_url + "/";
  service.default_content_type = config.client.default_content_type;
  return service;
}

}  // namespace

GcsDialect::GcsDialect(const GcsConfig& config, bool can_sign)
    : XmlDialect(service_of(config)), can_sign_(can_sign) {}

Capabilities GcsDialect::capabilities() const noexcept {
  Capabilities can;
  can.headers = true;
  can.put_create = can.put_update = can.copy_create = true;
  can.attributes = can.versions = can.ordered_list = true;
  can.sign = can_sign_;
  return can;
}

HttpRequest GcsDialect::get(const GetRequest& get, const GetRange& range, std::string_view if_match) const {
  HttpRequest made = XmlDialect::get(get, range, if_match);
  // Objects stored as gzip are decompressed for clients that do not say this, and ranges ignored then
  // ("Transcoding of gzip-compressed files"): the bytes are wanted as they are stored.
  made.headers.emplace_back("accept-encoding", "gzip");
  return made;
}

void GcsDialect::add_create(Headers& headers) const {
  headers.emplace_back(if_generation, "0");
}

void GcsDialect::add_mode(Headers& headers, const PutMode& mode) const {
  switch (mode.kind) {
    case PutMode::Kind::overwrite: return;
    case PutMode::Kind::create: add_create(headers); return;
    case PutMode::Kind::update: {
      // The etag says nothing to a conditional write here.
      const auto generation = mode.version ? codec::parse_number(*mode.version) : std::nullopt;
      if (!generation || *generation == 0) {
        throw Error(ErrorKind::generic,
                    "an update on Google Cloud Storage needs the version of the object as it was: the number "
                    "of its generation");
      }
      headers.emplace_back(if_generation, *mode.version);
      return;
    }
  }
}

void GcsDialect::add_tags(Headers&, const Tags& tags) const {
  if (!tags.empty()) throw Error(ErrorKind::not_supported, "Google Cloud Storage has no tags on objects");
}

}  // namespace storelink::cloud::gcs
