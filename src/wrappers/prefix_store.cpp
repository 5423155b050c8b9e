// PrefixStore: the keys of another store below a prefix, seen without it.
#include <fmt/format.h>

#include "storelink/stores.hpp"

namespace storelink {

namespace {

class PrefixStore final : public ObjectStore {
 public:
  PrefixStore(std::shared_ptr<ObjectStore> inner, std::string prefix)
      : inner_(std::move(inner)), prefix_(std::move(prefix)) {}

  Task<GetResult> get_async(GetRequest request) override {
    std::string given = request.path;
    request.path = full(given);
    GetResult result = co_await translated(inner_->get_async(std::move(request)), prefix_);
    result.meta.path = std::move(given);
    co_return result;
  }

  Task<std::vector<Bytes>> get_ranges_async(std::string path,
                                            std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    return translated(inner_->get_ranges_async(full(path), std::move(ranges)), prefix_);
  }

  Task<PutResult> put_async(PutRequest request) override {
    request.path = full(request.path);
    return translated(inner_->put_async(std::move(request)), prefix_);
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    request.path = full(request.path);
    return translated(inner_->start_multipart_async(std::move(request)), prefix_);
  }

  Task<void> delete_async(std::string path) override {
    return translated(inner_->delete_async(full(path)), prefix_);
  }

  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override {
    for (std::string& path : paths) path = full(path);
    auto outcomes = co_await inner_->delete_many_async(std::move(paths));
    for (auto& outcome : outcomes)
      if (outcome) outcome = relative(*outcome, prefix_);
    co_return outcomes;
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    // "p" as a whole segment, and then what was asked, raw or not.
    request.prefix = request.prefix.empty() ? prefix_ + '/' : full(request.prefix);
    if (!request.offset.empty()) request.offset = full(request.offset);
    ListPage page = co_await translated(inner_->list_page_async(std::move(request)), prefix_);
    for (ObjectMeta& object : page.objects) object.path = without(object.path, prefix_);
    for (std::string& common : page.common_prefixes) common = without(common, prefix_);
    co_return page;
  }

  Task<void> copy_async(CopyRequest request) override {
    CopyRequest below(full(request.from), full(request.to), request.overwrite);
    return translated(inner_->copy_async(std::move(below)), prefix_);
  }

  Task<void> rename_async(CopyRequest request) override {
    CopyRequest below(full(request.from), full(request.to), request.overwrite);
    return translated(inner_->rename_async(std::move(below)), prefix_);
  }

  Task<std::string> sign_async(SignRequest request) override {
    request.path = full(request.path);
    return translated(inner_->sign_async(std::move(request)), prefix_);
  }

  Capabilities capabilities() const noexcept override { return inner_->capabilities(); }

  std::string describe() const override { return fmt::format("{} below {:?}", inner_->describe(), prefix_); }

 private:
  std::string full(std::string_view path) const { return fmt::format("{}/{}", prefix_, path); }

  static std::string without(const std::string& path, const std::string& prefix) {
    return path.size() > prefix.size() && path.starts_with(prefix) && path[prefix.size()] == '/'
               ? path.substr(prefix.size() + 1)
               : path;
  }

  // The error as its caller sees it: with the path that it gave.
  static Error relative(const Error& error, const std::string& prefix) {
    ErrorDetails details = error.details();
    details.path = without(details.path, prefix);
    return Error(std::move(details));
  }

  template <class T>
  static Task<T> translated(Task<T> task, std::string prefix) {
    try {
      co_return co_await task;
    } catch (const Error& error) {
      throw relative(error, prefix);
    }
  }

  const std::shared_ptr<ObjectStore> inner_;
  const std::string prefix_;  // not empty, no slash at its ends
};

}  // namespace

std::shared_ptr<ObjectStore> make_prefix_store(std::shared_ptr<ObjectStore> inner, std::string prefix) {
  std::string path = parse_path(prefix);
  if (path.empty()) return inner;
  return std::make_shared<PrefixStore>(std::move(inner), std::move(path));
}

}  // namespace storelink
