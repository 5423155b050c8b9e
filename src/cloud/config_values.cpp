#include "cloud/config_values.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::cloud {

void refuse_config(std::string message) {
  throw Error(ErrorKind::generic, std::move(message));
}

std::string read_name(std::string_view what, const ConfigValue* value, const std::string& given,
                      std::string_view key) {
  std::string name = given;
  if (value != nullptr && !value->from_environment()) {
    if (!given.empty() && given != value->text()) {
      refuse_config(fmt::format("the {} was given twice: {:?} and, as the configuration key {:?}, {:?}", what,
                                given, key, value->text()));
    }
    name = value->text();
  } else if (value != nullptr && name.empty()) {
    name = value->text();
  }
  if (name.empty())
    refuse_config(fmt::format("no {}: give its name, or set the configuration key {:?}", what, key));
  return name;
}

std::string read_bucket(const ConfigValue* value, const std::string& given, std::string_view key) {
  const std::string bucket = read_name("bucket", value, given, key);
  const auto is_alphanumeric = [](char c) { return codec::is_ascii_alpha(c) || codec::is_ascii_digit(c); };
  const bool valid = bucket.size() <= 255 && is_alphanumeric(bucket.front()) &&
                     std::all_of(bucket.begin(), bucket.end(), [&](char c) {
                       return is_alphanumeric(c) || c == '.' || c == '-' || c == '_';
                     });
  if (!valid) {
    refuse_config(fmt::format(
        "{:?} is no bucket name; accepted are letters, digits, '.', '-' and '_', and a letter or digit "
        "first",
        bucket));
  }
  return bucket;
}

codec::Url read_endpoint(const ConfigValue& value, std::string_view example) {
  const auto refuse = [&value, example] {
    value.refuse(fmt::format("an http or https URL without user, query and fragment, such as {:?}", example));
  };
  codec::Url address;
  try {
    address = codec::parse_url(codec::trim(value.text()));
  } catch (const Error&) {
    refuse();
  }
  const bool valid = (address.scheme == "https" || address.scheme == "http") && address.user.empty() &&
                     address.password.empty() && address.query.empty() && address.fragment.empty();
  if (!valid) refuse();
  return address;
}

std::string endpoint_path(const codec::Url& address) {
  std::string_view path = address.path;
  while (path.ends_with('/')) path.remove_suffix(1);
  return codec::percent_encode(codec::percent_decode(path), codec::Keep::unreserved_and_slash);
}

std::string read_base_url(const ConfigValue* value, std::string_view fallback) {
  if (value == nullptr) return std::string(fallback);
  const codec::Url address = read_endpoint(*value, fallback);
  return fmt::format("{}://{}{}", address.scheme, address.authority(), endpoint_path(address));
}

void check_printable(const ConfigValue& value) {
  const std::string& text = value.text();
  const bool printable = std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!printable) value.refuse("printable ASCII without spaces (is there a line end behind it?)");
}

void check_refresh_threshold(std::chrono::nanoseconds threshold) {
  if (threshold.count() < 0) {
    refuse_config(
        "credential_refresh_threshold is negative; accepted is how long before its expiry a credential is "
        "renewed");
  }
}

void check_encrypted(std::string_view url, const http::ClientOptions& client) {
  constexpr std::string_view plain = "http://";
  if (client.allow_http || !url.starts_with(plain)) return;
  refuse_config(fmt::format(
      "the endpoint {} uses http, which is not encrypted: use https, or set \"allow_http\" to true",
      url.substr(0, url.find('/', plain.size()))));
}

Settings all_client_options(const ResolvedConfig& resolved, const Settings& given) {
  Settings all = given;
  all.insert(all.end(), resolved.client_options.begin(), resolved.client_options.end());
  return all;
}

http::ClientOptions read_client_options(const ResolvedConfig& resolved, const Settings& given,
                                        std::string_view base_url) {
  http::ClientOptions client = http::parse_client_options(all_client_options(resolved, given));
  check_encrypted(base_url, client);
  return client;
}

}  // namespace storelink::cloud
