// URLs that name stores.
#include <fmt/format.h>

#include <algorithm>

#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"
#include "storelink/stores.hpp"

namespace storelink {

namespace {

constexpr std::string_view accepted_forms =
    "accepted are memory:///path, file:///directory, s3://bucket/prefix, s3a://bucket/prefix, "
    "https://s3.<region>.amazonaws.com/<bucket>, https://<bucket>.s3.<region>.amazonaws.com and "
    "https://<account>.r2.cloudflarestorage.com/<bucket>";

[[noreturn]] void refuse(const std::string& url) {
  throw Error(ErrorKind::generic,
              fmt::format("{:?} names no store that is known here; {}", codec::redact_url(url), accepted_forms));
}

std::string key_of(std::string_view path) {
  while (path.starts_with('/')) path.remove_prefix(1);
  while (path.ends_with('/')) path.remove_suffix(1);
  return codec::percent_decode(path);
}

// The first segment of the path is the bucket, the rest the key.
void take_bucket_from_path(const codec::Url& url, ParsedUrl& parsed) {
  std::string_view path = url.path;
  while (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t slash = std::min(path.find('/'), path.size());
  parsed.bucket = codec::percent_decode(path.substr(0, slash));
  parsed.path = key_of(path.substr(slash));
}

// <bucket>.s3.<region>.amazonaws.com and its like. False if the host is none of Amazon's.
bool parse_amazon(const codec::Url& url, ParsedUrl& parsed) {
  constexpr std::string_view domain = ".amazonaws.com";
  std::string_view host = url.host;
  if (!host.ends_with(domain)) return false;
  host.remove_suffix(domain.size());
  std::size_t service = 0;
  if (!(host == "s3" || host.starts_with("s3."))) {
    service = host.rfind(".s3.");
    if (service == std::string_view::npos && host.ends_with(".s3")) service = host.size() - 3;
    if (service == std::string_view::npos) return false;
    ++service;
  }
  std::string_view rest = host.substr(service + 2);  // ".dualstack.region", ".region" or nothing
  const bool dual_stack = rest.starts_with(".dualstack.");
  if (dual_stack) rest.remove_prefix(std::string_view(".dualstack").size());
  if (rest.starts_with('.')) rest.remove_prefix(1);
  if (rest.find('.') != std::string_view::npos) return false;
  if (!rest.empty()) parsed.config.emplace_back("region", rest);
  if (service != 0) {
    parsed.bucket = url.host_as_given.substr(0, service - 1);
    parsed.path = key_of(url.path);
    parsed.config.emplace_back("virtual_hosted_style_request", "true");
    if (dual_stack) parsed.config.emplace_back("endpoint", fmt::format("https://{}", url.host));
  } else {
    take_bucket_from_path(url, parsed);
    if (dual_stack) parsed.config.emplace_back("endpoint", fmt::format("https://{}", url.host));
  }
  return true;
}

bool parse_r2(const codec::Url& url, ParsedUrl& parsed) {
  if (!std::string_view(url.host).ends_with(".r2.cloudflarestorage.com")) return false;
  take_bucket_from_path(url, parsed);
  parsed.config.emplace_back("endpoint", fmt::format("https://{}", url.authority()));
  parsed.config.emplace_back("region", "auto");
  return true;
}

}  // namespace

ParsedUrl parse_store_url(const std::string& text) {
  const codec::Url url = codec::parse_url(text);
  ParsedUrl parsed;
  if (url.scheme == "memory") {
    parsed.kind = "memory";
    parsed.path = key_of(url.path);
  } else if (url.scheme == "file") {
    if (!url.host.empty() && url.host != "localhost") refuse(text);
    parsed.kind = "local";
    parsed.path = codec::percent_decode(url.path);
    if (parsed.path.empty()) parsed.path = "/";
  } else if (url.scheme == "s3" || url.scheme == "s3a") {
    parsed.kind = "s3";
    parsed.bucket = url.host_as_given;
    parsed.path = key_of(url.path);
  } else if (url.scheme == "https") {
    parsed.kind = "s3";
    if (!parse_amazon(url, parsed) && !parse_r2(url, parsed)) refuse(text);
  } else {
    refuse(text);
  }
  if (parsed.kind == "s3" && parsed.bucket.empty())
    throw Error(ErrorKind::generic, fmt::format("{:?} names no bucket; {}", codec::redact_url(text), accepted_forms));
  return parsed;
}

std::shared_ptr<ObjectStore> open_url(const std::string& url, Settings config, Settings client_options,
                                      RetryConfig retry) {
  ParsedUrl parsed = parse_store_url(url);
  if (parsed.kind == "s3") {
    S3Options options;
    options.bucket = std::move(parsed.bucket);
    options.prefix = std::move(parsed.path);
    // Explicit settings win over the URL's own.
    options.config = std::move(config);
    for (auto& [key, value] : parsed.config) {
      const bool given = std::any_of(options.config.begin(), options.config.end(), [&key = key](const auto& setting) {
        const std::string name = codec::to_lower(setting.first);
        return name == key || name == "aws_" + key;
      });
      if (!given) options.config.emplace_back(key, std::move(value));
    }
    options.client_options = std::move(client_options);
    options.retry = retry;
    return make_s3_store(std::move(options));
  }
  if (!config.empty())
    throw Error(ErrorKind::unknown_config_key,
                fmt::format("a {} store has no settings; {:?} was given", parsed.kind, config.front().first));
  if (parsed.kind == "memory") return make_prefix_store(make_memory_store(), std::move(parsed.path));
  LocalOptions options;
  options.root = std::move(parsed.path);
  return make_local_store(std::move(options));
}

}  // namespace storelink
