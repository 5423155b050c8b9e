#include "support/stores.hpp"

#include <dlfcn.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "storelink/abi.hpp"
#include "support/foreign_store.hpp"

namespace storelink::testing {

namespace {

std::string unique_name() {
  static std::atomic<int> count{0};
  const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
  return "t" + std::to_string(::getpid()) + "-" + std::to_string(now) + "-" + std::to_string(++count);
}

struct Directories {
  std::vector<std::string> made;
  pid_t owner = ::getpid();
  ~Directories() {
    if (owner != ::getpid()) return;  // a forked child's exit
    std::error_code ignored;
    for (const auto& directory : made) std::filesystem::remove_all(directory, ignored);
  }
};

// A function of the library of rust/conformance_store.
template <class Function>
Function* rust_function(const std::string& library, const char* name) {
  void* const loaded = ::dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  void* const found = loaded != nullptr ? ::dlsym(loaded, name) : nullptr;
  if (found == nullptr) throw std::runtime_error(::dlerror());
  return reinterpret_cast<Function*>(found);
}

// The store of a struct that comes with one reference.
std::shared_ptr<ObjectStore> taken(const sl_store* exported) {
  auto store = import_store(exported);
  exported->release(exported);
  return store;
}

// What becomes of a backend whose keys and listings go through Rust's object_store.
Backend in_rust(Backend backend, std::string name) {
  backend.name = std::move(name);
  backend.odd_keys = backend.replaces_parts = backend.pages_are_current = false;
  return backend;
}

Backend rust_memory(const std::string& library) {
  Backend rust = in_rust({}, "Rust");
  rust.missing_delete_fails = false;
  rust.make = [library] {
    return taken(rust_function<const sl_store*()>(library, "storelink_rs_memory_store")());
  };
  return rust;
}

// C++ to Rust and back.
Backend through_rust(const std::string& library, const Backend& inner) {
  Backend rust = in_rust(inner, inner.name + "ThroughRust");
  rust.make = [library, make = inner.make] {
    const sl_store* const exported = export_store(make());
    const auto through = rust_function<const sl_store*(const sl_store*)>(library, "storelink_rs_through");
    auto store = taken(through(exported));
    exported->release(exported);
    return store;
  };
  return rust;
}

}  // namespace

std::string variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : value;
}

bool has_server(const std::string& kind) {
  const std::string address = "STORELINK_TEST_" + kind + "_ENDPOINT";
  if (!variable(address).empty()) return true;
  const std::string required = "STORELINK_TEST_REQUIRE_SERVERS";
  if (variable(required) == "1") {
    ADD_FAILURE() << required << " is set, but no server: " << address << " is empty";
    return false;
  }
  static std::set<std::string> said;
  if (said.insert(kind).second)
    (void)std::fprintf(stderr, "no %s server (%s is empty): not tested\n", kind.c_str(), address.c_str());
  return false;
}

std::string temporary_directory() {
  static Directories directories;
  auto path = std::filesystem::temp_directory_path() / ("storelink-" + unique_name());
  std::filesystem::create_directory(path);
  directories.made.push_back(path.string());
  return path.string();
}

S3Options s3_options(const std::string& server) {
  const auto value = [&](const char* name) { return variable("STORELINK_TEST_" + server + "_" + name); };
  S3Options options;
  options.bucket = value("BUCKET");
  options.prefix = unique_name();
  options.read_environment = false;
  options.config = {{"endpoint", value("ENDPOINT")},
                    {"region", value("REGION")},
                    {"aws_access_key_id", value("ACCESS_KEY_ID")},
                    {"aws_secret_access_key", value("SECRET_ACCESS_KEY")}};
  options.client_options = {{"allow_http", "true"}};
  return options;
}

GcsOptions gcs_options() {
  GcsOptions options;
  options.bucket = variable("STORELINK_TEST_GCS_BUCKET");
  options.prefix = unique_name();
  options.read_environment = false;
  options.config = {{"base_url", variable("STORELINK_TEST_GCS_ENDPOINT")},
                    {"google_service_account", variable("STORELINK_TEST_GCS_SERVICE_ACCOUNT")}};
  options.client_options = {{"allow_http", "true"}};
  return options;
}

AzureOptions azure_options() {
  AzureOptions options;
  options.container = variable("STORELINK_TEST_AZURE_CONTAINER");
  options.prefix = unique_name();
  options.read_environment = false;
  options.config = {{"endpoint", variable("STORELINK_TEST_AZURE_ENDPOINT")},
                    {"account_name", variable("STORELINK_TEST_AZURE_ACCOUNT_NAME")},
                    {"account_key", variable("STORELINK_TEST_AZURE_ACCOUNT_KEY")}};
  options.client_options = {{"allow_http", "true"}};
  return options;
}

HttpOptions http_options(const std::string& server) {
  HttpOptions options;
  options.url = variable("STORELINK_TEST_" + server + "_ENDPOINT") + "/" + unique_name() + "/data";
  options.client_options = {{"allow_http", "true"}};
  return options;
}

std::vector<Backend> backends() {
  Backend memory;
  memory.name = "Memory";
  memory.missing_delete_fails = false;
  memory.make = [] { return make_memory_store(); };

  Backend local;
  local.name = "Local";
  local.odd_keys = false;
  local.make = [] {
    LocalOptions options;
    options.root = temporary_directory();
    options.automatic_cleanup = true;
    return make_local_store(std::move(options));
  };

  Backend shared = memory;
  shared.name = "MemoryThroughAbi";
  shared.make = [] { return through_abi(make_memory_store()); };

  Backend wrapped = memory;
  wrapped.name = "MemoryInWrappers";
  wrapped.make = [] {
    ThrottleOptions slow;
    slow.per_get = slow.per_put = std::chrono::microseconds(10);
    auto store = make_throttle_store(make_memory_store(), slow);
    store = make_metrics_store(std::move(store), std::make_shared<RequestMetrics>());
    return make_prefix_store(make_limit_store(std::move(store), 100), "below/this");
  };

  std::vector<Backend> all = {memory, local, shared, wrapped};
  if (has_server("S3")) {
    Backend s3;
    s3.name = "S3";
    s3.odd_keys = s3.backslash = s3.ordered = false;
    s3.missing_delete_fails = false;
    s3.smallest_part = 5u << 20;
    s3.make = [] { return make_s3_store(s3_options()); };
    all.push_back(s3);
  }
  if (has_server("VERSITY")) {
    Backend versity;
    versity.name = "S3Versity";
    versity.odd_keys = versity.missing_delete_fails = versity.whole_seconds = false;
    versity.tells_default_class = true;
    versity.smallest_part = 5u << 20;
    versity.make = [] {
      S3Options options = s3_options("VERSITY");
      // It does not look at the condition of a copy.
      options.config.emplace_back("copy_if_not_exists", "multipart");
      return make_s3_store(std::move(options));
    };
    all.push_back(versity);
  }
  if (has_server("GCS")) {
    Backend gcs;
    gcs.name = "GCS";
    gcs.tells_default_class = true;
    gcs.smallest_part = 5u << 20;
    gcs.make = [] { return make_gcs_store(gcs_options()); };
    all.push_back(gcs);
  }
  if (has_server("AZURE")) {
    Backend azure;
    azure.name = "Azure";
    azure.backslash = azure.keeps_other_uploads = false;
    azure.make = [] { return make_azure_store(azure_options()); };
    all.push_back(azure);
  }
  for (const std::string server : {"NGINX", "WSGIDAV"}) {
    if (!has_server(server)) continue;
    Backend http;
    http.name = server == "NGINX" ? "HttpNginx" : "HttpWsgidav";
    http.odd_keys = http.fine_etags = false;
    http.multipart = http.updates = http.attributes = false;
    http.lists_etags = http.lists_hidden = server != "NGINX";
    http.whole_puts = server == "NGINX";
    http.make = [server] { return make_http_store(http_options(server)); };
    all.push_back(http);
  }
  if (const std::string library = variable("STORELINK_TEST_RUST_LIBRARY"); !library.empty()) {
    for (const Backend& backend : std::vector<Backend>(all))
      if (backend.name != shared.name) all.push_back(through_rust(library, backend));
    all.push_back(rust_memory(library));
  }
  return all;
}

std::vector<std::string> paths(const std::vector<ObjectMeta>& objects) {
  std::vector<std::string> result;
  for (const auto& object : objects) result.push_back(object.path);
  return result;
}

std::vector<std::string> walk(ObjectStore& store, bool raw) {
  std::vector<std::string> found;
  std::vector<std::string> prefixes = {""};
  for (int lists = 0; !prefixes.empty(); ++lists) {
    if (lists == 1000) {
      ADD_FAILURE() << "the walk does not end; it is at '" << prefixes.back() << "'";
      break;
    }
    ListRequest request(raw ? segment_prefix(prefixes.back()) : prefixes.back());
    request.raw_prefix = raw;
    request.delimiter = true;
    prefixes.pop_back();
    ListResult result = drive(store.list_async(std::move(request)));
    for (auto& object : result.objects) found.push_back(std::move(object.path));
    for (auto& prefix : result.common_prefixes) prefixes.push_back(std::move(prefix));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace storelink::testing
