// Authorization with an account key, and shared access signatures.
//
// Sources: "Authorize with Shared Key", "Create a service SAS" and "Create a user delegation SAS" in the
// Azure Storage REST API reference. No input or output, no clock: time comes as argument.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codec/time.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud::azure {

// Of a storage account. A secret: never to be logged or put into an Error.
struct AccountKey {
  std::string account;
  std::string key;  // decoded
};

// What the account key signs: the method, the standard headers, every x-ms- header and the resource, which is
// the path as it is sent and the query decoded and sorted. `request` must have its x-ms-date and body.
std::string string_to_sign(const HttpRequest& request, std::string_view account);

// The value of the authorization header: "SharedKey ACCOUNT:SIGNATURE".
std::string shared_key_authorization(const HttpRequest& request, const AccountKey& key);

// What a shared access signature allows.
struct Sas {
  Sas() {}
  std::string permissions;  // a choice of "rcwd", in this order
  std::string resource;     // "/blob/ACCOUNT/CONTAINER/BLOB", decoded
  codec::Timestamp expires{};
  bool https_only = true;
};

// A service SAS: the query of a URL, percent-encoded.
std::string service_sas(const Sas& sas, const AccountKey& key);

// What the service gives to who has a bearer token, to sign with. A secret.
struct DelegationKey {
  DelegationKey() {}
  std::string object_id, tenant_id, start, expiry, service, version;  // as the service wrote them
  std::string value;                                                  // decoded
};

// The body of Get User Delegation Key, and its answer. Throws Error(generic) for an answer without a key.
std::string delegation_key_request(codec::Timestamp start, codec::Timestamp expiry);
DelegationKey parse_delegation_key(std::string_view document);

// A user delegation SAS: the query of a URL, percent-encoded.
std::string delegation_sas(const Sas& sas, const DelegationKey& key);

}  // namespace storelink::cloud::azure
