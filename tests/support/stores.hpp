// The stores that the conformance suite runs on.
#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "storelink/storelink.hpp"
#include "support/kind_thrown.hpp"

namespace storelink::testing {

struct Backend {
  std::string name;
  // An empty store, for one test.
  std::function<std::shared_ptr<ObjectStore>()> make;
  // What the medium cannot hold, though the interface allows it.
  bool odd_keys = true;              // "a//b", "a/../b"
  bool backslash = true;             // SeaweedFS and Azure make a slash of it
  bool ordered = true;               // SeaweedFS lists "a/b" before "a.b"
  bool missing_delete_fails = true;  // S3 reports success
  bool replaces_parts = true;        // object_store numbers parts in the order of their puts
  bool pages_are_current = true;     // object_store's listings in memory are made at their start
  bool tells_default_class = false;  // Google and versitygw tell the storage class of every object
  bool whole_seconds = true;         // versitygw compares times of a finer kind than it tells
  bool keeps_other_uploads = true;   // Azure drops the blocks of one when another is completed
  // Web servers take objects in one piece and know neither updates nor attributes. Through Rust, whose stores
  // have no capabilities, only the refusals tell that.
  bool multipart = true, updates = true, attributes = true;
  bool lists_etags = true;        // nginx does not
  bool lists_hidden = true;       // nginx leaves out names that begin with a dot
  bool whole_puts = true;         // WsgiDAV writes an object in its place, where others see a half
  bool fine_etags = true;         // those of web servers are made of size and second
  std::size_t smallest_part = 1;  // of a multipart upload, but the last
  friend std::ostream& operator<<(std::ostream& out, const Backend& backend) { return out << backend.name; }
};

// Memory, local, memory behind the C ABI and in all wrappers, and S3 (on two servers), GCS, Azure and WebDAV
// (on two) where the environment names a server, as has_server() says it. STORELINK_TEST_RUST_LIBRARY names
// the library of rust/conformance_store: then also Rust's memory, and all of these through Rust and back.
std::vector<Backend> backends();

// Of the environment; empty where it is not set.
std::string variable(const std::string& name);

// Whether the environment names a server of this kind: STORELINK_TEST_<kind>_ENDPOINT. Where it does not,
// that is said once; with STORELINK_TEST_REQUIRE_SERVERS=1 it is a test failure.
bool has_server(const std::string& kind);

// Options for an S3 server of the environment, "S3" or "VERSITY", with a fresh prefix.
S3Options s3_options(const std::string& server = "S3");

// The same for Google Cloud Storage, as a service account.
GcsOptions gcs_options();

// The same for Azure, with the account key.
AzureOptions azure_options();

// The same for the WebDAV server "NGINX" or "WSGIDAV": a directory in another one, neither of which is there;
// the first put makes them.
HttpOptions http_options(const std::string& server);

std::string temporary_directory();  // fresh; removed at exit

std::vector<std::string> paths(const std::vector<ObjectMeta>& objects);

// The keys, sorted, that a caller finds who lists with a delimiter and then lists each common prefix in turn;
// with `raw`, by raw prefixes. A walk that does not end is a test failure.
std::vector<std::string> walk(ObjectStore& store, bool raw = false);

}  // namespace storelink::testing
