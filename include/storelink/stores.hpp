// Builders for every kind of store.
//
// A builder takes settings as text, under the keys that the environment and the Python classes use, checks
// them all, and gives a shared ObjectStore. Errors before any request is sent: unknown_config_key (names the
// key and the nearest known one), generic (a value that cannot be parsed, a key given twice, no bucket, a
// plain-http endpoint without allow_http …). No message ever contains a secret's value.
#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storelink/detail/linked.hpp"
#include "storelink/object_store.hpp"
#include "storelink/transport.hpp"

namespace storelink {

// In the order given, so that "the same key twice" can be seen. Keys are case-insensitive; aliases count
// as the same key.
using Settings = std::vector<std::pair<std::string, std::string>>;

// The canonical name of a client option given in any case, or empty if there is no such option.
STORELINK_LINKED std::string client_option_name(const std::string& key);

struct RetryConfig {
  RetryConfig() {}
  std::chrono::nanoseconds init_backoff = std::chrono::milliseconds(100);
  std::chrono::nanoseconds max_backoff = std::chrono::seconds(15);
  double base = 2.0;
  std::size_t max_retries = 10;
  std::chrono::nanoseconds retry_timeout = std::chrono::seconds(180);
};

std::shared_ptr<ObjectStore> make_memory_store();

struct LocalOptions {
  LocalOptions() {}
  std::string root;                // a directory; empty: "/"
  bool mkdir = false;              // make the root if it is missing
  bool automatic_cleanup = false;  // remove directories that a delete or rename leaves empty
};
// not_found if the root is missing and mkdir is off.
STORELINK_LINKED std::shared_ptr<ObjectStore> make_local_store(LocalOptions options);

struct AwsCredential {
  AwsCredential() {}
  std::string access_key_id, secret_access_key, session_token;
  std::optional<Timestamp> expires_at;
};
// Asked from any thread, some time before the credential held expires; one call at a time per store.
using AwsCredentialProvider = std::function<Task<AwsCredential>()>;

struct S3Options {
  S3Options() {}
  std::string bucket;       // may also be given as a setting
  std::string prefix;       // keys are taken relative to it
  Settings config;          // aws_access_key_id, region, endpoint …
  Settings client_options;  // timeout, allow_http …
  RetryConfig retry;
  AwsCredentialProvider credential_provider;  // instead of static keys
  // How long before a credential's expiry the provider is asked for the next one.
  std::chrono::nanoseconds credential_refresh_threshold = std::chrono::seconds(300);
  bool read_environment = true;          // AWS_… variables fill what `config` leaves open
  std::shared_ptr<Transport> transport;  // null: the library's own with `client_options`
};
STORELINK_LINKED std::shared_ptr<ObjectStore> make_s3_store(S3Options options);

struct BearerToken {
  BearerToken() {}
  std::string token;
  std::optional<Timestamp> expires_at;
};
// Asked from any thread, some time before the token held expires; one call at a time per store.
using BearerTokenProvider = std::function<Task<BearerToken>()>;

struct GcsOptions {
  GcsOptions() {}
  std::string bucket;       // may also be given as a setting
  std::string prefix;       // keys are taken relative to it
  Settings config;          // google_service_account, google_base_url …: docs/backends/gcs.md
  Settings client_options;  // timeout, allow_http …
  RetryConfig retry;
  BearerTokenProvider credential_provider;  // instead of all other credentials
  // How long before its expiry a token is replaced. Google's metadata server has a new one from 5 minutes on.
  std::chrono::nanoseconds credential_refresh_threshold = std::chrono::minutes(4);
  // GOOGLE_… variables and SERVICE_ACCOUNT fill what `config` leaves open; gcloud's own credentials and the
  // machine's metadata server are looked for.
  bool read_environment = true;
  std::shared_ptr<Transport> transport;  // null: the library's own with `client_options`
};
// A bucket of Google Cloud Storage, over its XML API. A version is an object's generation, and an update (see
// PutMode) needs it. There are no tags (not_supported).
STORELINK_LINKED std::shared_ptr<ObjectStore> make_gcs_store(GcsOptions options);

// One of the three; the others are empty.
struct AzureCredential {
  AzureCredential() {}
  std::string access_key;    // the account's, in base64
  std::string sas_token;     // a query, percent-encoded: "sv=…&sig=…"
  std::string bearer_token;  // for the scope https://storage.azure.com/.default
  std::optional<Timestamp> expires_at;
};
// Asked from any thread, some time before the credential held expires; one call at a time per store.
using AzureCredentialProvider = std::function<Task<AzureCredential>()>;

struct AzureOptions {
  AzureOptions() {}
  std::string container;    // may also be given as a setting
  std::string prefix;       // keys are taken relative to it
  Settings config;          // account_name, account_key, endpoint …: docs/backends/azure.md
  Settings client_options;  // timeout, allow_http …
  RetryConfig retry;
  AzureCredentialProvider credential_provider;  // instead of those that the settings name
  // How long before a credential's expiry the next one is asked for.
  std::chrono::nanoseconds credential_refresh_threshold = std::chrono::seconds(300);
  bool read_environment = true;  // AZURE_… variables fill what `config` leaves open
  std::shared_ptr<Transport>
      transport;  // null: the library's own with `client_options`; also for token services
};
// A container of Azure Blob Storage or OneLake. A version is a version id, or "snapshot=" and a snapshot's
// time. Parts of an upload are gone when anything else is written to its blob, and a week after they were
// put.
STORELINK_LINKED std::shared_ptr<ObjectStore> make_azure_store(AzureOptions options);

struct HttpOptions {
  HttpOptions() {}
  // http or https, without query and fragment. Keys lie below its path; the empty key is the URL itself, for
  // gets. "user:password@" in it is sent as Basic authentication (RFC 7617).
  std::string url;
  Settings client_options;  // timeout, allow_http …; tokens go into default_headers
  RetryConfig retry;
  std::shared_ptr<Transport> transport;  // null: the library's own with `client_options`
};
// Any web server: get and head. Where it speaks WebDAV (RFC 4918), also put, delete, copy, rename and list;
// where it does not, they are not_supported. There are no updates (not_implemented), uploads in parts,
// versions, signed URLs, tags, and no attributes but the content type (not_supported).
// docs/backends/http.md.
STORELINK_LINKED std::shared_ptr<ObjectStore> make_http_store(HttpOptions options);

// The store that sees `inner`'s keys below `prefix`.
STORELINK_LINKED std::shared_ptr<ObjectStore> make_prefix_store(std::shared_ptr<ObjectStore> inner,
                                                                std::string prefix);

// A URL that names a store and maybe a path in it.
struct ParsedUrl {
  ParsedUrl() {}
  std::string kind;    // "s3", "gcs", "azure", "http", "local" or "memory"
  std::string bucket;  // s3, gcs; azure: the container, empty where the URL names an account only
  std::string path;    // local: the directory; http: empty; others: the rest of the URL as a key prefix
  Settings config;     // what the URL says: endpoint, region, account_name …; http: all of it, as "url"
};
// memory:///p  file:///p  s3://bucket/p  s3a://…  gs://bucket/p  az://container/p (and adl, azure, abfs,
// abfss; also container@account.dfs.core.windows.net), https URLs of Amazon S3, R2, Google Cloud Storage,
// Azure Blob Storage and OneLake; every other http and https URL is a web server. Error(generic) names the
// accepted forms.
STORELINK_LINKED ParsedUrl parse_store_url(const std::string& url);

// The store for a URL; its path becomes the prefix. `config` and `client_options` as in S3Options; a web
// server has client options only.
std::shared_ptr<ObjectStore> open_url(const std::string& url, Settings config = {},
                                      Settings client_options = {}, RetryConfig retry = {});

}  // namespace storelink
