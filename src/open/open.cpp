#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cloud/azure/azure_config.hpp"
#include "cloud/gcs/gcs_config.hpp"
#include "cloud/s3/s3_config.hpp"
#include "codec/percent.hpp"
#include "codec/url.hpp"

namespace storelink {

namespace {

// What parse_store_url() takes, for messages.
constexpr std::string_view accepted_store_urls =
    "memory:///path, file:///directory, s3://bucket/path, s3a://bucket/path, gs://bucket/path, "
    "az://container/path (also adl, azure, abfs and abfss), "
    "abfss://container@ACCOUNT.dfs.core.windows.net/path, "
    "https://s3.REGION.amazonaws.com/BUCKET/path, https://BUCKET.s3.REGION.amazonaws.com/path, "
    "https://ACCOUNT.r2.cloudflarestorage.com/BUCKET/path, https://storage.googleapis.com/BUCKET/path, "
    "https://BUCKET.storage.googleapis.com/path, https://ACCOUNT.blob.core.windows.net/CONTAINER/path, "
    "https://ACCOUNT.dfs.fabric.microsoft.com/WORKSPACE/path, and http(s)://HOST/path for any web server";

[[noreturn]] void refuse(std::string_view url, std::string_view why) {
  throw Error(ErrorKind::generic, fmt::format("{:?} names no store: {}; accepted are {}",
                                              codec::redact_url(url), why, accepted_store_urls));
}

// The decoded path without a slash at either end.
std::string key_prefix(std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  if (path.ends_with('/')) path.remove_suffix(1);
  return codec::percent_decode(path);
}

// Takes the first segment off a path: the bucket of path-style URLs.
std::string take_segment(std::string_view& path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  std::string segment = codec::percent_decode(path.substr(0, end));
  path.remove_prefix(end);
  return segment;
}

std::vector<std::string_view> labels_of(std::string_view host) {
  std::vector<std::string_view> labels;
  for (std::size_t begin = 0; begin <= host.size();) {
    const std::size_t end = std::min(host.find('.', begin), host.size());
    labels.push_back(host.substr(begin, end - begin));
    begin = end + 1;
  }
  return labels;
}

// [BUCKET.]s3[.dualstack][.REGION].amazonaws.com[.cn], where a bucket's name may have dots.
bool parse_amazon(const codec::Url& url, ParsedUrl& parsed) {
  std::string_view host = url.host;
  const bool china = host.ends_with(".amazonaws.com.cn");
  const std::string_view domain = china ? ".amazonaws.com.cn" : ".amazonaws.com";
  if (!host.ends_with(domain)) return false;
  host.remove_suffix(domain.size());

  std::vector<std::string_view> labels = labels_of(host);
  std::string_view region;
  bool dualstack = false;
  if (labels.back() != "s3") {
    region = labels.back();
    labels.pop_back();
    if (!labels.empty() && labels.back() == "dualstack") {
      dualstack = true;
      labels.pop_back();
    }
  }
  if (labels.empty() || labels.back() != "s3") return false;
  labels.pop_back();

  std::string_view path = url.path;
  if (labels.empty()) {
    parsed.bucket = take_segment(path);
  } else {
    const std::string_view last = labels.back();
    parsed.bucket = host.substr(0, static_cast<std::size_t>(last.data() + last.size() - host.data()));
    parsed.config.emplace_back("virtual_hosted_style_request", "true");
  }
  parsed.path = key_prefix(path);
  if (!region.empty()) parsed.config.emplace_back("region", region);
  if (dualstack)
    parsed.config.emplace_back("endpoint", fmt::format("https://s3.dualstack.{}{}", region, domain));
  return true;
}

bool parse_r2(const codec::Url& url, ParsedUrl& parsed) {
  if (!url.host.ends_with(".r2.cloudflarestorage.com")) return false;
  std::string_view path = url.path;
  parsed.bucket = take_segment(path);
  parsed.path = key_prefix(path);
  parsed.config.emplace_back("region", "auto");
  parsed.config.emplace_back("endpoint", fmt::format("https://{}", url.authority()));
  return true;
}

bool parse_google(const codec::Url& url, ParsedUrl& parsed) {
  constexpr std::string_view service = "storage.googleapis.com";
  std::string_view host = url.host;
  if (!host.ends_with(service)) return false;
  host.remove_suffix(service.size());
  std::string_view path = url.path;
  if (host.empty()) {
    parsed.bucket = take_segment(path);
  } else {
    if (host.size() == 1 || !host.ends_with('.')) return false;
    parsed.bucket = host.substr(0, host.size() - 1);
  }
  parsed.kind = "gcs";
  parsed.path = key_prefix(path);
  return true;
}

// ACCOUNT.(blob|dfs).(core.windows.net|fabric.microsoft.com)
bool parse_azure_host(std::string_view host, ParsedUrl& parsed) {
  const std::size_t dot = host.find('.');
  if (dot == 0 || dot == std::string_view::npos) return false;
  const std::string_view service = host.substr(dot + 1);
  const bool fabric = service == "blob.fabric.microsoft.com" || service == "dfs.fabric.microsoft.com";
  if (!fabric && service != "blob.core.windows.net" && service != "dfs.core.windows.net") return false;
  parsed.kind = "azure";
  parsed.config.emplace_back("account_name", host.substr(0, dot));
  if (fabric) parsed.config.emplace_back("use_fabric_endpoint", "true");
  return true;
}

bool is_azure_scheme(std::string_view scheme) {
  return scheme == "az" || scheme == "adl" || scheme == "azure" || scheme == "abfs" || scheme == "abfss";
}

// az://container/path, or with the account: abfss://container@account.dfs.core.windows.net/path
void parse_azure(const std::string& text, const codec::Url& url, ParsedUrl& parsed) {
  parsed.kind = "azure";
  parsed.path = key_prefix(url.path);
  if (url.host.empty() || url.port != 0) refuse(text, "it has no container, or one with a port");
  if (url.user.empty()) {
    parsed.bucket = url.host_as_given;
    return;
  }
  parsed.bucket = url.user;
  if (!parse_azure_host(url.host, parsed))
    refuse(text, "the host behind the '@' is not that of an account (for others: the setting \"endpoint\")");
}

// Whether an https URL is one of a known service; any other is that of a web server.
bool parse_service(const std::string& text, const codec::Url& url, ParsedUrl& parsed) {
  if (url.scheme != "https" || (url.port != 0 && url.port != 443)) return false;
  if (parse_azure_host(url.host, parsed)) {
    // Without a container it has to be a setting.
    std::string_view path = url.path;
    parsed.bucket = take_segment(path);
    parsed.path = key_prefix(path);
    return true;
  }
  parsed.kind = "s3";
  if (!parse_amazon(url, parsed) && !parse_r2(url, parsed) && !parse_google(url, parsed)) return false;
  if (parsed.bucket.empty()) refuse(text, "it has no bucket");
  return true;
}

}  // namespace

ParsedUrl parse_store_url(const std::string& text) {
  codec::Url url;
  try {
    url = codec::parse_url(text);
  } catch (const Error& error) {
    throw Error(ErrorKind::generic, fmt::format("{}; accepted are {}", error.message(), accepted_store_urls));
  }
  if (!url.query.empty() || !url.fragment.empty())
    refuse(text, "it has a query or a fragment ('?' and '#' in a path are written %3F and %23)");

  ParsedUrl parsed;
  const bool has_user = !url.user.empty() || !url.password.empty();
  if (url.scheme == "https" || url.scheme == "http") {
    if (parse_service(text, url, parsed)) {
      if (has_user) refuse(text, "it has a user; credentials are settings");
      return parsed;
    }
    parsed = ParsedUrl();
    parsed.kind = "http";
    parsed.config.emplace_back("url", text);
    return parsed;
  }
  if (has_user && (!is_azure_scheme(url.scheme) || !url.password.empty()))
    refuse(text, "it has a user; credentials are settings");
  if (url.scheme == "memory" || url.scheme == "file") {
    if (!url.host.empty() && !(url.scheme == "file" && url.host == "localhost"))
      refuse(text, "it has a host, where three slashes begin the path");
    if (url.scheme == "memory") {
      parsed.kind = "memory";
      parsed.path = key_prefix(url.path);
      return parsed;
    }
    parsed.kind = "local";
    parsed.path = codec::percent_decode(url.path);
    if (!parsed.path.starts_with('/')) refuse(text, "the directory is not absolute");
    return parsed;
  }
  if (url.scheme == "s3" || url.scheme == "s3a" || url.scheme == "gs") {
    parsed.kind = url.scheme == "gs" ? "gcs" : "s3";
    if (url.host.empty() || url.port != 0) refuse(text, "it has no bucket, or one with a port");
    parsed.bucket = url.host_as_given;
    parsed.path = key_prefix(url.path);
    return parsed;
  }
  if (is_azure_scheme(url.scheme)) {
    parse_azure(text, url, parsed);
    return parsed;
  }
  refuse(text, fmt::format("the scheme {:?} is not known", url.scheme));
}

namespace {

// The options of a cloud's store, whose settings have the rows `keys`; `bucket_key` names the bucket among
// them.
template <class Options>
Options cloud_options(std::span<const cloud::ConfigKey> keys, const char* bucket_key, ParsedUrl parsed,
                      Settings config, Settings client_options, RetryConfig retry) {
  const auto is_given = [&](std::string_view key) {
    const auto* wanted = cloud::find_config_key(keys, key);
    return std::any_of(config.begin(), config.end(), [&](const auto& setting) {
      return cloud::find_config_key(keys, setting.first) == wanted;
    });
  };
  // What is given wins over what the URL says, and that over the environment.
  Settings from_url = std::move(parsed.config);
  if (!parsed.bucket.empty()) from_url.emplace_back(bucket_key, parsed.bucket);
  std::erase_if(from_url, [&](const auto& setting) { return is_given(setting.first); });
  Options options;
  options.config = std::move(config);
  options.config.insert(options.config.end(), from_url.begin(), from_url.end());
  options.prefix = std::move(parsed.path);
  options.client_options = std::move(client_options);
  options.retry = retry;
  return options;
}

}  // namespace

std::shared_ptr<ObjectStore> open_url(const std::string& url, Settings config, Settings client_options,
                                      RetryConfig retry) {
  ParsedUrl parsed = parse_store_url(url);
  if (parsed.kind == "s3") {
    return make_s3_store(cloud_options<S3Options>(cloud::s3::s3_config_keys(), "bucket", std::move(parsed),
                                                  std::move(config), std::move(client_options), retry));
  }
  if (parsed.kind == "gcs") {
    return make_gcs_store(cloud_options<GcsOptions>(cloud::gcs::gcs_config_keys(), "bucket",
                                                    std::move(parsed), std::move(config),
                                                    std::move(client_options), retry));
  }
  if (parsed.kind == "azure") {
    return make_azure_store(cloud_options<AzureOptions>(cloud::azure::azure_config_keys(), "container_name",
                                                        std::move(parsed), std::move(config),
                                                        std::move(client_options), retry));
  }
  if (parsed.kind == "http") {
    HttpOptions options;
    options.url = std::move(parsed.config.front().second);
    options.client_options = std::move(client_options);
    // Client options may stand among the settings, and there are no others.
    options.client_options.insert(options.client_options.end(), config.begin(), config.end());
    options.retry = retry;
    return make_http_store(std::move(options));
  }
  if (!config.empty()) {
    throw Error(ErrorKind::unknown_config_key,
                fmt::format("a {} store has no settings; {:?} was given", parsed.kind, config.front().first));
  }
  if (parsed.kind == "local") {
    LocalOptions options;
    options.root = std::move(parsed.path);
    return make_local_store(std::move(options));
  }
  std::shared_ptr<ObjectStore> store = make_memory_store();
  if (parsed.path.empty()) return store;
  return make_prefix_store(std::move(store), std::move(parsed.path));
}

}  // namespace storelink
