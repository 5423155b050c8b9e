// CloudStore: every verb of ObjectStore over HTTP, once for all clouds.
//
// A verb is read in this order: the dialect builds a request, the signer signs it, http::Client sends it with
// the retry rules, the dialect reads the answer, errors.hpp says what a failure means. A service whose
// objects lie in a tree (WebDAV) overrides the verbs that change or list it.
#pragma once

#include "cloud/service.hpp"
#include "http/client_options.hpp"
#include "storelink/object_store.hpp"

namespace storelink::cloud {

class CloudStore : public ObjectStore {
 public:
  explicit CloudStore(SharedService service) : service_(std::move(service)) {}

  Task<GetResult> get_async(GetRequest request) override;
  Task<PutResult> put_async(PutRequest request) override;
  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override;
  Task<void> delete_async(std::string path) override;
  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override;
  Task<ListPage> list_page_async(ListRequest request) override;
  Task<void> copy_async(CopyRequest request) override;
  Task<std::string> sign_async(SignRequest request) override;

  Capabilities capabilities() const noexcept override { return service_->dialect->capabilities(); }
  std::string describe() const override { return service_->description; }

 protected:
  const SharedService service_;
};

// The store that sees the keys below `prefix`, or all where that is empty.
std::shared_ptr<ObjectStore> make_cloud_store(SharedService service, std::string prefix);

// A client with a transport of its own, unless `given` (by a test or a user) is one.
http::Client make_client(std::shared_ptr<Transport> given, const http::ClientOptions& options,
                         const RetryConfig& retry);

}  // namespace storelink::cloud
