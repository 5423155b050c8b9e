#include "wrappers/prefix_store.hpp"

#include <fmt/format.h>

#include "storelink/detail/shared_upload.hpp"
#include "storelink/path.hpp"
#include "storelink/stores.hpp"

namespace storelink {

namespace {

using SharedPrefix = std::shared_ptr<const std::string>;

std::string relative(const std::string& prefix, std::string_view key) {
  return std::string(key.starts_with(prefix) ? key.substr(prefix.size()) : key);
}

// The inner store's error as one about the key that the caller knows.
Error relative(const std::string& prefix, const Error& error) {
  ErrorDetails details = error.details();
  if (!details.path.starts_with(prefix)) return error;
  details.path.erase(0, prefix.size());
  if (!details.store.empty()) {
    if (!details.store.ends_with('/')) details.store += '/';
    details.store.append(prefix, 0, prefix.size() - 1);
  }
  return Error(std::move(details));
}

class PrefixStream final : public BodyStream {
 public:
  PrefixStream(std::unique_ptr<BodyStream> inner, SharedPrefix prefix)
      : inner_(std::move(inner)), prefix_(std::move(prefix)) {}

  Task<Bytes> next_async() override {
    try {
      co_return co_await inner_->next_async();
    } catch (const Error& error) {
      throw relative(*prefix_, error);
    }
  }

 private:
  const std::unique_ptr<BodyStream> inner_;
  const SharedPrefix prefix_;
};

class PrefixUpload final : public MultipartUpload {
 public:
  PrefixUpload(std::unique_ptr<MultipartUpload> inner, SharedPrefix prefix)
      : inner_(std::move(inner)), prefix_(std::move(prefix)) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    try {
      co_await inner_->put_part_async(index, std::move(part));
    } catch (const Error& error) {
      throw relative(*prefix_, error);
    }
  }
  Task<PutResult> complete_async() override {
    try {
      co_return co_await inner_->complete_async();
    } catch (const Error& error) {
      throw relative(*prefix_, error);
    }
  }
  Task<void> abort_async() override {
    try {
      co_await inner_->abort_async();
    } catch (const Error& error) {
      throw relative(*prefix_, error);
    }
  }

 private:
  const std::unique_ptr<MultipartUpload> inner_;
  const SharedPrefix prefix_;
};

}  // namespace

PrefixStore::PrefixStore(std::shared_ptr<ObjectStore> inner, std::string prefix)
    : inner_(std::move(inner)), prefix_(std::make_shared<const std::string>(segment_prefix(prefix))) {}

std::string PrefixStore::below(std::string_view key) const {
  // The prefix itself is no key of this store, as the empty key is none.
  if (key.empty()) throw Error(ErrorKind::invalid_path, "the key is empty");
  std::string joined;
  joined.reserve(prefix_->size() + key.size());
  return joined.append(*prefix_).append(key);
}

Task<GetResult> PrefixStore::get_async(GetRequest request) {
  const SharedPrefix prefix = prefix_;
  try {
    request.path = below(request.path);
    GetResult result = co_await inner_->get_async(std::move(request));
    result.meta.path = relative(*prefix, result.meta.path);
    if (result.stream) {
      auto inner = std::move(result.stream);
      result.stream = std::make_unique<PrefixStream>(std::move(inner), prefix);
    }
    co_return result;
  } catch (const Error& error) {
    throw relative(*prefix, error);
  }
}

Task<std::vector<Bytes>> PrefixStore::get_ranges_async(
    std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
  try {
    std::string key = below(path);
    co_return co_await inner_->get_ranges_async(std::move(key), std::move(ranges));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

Task<PutResult> PrefixStore::put_async(PutRequest request) {
  try {
    request.path = below(request.path);
    co_return co_await inner_->put_async(std::move(request));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

Task<std::unique_ptr<MultipartUpload>> PrefixStore::start_multipart_async(MultipartRequest request) {
  try {
    request.path = below(request.path);
    std::unique_ptr<MultipartUpload> inner = co_await inner_->start_multipart_async(std::move(request));
    co_return make_shared_upload(std::make_shared<PrefixUpload>(std::move(inner), prefix_));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

Task<void> PrefixStore::delete_async(std::string path) {
  try {
    std::string key = below(path);
    co_await inner_->delete_async(std::move(key));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

Task<std::vector<std::optional<Error>>> PrefixStore::delete_many_async(std::vector<std::string> paths) {
  // An empty key stays one: the prefix itself must not be deleted.
  std::vector<std::string> keys;
  std::vector<std::size_t> places;
  std::vector<std::optional<Error>> outcomes(paths.size());
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].empty()) {
      outcomes[i] = Error(ErrorKind::invalid_path, "the key is empty");
      continue;
    }
    keys.push_back(below(paths[i]));
    places.push_back(i);
  }
  std::vector<std::optional<Error>> inner;
  try {
    inner = co_await inner_->delete_many_async(std::move(keys));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
  for (std::size_t i = 0; i < inner.size(); ++i) {
    if (inner[i]) outcomes[places[i]] = relative(*prefix_, *inner[i]);
  }
  co_return outcomes;
}

Task<ListPage> PrefixStore::list_page_async(ListRequest request) {
  const std::string& prefix = *prefix_;
  try {
    if (!request.raw_prefix) request.prefix = segment_prefix(request.prefix);
    request.prefix.insert(0, prefix);
    if (!request.offset.empty()) request.offset.insert(0, prefix);
    ListPage page = co_await inner_->list_page_async(std::move(request));
    // "prefix/" itself, a marker that some tools write, is no key of this store.
    std::erase_if(page.objects,
                  [&prefix](const ObjectMeta& meta) { return meta.path.size() <= prefix.size(); });
    for (ObjectMeta& meta : page.objects) meta.path.erase(0, prefix.size());
    for (std::string& common : page.common_prefixes) common = relative(prefix, common);
    co_return page;
  } catch (const Error& error) {
    throw relative(prefix, error);
  }
}

Task<void> PrefixStore::copy_async(CopyRequest request) {
  try {
    request.from = below(request.from);
    request.to = below(request.to);
    co_await inner_->copy_async(std::move(request));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

Task<void> PrefixStore::rename_async(CopyRequest request) {
  try {
    request.from = below(request.from);
    request.to = below(request.to);
    co_await inner_->rename_async(std::move(request));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

Task<std::string> PrefixStore::sign_async(SignRequest request) {
  try {
    request.path = below(request.path);
    co_return co_await inner_->sign_async(std::move(request));
  } catch (const Error& error) {
    throw relative(*prefix_, error);
  }
}

std::string PrefixStore::describe() const {
  return fmt::format("PrefixStore({}, prefix={:?})", inner_->describe(),
                     std::string_view(*prefix_).substr(0, prefix_->size() - 1));
}

std::shared_ptr<ObjectStore> make_prefix_store(std::shared_ptr<ObjectStore> inner, std::string prefix) {
  std::string path = parse_path(prefix);
  if (path.empty()) return inner;
  return std::make_shared<PrefixStore>(std::move(inner), std::move(path));
}

}  // namespace storelink
