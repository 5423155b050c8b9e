#include "cloud/azure/azure_auth.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <vector>

#include "cloud/xml_listing.hpp"
#include "codec/digest.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"

namespace storelink::cloud::azure {

namespace {

// The version whose fields are signed here. Later ones have more of them.
constexpr std::string_view sas_version = "2022-11-02";

std::string sign(std::string_view key, std::string_view text) {
  return codec::base64_encode(codec::as_chars(codec::hmac_sha256(key, text)));
}

// Fractions of a second are no part of the times that are signed.
std::string sas_time(codec::Timestamp time) {
  return codec::format_rfc3339(std::chrono::floor<std::chrono::seconds>(time));
}

void append_own_headers(std::string& text, const Headers& headers) {
  std::vector<std::pair<std::string, std::string_view>> own;
  for (const auto& [name, value] : headers) {
    std::string lower = codec::to_lower(name);
    if (lower.starts_with("x-ms-")) own.emplace_back(std::move(lower), codec::trim(value));
  }
  std::sort(own.begin(), own.end());
  for (const auto& [name, value] : own) text.append(name).append(":").append(value).append("\n");
}

void append_resource(std::string& text, std::string_view url, std::string_view account) {
  const std::size_t path_start = std::min(url.find('/', url.find("://") + 3), url.size());
  const std::size_t query_start = std::min(url.find('?', path_start), url.size());
  const std::string_view path = url.substr(path_start, query_start - path_start);
  text.append("/").append(account).append(path.empty() ? "/" : path);
  codec::QueryItems items = codec::parse_query(url.substr(std::min(query_start + 1, url.size())));
  for (auto& item : items) item.first = codec::to_lower(item.first);
  std::sort(items.begin(), items.end());
  for (const auto& [name, value] : items) text.append("\n").append(name).append(":").append(value);
}

// The fields that both kinds of SAS begin and end with, and between them their own.
std::string signed_fields(const Sas& sas, std::string_view own) {
  // Permissions, start, expiry, resource; … ; addresses, protocol, version, kind of resource, snapshot,
  // encryption scope and five response headers.
  return fmt::format("{}\n\n{}\n{}\n{}\n\n{}\n{}\nb\n\n\n\n\n\n\n", sas.permissions, sas_time(sas.expires),
                     sas.resource, own, sas.https_only ? "https" : "https,http", sas_version);
}

codec::QueryItems query_of(const Sas& sas) {
  return {{"sp", sas.permissions},
          {"se", sas_time(sas.expires)},
          {"spr", sas.https_only ? "https" : "https,http"},
          {"sv", std::string(sas_version)},
          {"sr", "b"}};
}

}  // namespace

std::string string_to_sign(const HttpRequest& request, std::string_view account) {
  constexpr std::array<std::string_view, 8> after_length = {
      "content-md5",   "content-type",        "date", "if-modified-since", "if-match",
      "if-none-match", "if-unmodified-since", "range"};
  const auto value = [&request](std::string_view name) {
    const std::string* found = find_header(request.headers, name);
    return found == nullptr ? std::string_view() : std::string_view(*found);
  };
  std::string text =
      fmt::format("{}\n{}\n{}\n", request.method, value("content-encoding"), value("content-language"));
  if (!request.body.empty()) text += std::to_string(request.body.size());
  text += '\n';
  for (const std::string_view name : after_length) text.append(value(name)).append("\n");
  append_own_headers(text, request.headers);
  append_resource(text, request.url, account);
  return text;
}

std::string shared_key_authorization(const HttpRequest& request, const AccountKey& key) {
  return fmt::format("SharedKey {}:{}", key.account, sign(key.key, string_to_sign(request, key.account)));
}

std::string service_sas(const Sas& sas, const AccountKey& key) {
  codec::QueryItems query = query_of(sas);
  query.emplace_back("sig", sign(key.key, signed_fields(sas, "")));
  return codec::encode_query(query);
}

std::string delegation_key_request(codec::Timestamp start, codec::Timestamp expiry) {
  return fmt::format(
      "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>{}</Start><Expiry>{}</Expiry></KeyInfo>",
      sas_time(start), sas_time(expiry));
}

DelegationKey parse_delegation_key(std::string_view document) {
  DelegationKey key;
  key.object_id = find_element(document, "SignedOid");
  key.tenant_id = find_element(document, "SignedTid");
  key.start = find_element(document, "SignedStart");
  key.expiry = find_element(document, "SignedExpiry");
  key.service = find_element(document, "SignedService");
  key.version = find_element(document, "SignedVersion");
  const auto value = codec::base64_decode(find_element(document, "Value"));
  if (!value || value->empty())
    throw Error(ErrorKind::generic, "the service's answer holds no user delegation key");
  key.value = *value;
  return key;
}

std::string delegation_sas(const Sas& sas, const DelegationKey& key) {
  // Behind them: two object ids and a correlation id that narrow the signature further.
  const std::string own = fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n\n\n", key.object_id, key.tenant_id, key.start,
                                      key.expiry, key.service, key.version);
  codec::QueryItems query = query_of(sas);
  query.emplace_back("skoid", key.object_id);
  query.emplace_back("sktid", key.tenant_id);
  query.emplace_back("skt", key.start);
  query.emplace_back("ske", key.expiry);
  query.emplace_back("sks", key.service);
  query.emplace_back("skv", key.version);
  query.emplace_back("sig", sign(key.value, signed_fields(sas, own)));
  return codec::encode_query(query);
}

}  // namespace storelink::cloud::azure
