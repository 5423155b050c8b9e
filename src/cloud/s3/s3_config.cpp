#include "cloud/s3/s3_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "cloud/config_values.hpp"
#include "cloud/s3/s3_express.hpp"
#include "codec/digest.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::s3 {

namespace {

constexpr ConfigKey rows[] = {
    {"aws_access_key_id", {"access_key_id"}, Shown::nothing},
    {"aws_secret_access_key", {"secret_access_key"}, Shown::nothing},
    {"aws_default_region", {"default_region"}},
    {"aws_region", {"region"}},
    {"aws_bucket", {"aws_bucket_name", "bucket_name", "bucket"}},
    {"aws_endpoint", {"aws_endpoint_url", "endpoint_url", "endpoint"}, Shown::url},
    {"aws_endpoint_url_s3", {"endpoint_url_s3"}, Shown::url},
    {"aws_session_token", {"aws_token", "session_token", "token"}, Shown::nothing},
    {"aws_virtual_hosted_style_request", {"virtual_hosted_style_request"}},
    {"aws_s3_express", {"s3_express"}},
    {"aws_imdsv1_fallback", {"imdsv1_fallback"}},
    {"aws_metadata_endpoint", {"metadata_endpoint"}, Shown::url},
    {"aws_unsigned_payload", {"unsigned_payload"}},
    {"aws_checksum_algorithm", {"checksum_algorithm"}},
    {"aws_container_credentials_relative_uri", {"container_credentials_relative_uri"}},
    {"aws_container_credentials_full_uri", {"container_credentials_full_uri"}, Shown::url},
    {"aws_container_authorization_token_file", {"container_authorization_token_file"}},
    {"aws_web_identity_token_file", {"web_identity_token_file"}},
    {"aws_role_arn", {"role_arn"}},
    {"aws_role_session_name", {"role_session_name"}},
    {"aws_endpoint_url_sts", {"endpoint_url_sts"}, Shown::url},
    {"aws_profile", {"profile"}, Shown::all, {}, false},
    {"aws_skip_signature", {"skip_signature"}},
    {"aws_copy_if_not_exists", {"copy_if_not_exists"}},
    {"aws_conditional_put", {"conditional_put"}},
    {"aws_disable_tagging", {"disable_tagging"}},
    {"aws_disable_bulk_delete", {"disable_bulk_delete"}},
    {"aws_request_payer", {"request_payer"}},
    {"aws_server_side_encryption", {"server_side_encryption"}},
    {"aws_sse_kms_key_id", {"sse_kms_key_id"}},
    {"aws_sse_bucket_key_enabled", {"sse_bucket_key_enabled"}},
    {"aws_sse_customer_key_base64", {"sse_customer_key_base64"}, Shown::nothing},
};

using Values = ConfigValues<rows>;

void read_region(const Values& values, S3Config& config) {
  const ConfigValue* value = values.find("aws_region");
  // A default is a default, also when it was given and the region comes from the environment.
  if (value == nullptr) value = values.find("aws_default_region");
  if (value == nullptr) return;
  config.region = value->text();
  const bool valid = std::all_of(config.region.begin(), config.region.end(), [](char c) {
    return codec::is_ascii_alpha(c) || codec::is_ascii_digit(c) || c == '-' || c == '_';
  });
  if (!valid) value->refuse("the name of a region such as \"us-east-1\"");
}

// What was given explicitly comes before the environment; in each, S3's own variable before the one for all
// services.
const ConfigValue* find_endpoint(const Values& values) {
  const ConfigValue* own = values.find("aws_endpoint_url_s3");
  const ConfigValue* general = values.find("aws_endpoint");
  if (own != nullptr && !own->from_environment()) return own;
  if (general != nullptr && !general->from_environment()) return general;
  return own != nullptr ? own : general;
}

bool is_ip_address(std::string_view host) {
  return host.find(':') != std::string_view::npos ||
         std::all_of(host.begin(), host.end(), [](char c) { return codec::is_ascii_digit(c) || c == '.'; });
}

void read_address(const Values& values, S3Config& config) {
  config.virtual_hosted = values.flag("aws_virtual_hosted_style_request");
  config.s3_express = values.flag("aws_s3_express");
  if (config.s3_express && express_zone(config.bucket).empty()) {
    refuse_config(fmt::format(
        "\"aws_s3_express\" needs a directory bucket, NAME--ZONE--x-s3, which {:?} is not", config.bucket));
  }
  const ConfigValue* given = find_endpoint(values);
  codec::Url address;
  if (given != nullptr) {
    address = read_endpoint(*given, "https://s3.example.com:9000");
  } else {
    const std::string name = codec::to_lower(config.region.empty() ? "us-east-1" : config.region);
    const std::string_view end = name.starts_with("cn-") ? ".cn" : "";
    address.scheme = "https";
    if (config.s3_express) {
      config.virtual_hosted = true;
      address.host = fmt::format("s3express-{}.{}.amazonaws.com{}", express_zone(config.bucket), name, end);
    } else {
      address.host = fmt::format("s3.{}.amazonaws.com{}", name, end);
    }
  }
  if (config.region.empty())
    config.region = address.host.ends_with(".r2.cloudflarestorage.com") ? "auto" : "us-east-1";

  std::string path = endpoint_path(address);
  const std::string label = codec::to_lower(config.bucket) + ".";
  if (!config.virtual_hosted) {
    path += "/" + config.bucket;
  } else if (!address.host.starts_with(label)) {
    // An endpoint may have the bucket in its host name already.
    if (is_ip_address(address.host)) {
      refuse_config(
          fmt::format("virtual-hosted style needs an endpoint with a host name, and {} is an address; set "
                      "\"aws_virtual_hosted_style_request\" to false",
                      address.host));
    }
    if (label.compare(0, config.bucket.size(), config.bucket) != 0) {
      refuse_config(fmt::format("virtual-hosted style needs a bucket name without capitals, unlike {:?}",
                                config.bucket));
    }
    address.host.insert(0, label);
  }
  config.base_url = fmt::format("{}://{}{}/", address.scheme, address.authority(), path);
}

void read_credentials(const Values& values, bool has_provider, S3Config& config) {
  config.skip_signature = values.flag("aws_skip_signature");
  if (has_provider) return;
  const ConfigValue* id = values.find("aws_access_key_id");
  const ConfigValue* key = values.find("aws_secret_access_key");
  const ConfigValue* token = values.find("aws_session_token");
  if ((id == nullptr) != (key == nullptr) && !config.skip_signature) {
    refuse_config(fmt::format("{} was given without {}", (id != nullptr ? id : key)->source(),
                              id != nullptr ? "a secret access key: set \"aws_secret_access_key\""
                                            : "an access key id: set \"aws_access_key_id\""));
  }
  if (id == nullptr || key == nullptr) return;
  config.credentials.access_key_id = id->text();
  config.credentials.secret_access_key = key->text();
  // A token belongs to the keys beside which it stands: the environment's does not fit keys that were given.
  if (token != nullptr && (!token->from_environment() || id->from_environment()))
    config.credentials.session_token = token->text();
  for (const ConfigValue* value : {id, key, token})
    if (value != nullptr) check_printable(*value);
}

// A setting that is of no use without another; in the environment it may stand without being meant for this
// store.
void need(const ConfigValue* value, const ConfigValue* other, std::string_view name) {
  if (value == nullptr || value->from_environment() || other != nullptr) return;
  refuse_config(fmt::format("{} was given without {:?}", value->source(), name));
}

// The profile that is to give the credentials: not a second source beside others that were given.
void read_profile(const Values& values, const S3Options& options, const ResolvedConfig& resolved,
                  S3Config& config) {
  config.profile.profile = values.text("aws_profile");
  if (config.profile.profile.empty()) return;
  if (options.credential_provider) refuse_config("\"aws_profile\" was given beside a credential provider");
  constexpr Values::Key others[] = {"aws_access_key_id", "aws_secret_access_key", "aws_session_token",
                                    "aws_web_identity_token_file"};
  for (const Values::Key key : others) {
    if (const ConfigValue* other = values.find(key); other != nullptr && !other->from_environment())
      refuse_config(fmt::format("\"aws_profile\" was given beside {:?}", rows[key.row()].name));
  }
  config.profile.region = config.region;
  config.profile.sts_endpoint = values.text("aws_endpoint_url_sts");
  config.profile.client_options = all_client_options(resolved, options.client_options);
  config.profile.retry = options.retry;
  config.profile.transport = options.transport;
}

// Where to look when nothing better was given.
aws::AwsSource read_source(const Values& values, const std::string& region) {
  const ConfigValue* token_file = values.find("aws_web_identity_token_file");
  const ConfigValue* role = values.find("aws_role_arn");
  need(token_file, role, "aws_role_arn");
  need(role, token_file, "aws_web_identity_token_file");
  need(values.find("aws_container_authorization_token_file"),
       values.find("aws_container_credentials_full_uri"), "aws_container_credentials_full_uri");
  if (token_file != nullptr && role != nullptr) {
    aws::WebIdentity identity;
    identity.token_file = token_file->text();
    identity.role_arn = role->text();
    identity.session_name = values.text("aws_role_session_name");
    if (identity.session_name.empty()) identity.session_name = "WebIdentitySession";
    identity.sts_url = read_base_url(values.find("aws_endpoint_url_sts"), aws::sts_url(region));
    return identity;
  }
  aws::ContainerSource container;
  if (const ConfigValue* path = values.find("aws_container_credentials_relative_uri"); path != nullptr) {
    container.url = "http://169.254.170.2" + path->text();
    if (!path->text().starts_with('/') || !aws::is_container_url(container.url))
      path->refuse("a path that begins with \"/\"");
    return container;
  }
  if (const ConfigValue* full = values.find("aws_container_credentials_full_uri"); full != nullptr) {
    container.url = full->text();
    container.token_file = values.text("aws_container_authorization_token_file");
    if (!aws::is_container_url(container.url))
      full->refuse("an https URL, or an http URL of localhost, 169.254.170.2 or 169.254.170.23");
    return container;
  }
  aws::InstanceSource instance;
  instance.imdsv1_fallback = values.flag("aws_imdsv1_fallback");
  instance.endpoint = read_base_url(values.find("aws_metadata_endpoint"), instance.endpoint);
  return instance;
}

void read_copy_if_not_exists(const ConfigValue& value, S3Config& config) {
  constexpr std::string_view accepted =
      "\"header: NAME: VALUE\", \"header-with-status: NAME: VALUE: STATUS\" and \"multipart\"";
  const std::string_view text = codec::trim(value.text());
  if (codec::iequals(text, "multipart")) {
    config.copy_if_not_exists.multipart = true;
    return;
  }
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) value.refuse(accepted);
  const std::string_view kind = codec::trim(text.substr(0, colon));
  std::string_view rest = text.substr(colon + 1);
  if (codec::iequals(kind, "dynamo")) {
    throw Error(ErrorKind::not_implemented,
                fmt::format("{}: commits through DynamoDB are not implemented; accepted: {}", value.source(),
                            accepted));
  }
  CopyIfNotExists& copy = config.copy_if_not_exists;
  if (codec::iequals(kind, "header-with-status")) {
    const std::size_t last = rest.rfind(':');
    if (last == std::string_view::npos) value.refuse(accepted);
    const std::string_view status = codec::trim(rest.substr(last + 1));
    const auto [end, error] = std::from_chars(status.data(), status.data() + status.size(), copy.status);
    const bool number = error == std::errc() && end == status.data() + status.size();
    if (!number || copy.status < 400 || copy.status > 599) value.refuse("a STATUS from 400 to 599");
    rest = rest.substr(0, last);
  } else if (!codec::iequals(kind, "header")) {
    value.refuse(accepted);
  }
  const std::size_t split = rest.find(':');
  if (split == std::string_view::npos) value.refuse(accepted);
  copy.header = codec::to_lower(codec::trim(rest.substr(0, split)));
  copy.value = codec::trim(rest.substr(split + 1));
  const auto printable = [](char c) { return c >= ' ' && c < 0x7F; };
  const bool valid = !copy.header.empty() && copy.header.find(' ') == std::string::npos &&
                     std::all_of(copy.header.begin(), copy.header.end(), printable) &&
                     std::all_of(copy.value.begin(), copy.value.end(), printable);
  if (!valid) value.refuse(accepted);
}

void read_conditional_put(const ConfigValue& value, S3Config& config) {
  if (codec::to_lower(codec::trim(value.text())).starts_with("dynamo")) {
    throw Error(
        ErrorKind::not_implemented,
        fmt::format("{}: commits through DynamoDB are not implemented; accepted: \"etag\" and \"disabled\"",
                    value.source()));
  }
  config.conditional_put = value.one_of({"etag", "disabled"}) == "etag";
}

void add_customer_key(Headers& headers, std::string_view prefix, const std::string& key_base64,
                      const std::string& key) {
  headers.emplace_back(fmt::format("{}-algorithm", prefix), "AES256");
  headers.emplace_back(fmt::format("{}-key", prefix), key_base64);
  headers.emplace_back(fmt::format("{}-key-md5", prefix),
                       codec::base64_encode(codec::as_chars(codec::md5(key))));
}

void read_encryption(const Values& values, S3Config& config) {
  const ConfigValue* kind = values.find("aws_server_side_encryption");
  const ConfigValue* kms_key = values.find("aws_sse_kms_key_id");
  const ConfigValue* customer_key = values.find("aws_sse_customer_key_base64");
  const ConfigValue* bucket_key = values.find("aws_sse_bucket_key_enabled");
  const bool use_bucket_key = bucket_key != nullptr && bucket_key->boolean();
  const std::string_view type =
      kind == nullptr ? "" : kind->one_of({"AES256", "aws:kms", "aws:kms:dsse", "sse-c"});
  if (type == "sse-c") {
    const auto key = customer_key == nullptr ? std::nullopt : codec::base64_decode(customer_key->text());
    if (!key || key->size() != 32) {
      refuse_config(
          "\"aws_server_side_encryption\" is \"sse-c\", which needs \"aws_sse_customer_key_base64\": 32 "
          "bytes in "
          "base64");
    }
    add_customer_key(config.customer_key, "x-amz-server-side-encryption-customer", customer_key->text(),
                     *key);
    add_customer_key(config.copy_source_key, "x-amz-copy-source-server-side-encryption-customer",
                     customer_key->text(), *key);
    return;
  }
  if (customer_key != nullptr && !customer_key->from_environment())
    refuse_config("\"aws_sse_customer_key_base64\" needs \"aws_server_side_encryption\" to be \"sse-c\"");
  const bool kms = type == "aws:kms" || type == "aws:kms:dsse";
  if (kms_key != nullptr && !kms && !kms_key->from_environment())
    refuse_config(
        "\"aws_sse_kms_key_id\" needs \"aws_server_side_encryption\" to be \"aws:kms\" or \"aws:kms:dsse\"");
  if (type.empty()) return;
  config.encryption.emplace_back("x-amz-server-side-encryption", type);
  if (kms && kms_key != nullptr)
    config.encryption.emplace_back("x-amz-server-side-encryption-aws-kms-key-id", kms_key->text());
  if (use_bucket_key)
    config.encryption.emplace_back("x-amz-server-side-encryption-bucket-key-enabled", "true");
}

void read_behaviour(const Values& values, S3Config& config) {
  config.unsigned_payload = values.flag("aws_unsigned_payload");
  config.disable_tagging = values.flag("aws_disable_tagging");
  config.disable_bulk_delete = values.flag("aws_disable_bulk_delete");
  const ConfigValue* payer = values.find("aws_request_payer");
  config.request_payer = payer != nullptr && (codec::iequals(payer->text(), "requester") || payer->boolean());
  if (const ConfigValue* value = values.find("aws_checksum_algorithm"); value != nullptr) {
    const std::string_view name = value->one_of({"sha256", "crc64nvme"});
    config.checksum = name == "sha256" ? Checksum::sha256 : Checksum::crc64nvme;
  }
  if (const ConfigValue* value = values.find("aws_copy_if_not_exists"); value != nullptr)
    read_copy_if_not_exists(*value, config);
  if (const ConfigValue* value = values.find("aws_conditional_put"); value != nullptr)
    read_conditional_put(*value, config);
  // Directory buckets take no MD5 where a checksum must be.
  if (config.s3_express && config.checksum == Checksum::none) config.checksum = Checksum::crc64nvme;
}

}  // namespace

std::span<const ConfigKey> s3_config_keys() noexcept {
  return rows;
}

S3Config parse_s3_config(const S3Options& options) {
  const ResolvedConfig resolved = resolve_options(rows, "aws_", options);
  const Values values(resolved);
  S3Config config;
  config.bucket = read_bucket(values.find("aws_bucket"), options.bucket, "aws_bucket");
  read_region(values, config);
  read_address(values, config);
  read_profile(values, options, resolved, config);
  const bool has_provider = options.credential_provider || !config.profile.profile.empty();
  check_refresh_threshold(options.credential_refresh_threshold);
  read_credentials(values, has_provider, config);
  if (!has_provider && !config.skip_signature && config.credentials.access_key_id.empty())
    config.source = read_source(values, config.region);
  read_behaviour(values, config);
  read_encryption(values, config);
  config.client = read_client_options(resolved, options.client_options, config.base_url);
  if (const auto* identity = std::get_if<aws::WebIdentity>(&config.source))
    check_encrypted(identity->sts_url, config.client);
  return config;
}

}  // namespace storelink::cloud::s3
