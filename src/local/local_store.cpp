// LocalStore: every verb as one synchronous function that runs where blocking is allowed.
#include <fcntl.h>
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/blocking.hpp"
#include "local/directory.hpp"
#include "local/listing.hpp"
#include "local/reading.hpp"
#include "local/upload.hpp"
#include "storelink/stores.hpp"

namespace storelink {

namespace {

using local::Root;
using local::StagedFile;
using RootPointer = std::shared_ptr<const Root>;

void refuse_tags(const Root& root, const std::string& path, const Tags& tags) {
  if (!tags.empty())
    throw Error(ErrorKind::not_supported, "a LocalStore holds no tags").at(root.name(), path);
}

PutResult write_object(const RootPointer& root, const PutRequest& request, Context& context) {
  refuse_tags(*root, request.path, request.tags);
  local::check_attributes(*root, request.attributes, request.path);
  StagedFile file(root, request.path);
  file.write(0, request.body.view(), context);
  file.set_attributes(request.attributes);
  return file.commit(request.mode);
}

void copy_object(const RootPointer& root, const CopyRequest& request, Context& context) {
  const local::OpenedObject source = root->open_object(request.from, O_RDONLY);
  StagedFile file(root, request.to);
  file.write_from(0, source.file.get(), 0, static_cast<std::uint64_t>(source.status.st_size), context);
  if (root->holds_attributes()) file.set_attributes(local::read_attributes(source.file.get()));
  file.commit(request.overwrite ? PutMode::overwrite() : PutMode::create());
}

void rename_object(const RootPointer& root, const CopyRequest& request, Context& context) {
  if (request.from == request.to) {
    (void)root->open_object(request.from, local::look_only);
    if (!request.overwrite)
      throw Error(ErrorKind::already_exists, "an object of this path exists already")
          .at(root->name(), request.to);
    return;
  }
  if (root->rename(request.from, request.to, request.overwrite)) return;
  copy_object(root, request, context);
  root->remove(request.from);
}

// A missing key counts as deleted.
std::vector<std::optional<Error>> remove_keys(const Root& root, const std::vector<std::string>& paths,
                                              Context& context) {
  std::vector<std::optional<Error>> outcomes(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (i % 64 == 0) context.check();
    try {
      root.remove(paths[i]);
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::not_found) outcomes[i] = error;
    }
  }
  return outcomes;
}

class LocalStore final : public ObjectStore {
 public:
  explicit LocalStore(const LocalOptions& options)
      : root_(std::make_shared<const Root>(options.root, options.mkdir, options.automatic_cleanup)) {}

  Task<GetResult> get_async(GetRequest request) override {
    refuse_headers(request.headers);
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { return local::read_object(root, request, context); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &path, &ranges, &context] {
      return local::read_ranges(*root, path, ranges, context);
    };
    co_return co_await run_blocking(std::move(work));
  }

  Task<PutResult> put_async(PutRequest request) override {
    refuse_headers(request.headers);
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { return write_object(root, request, context); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    refuse_tags(*root_, request.path, request.tags);
    auto work = [root = root_, &request] { return local::start_upload(root, std::move(request)); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<void> delete_async(std::string path) override {
    auto work = [root = root_, &path] { root->remove(path); };
    co_await run_blocking(std::move(work));
  }

  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &paths, &context] { return remove_keys(*root, paths, context); };
    co_return co_await run_blocking(std::move(work));
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, walks = walks_, &request, &context] {
      return walks->list_page(root, request, context);
    };
    co_return co_await run_blocking(std::move(work));
  }

  Task<void> copy_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { copy_object(root, request, context); };
    co_await run_blocking(std::move(work));
  }

  Task<void> rename_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    auto work = [root = root_, &request, &context] { rename_object(root, request, context); };
    co_await run_blocking(std::move(work));
  }

  Capabilities capabilities() const noexcept override {
    Capabilities capabilities;
    capabilities.put_create = capabilities.put_update = capabilities.copy_create = true;
    capabilities.ordered_list = true;
    capabilities.attributes = root_->holds_attributes();
    return capabilities;
  }

  std::string describe() const override { return fmt::format("LocalStore({:?})", root_->path()); }

 private:
  const RootPointer root_;
  const std::shared_ptr<local::Walks> walks_ = std::make_shared<local::Walks>();
};

}  // namespace

std::shared_ptr<ObjectStore> make_local_store(LocalOptions options) {
  return std::make_shared<LocalStore>(options);
}

}  // namespace storelink
