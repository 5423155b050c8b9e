// PrefixStore: the part of a store below a prefix, as a store of its own.
#pragma once

#include <memory>
#include <string>

#include "storelink/object_store.hpp"

namespace storelink {

// Keys, prefixes and offsets of requests are taken relative to the prefix, and so are those of results and
// errors. Page tokens are the inner store's own. Everything else is passed on.
class PrefixStore final : public ObjectStore {
 public:
  // `prefix` is a path (see path.hpp) and not empty.
  PrefixStore(std::shared_ptr<ObjectStore> inner, std::string prefix);

  Task<GetResult> get_async(GetRequest request) override;
  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override;
  Task<PutResult> put_async(PutRequest request) override;
  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override;
  Task<void> delete_async(std::string path) override;
  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override;
  Task<ListPage> list_page_async(ListRequest request) override;
  Task<void> copy_async(CopyRequest request) override;
  Task<void> rename_async(CopyRequest request) override;
  Task<std::string> sign_async(SignRequest request) override;

  Capabilities capabilities() const noexcept override { return inner_->capabilities(); }
  std::string describe() const override;

 private:
  // The inner store's key.
  std::string below(std::string_view key) const;

  const std::shared_ptr<ObjectStore> inner_;
  const std::shared_ptr<const std::string> prefix_;  // ends in "/"
};

}  // namespace storelink
