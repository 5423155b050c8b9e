// WebDavStore: objects in the tree of a WebDAV server.
//
// What differs from a cloud: an object needs the collections above it, a collection must never be taken for
// an object, and a list is a walk.
#pragma once

#include <atomic>
#include <mutex>
#include <set>
#include <string>

#include "cloud/cloud_store.hpp"
#include "cloud/webdav/webdav_dialect.hpp"

namespace storelink::cloud::webdav {

class WebDavStore final : public CloudStore {
 public:
  // `dialect` is the service's own.
  WebDavStore(SharedService service, const WebDavDialect& dialect)
      : CloudStore(std::move(service)), dialect_(dialect) {}

  Task<GetResult> get_async(GetRequest request) override;
  // PutMode::create puts the object beside its place and moves it there with "Overwrite: F": many servers,
  // nginx among them, ignore "If-None-Match: *" and would replace what is there.
  Task<PutResult> put_async(PutRequest request) override;
  Task<void> delete_async(std::string path) override;
  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override;
  Task<ListPage> list_page_async(ListRequest request) override;
  Task<void> copy_async(CopyRequest request) override;
  Task<void> rename_async(CopyRequest request) override;

 private:
  Task<HttpResponse> send(HttpRequest request);
  // Sends what makes an object at `path`, with the collections above it.
  Task<HttpResponse> send_into(HttpRequest request, std::string path, http::Repeat repeat);
  // Sees to a collection and to those above it, also above the base URL; false where it surely is not there.
  // A refusal is no error: what is then put there has the last word.
  Task<bool> make_collection(std::string url);
  Task<PutResult> put_object(PutRequest request);
  Task<PutResult> create_object(PutRequest request);
  // COPY or MOVE. Whether the source is an object has been seen to.
  Task<void> send_transfer(std::string method, CopyRequest request);
  Task<void> transfer(std::string method, CopyRequest request);
  Task<bool> is_collection(std::string path);
  // Throws invalid_path, also for the empty key.
  void check_object_key(std::string_view path) const;
  // Throws not_found for a collection.
  Task<void> expect_object(std::string path);
  // Throws generic for one: a server would replace it whole.
  Task<void> expect_no_collection(std::string path);
  // What is in a directory, or with `deep` below it; nothing where there is none.
  Task<ListPage> propfind(std::string directory, bool deep);

  const WebDavDialect& dialect_;
  std::atomic<bool> refuses_infinity_ = false;
  std::mutex mutex_;
  std::set<std::string, std::less<>> known_;  // URLs of collections that are there, or were
};

}  // namespace storelink::cloud::webdav
