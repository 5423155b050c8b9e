// The struct of abi.h as an ObjectStore.
//
// Extensions compile this file, so it is made to be small. A verb makes its operation at once, which borrows
// the request for that moment only and does not run yet; awaiting the task runs it. What does not depend on a
// verb is no template.
#pragma once

#include <algorithm>
#include <memory>

#include "storelink/detail/abi_call.hpp"

namespace storelink::abi {

// So that streams and uploads can outlive the ImportedStore.
class StoreReference {
 public:
  explicit StoreReference(const sl_store* store) : store_(store) { store_->retain(store_); }
  StoreReference(const StoreReference&) = delete;
  StoreReference& operator=(const StoreReference&) = delete;
  ~StoreReference() { store_->release(store_); }
  const sl_store* operator->() const noexcept { return store_; }
  const sl_store* get() const noexcept { return store_; }

 private:
  const sl_store* store_;
};

inline void on_done(void* user, const sl_error* error) {
  static_cast<ForeignCall*>(user)->finish(error, [](ForeignCall&, const void*) {}, nullptr);
}

inline void on_put(void* user, const sl_error* error, const sl_put_result* result) {
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* from) {
        const Received out(*static_cast<const sl_put_result*>(from));
        auto& outcome = call.outcome<PutResult>();
        read_optional(out->e_tag, outcome.e_tag);
        read_optional(out->version, outcome.version);
      },
      result);
}

class ImportedStream final : public BodyStream {
 public:
  explicit ImportedStream(const sl_store* store) : store_(store) {}
  ~ImportedStream() override {
    if (stream != nullptr) stream->release(stream);
  }
  ImportedStream(const ImportedStream&) = delete;
  ImportedStream& operator=(const ImportedStream&) = delete;

  Task<Bytes> next_async() override {
    auto* call = begin<Bytes>(store_.get());
    call->set(stream->next(
        stream,
        [](void* user, const sl_error* error, sl_bytes* piece) {
          static_cast<ForeignCall*>(user)->finish(
              error,
              [](ForeignCall& self, const void* bytes) {
                self.outcome<Bytes>() = take(*const_cast<sl_bytes*>(static_cast<const sl_bytes*>(bytes)));
              },
              piece);
        },
        call));
    return task_of<Bytes>(call);
  }

  sl_stream* stream = nullptr;

 private:
  StoreReference store_;
};

class ImportedUpload final : public MultipartUpload {
 public:
  explicit ImportedUpload(const sl_store* store) : store_(store) {}
  ~ImportedUpload() override {
    if (upload != nullptr) upload->release(upload);
  }
  ImportedUpload(const ImportedUpload&) = delete;
  ImportedUpload& operator=(const ImportedUpload&) = delete;

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    auto* call = begin<void>(store_.get());
    sl_bytes given = give(std::move(part));
    call->set(upload->put_part(upload, index, &given, &on_done, call));
    return task_of<void>(call);
  }

  Task<PutResult> complete_async() override {
    auto* call = begin<PutResult>(store_.get());
    call->set(upload->complete(upload, &on_put, call));
    return task_of<PutResult>(call);
  }

  Task<void> abort_async() override {
    auto* call = begin<void>(store_.get());
    call->set(upload->abort(upload, &on_done, call));
    return task_of<void>(call);
  }

  sl_upload* upload = nullptr;

 private:
  StoreReference store_;
};

// --- callbacks ---

inline void on_get(void* user, const sl_error* error, sl_get_result* result) {
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* given) {
        auto& from = *const_cast<sl_get_result*>(static_cast<const sl_get_result*>(given));
        auto& out = call.outcome<GetResult>();
        out.body = take(from.body);
        // NOLINTNEXTLINE(bugprone-sizeof-expression): the size of the field, a pointer, is what is meant
        if (SL_HAS(&from, sl_get_result, stream)) {
          auto stream = std::make_unique<ImportedStream>(call.store);
          stream->stream = std::exchange(from.stream, nullptr);
          out.stream = std::move(stream);
        }
        read_meta(*from.meta, out.meta);
        out.start = from.start;
        out.end = from.end;
        (void)read_attributes(from, out.attributes);  // those that a newer producer knows are left out
      },
      result);
}

struct GivenPieces {
  sl_bytes* pieces;
  std::size_t count;
};
inline void on_ranges(void* user, const sl_error* error, sl_bytes* pieces, std::size_t count) {
  const GivenPieces given{pieces, count};
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* from) {
        const auto& all = *static_cast<const GivenPieces*>(from);
        auto& out = call.outcome<std::vector<Bytes>>();
        out = std::vector<Bytes>(all.count);
        for (std::size_t i = 0; i < all.count; ++i) out[i] = take(all.pieces[i]);
      },
      &given);
}

inline void on_multipart(void* user, const sl_error* error, sl_upload* upload) {
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* given) {
        auto imported = std::make_unique<ImportedUpload>(call.store);
        imported->upload = const_cast<sl_upload*>(static_cast<const sl_upload*>(given));
        call.outcome<std::unique_ptr<MultipartUpload>>() = std::move(imported);
      },
      upload);
}

inline void on_page(void* user, const sl_error* error, const sl_list_page* result) {
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* given) {
        const auto& page = *static_cast<const sl_list_page*>(given);
        auto& out = call.outcome<ListPage>();
        const auto* item = reinterpret_cast<const char*>(page.objects);
        out.objects = std::vector<ObjectMeta>(page.object_count);
        for (ObjectMeta& object : out.objects) {
          read_meta(*reinterpret_cast<const sl_object_meta*>(item), object);
          item += page.object_size;
        }
        out.common_prefixes = std::vector<std::string>(page.common_prefix_count);
        for (std::size_t i = 0; i < page.common_prefix_count; ++i)
          out.common_prefixes[i] = to_string(page.common_prefixes[i]);
        out.next_page_token = to_string(page.next_page_token);
      },
      result);
}

struct GivenFailures {
  const sl_error* const* failures;
  std::size_t count;
};
inline void on_removed(void* user, const sl_error* error, const sl_error* const* failures,
                       std::size_t count) {
  const GivenFailures given{failures, count};
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* from) {
        const auto& all = *static_cast<const GivenFailures*>(from);
        auto& out = call.outcome<std::vector<std::optional<Error>>>();
        out = std::vector<std::optional<Error>>(all.count);
        for (std::size_t i = 0; i < all.count; ++i)
          if (all.failures[i] != nullptr) out[i].emplace(to_error(*all.failures[i]));
      },
      &given);
}

inline void on_signed(void* user, const sl_error* error, const sl_string* url) {
  static_cast<ForeignCall*>(user)->finish(
      error,
      [](ForeignCall& call, const void* text) {
        call.outcome<std::string>() = to_string(*static_cast<const sl_string*>(text));
      },
      url);
}

// The enumerators have the values of sl_range_kind, sl_sink and sl_put_mode.
static_assert(static_cast<int>(GetRange::Kind::suffix) == SL_RANGE_SUFFIX &&
              static_cast<int>(Sink::stream) == SL_SINK_STREAM &&
              static_cast<int>(PutMode::Kind::update) == SL_PUT_UPDATE);

// Each verb is one operation of the producer. Of the verbs that a table lacks, get_ranges, bulk delete and
// rename are made of others, as for any ObjectStore, where the library is linked (in the runtime way the
// runtime has done so before); the rest is not supported.
class ImportedStore final : public ObjectStore {
 public:
  explicit ImportedStore(const sl_store* store) : store_(store) {}

  Task<GetResult> get_async(GetRequest request) override {
    need(store_->get != nullptr, "reads", request.path);
    need(takes(request.headers), "headers of requests", request.path);
    const Pairs headers(request.headers);
    sl_get_request in{};
    in.struct_size = sizeof(in);
    in.range_kind = static_cast<std::int32_t>(request.range.kind());
    in.range_start = request.range.start();
    in.range_end = request.range.end();
    in.path = borrow(std::string_view(request.path));
    in.if_match = borrow(request.if_match);
    in.if_none_match = borrow(request.if_none_match);
    in.version = borrow(request.version);
    in.if_modified_since = to_nanoseconds(request.if_modified_since);
    in.if_unmodified_since = to_nanoseconds(request.if_unmodified_since);
    in.head = request.head ? 1 : 0;
    in.sink = static_cast<std::int32_t>(request.sink);
    in.buffer = reinterpret_cast<std::uint8_t*>(request.buffer.data());
    in.buffer_size = request.buffer.size();
    in.headers = headers.data();
    in.header_count = headers.size();
    in.collect_up_to = request.collect_up_to;
    auto* call = begin<GetResult>(store_.get());
    call->set(store_->get(store_.get(), &in, &on_get, call));
    return task_of<GetResult>(call);
  }

  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    if (SL_HAS(store_, sl_store, get_ranges)) {
      const auto wanted = std::make_unique_for_overwrite<sl_range[]>(ranges.size());
      for (std::size_t i = 0; i < ranges.size(); ++i) wanted[i] = {ranges[i].first, ranges[i].second};
      const sl_get_ranges_request in{sizeof(in), 0, borrow(std::string_view(path)), wanted.get(),
                                     ranges.size()};
      auto* call = begin<std::vector<Bytes>>(store_.get());
      call->set(store_->get_ranges(store_.get(), &in, &on_ranges, call));
      return task_of<std::vector<Bytes>>(call);
    }
#ifndef STORELINK_RUNTIME
    return ObjectStore::get_ranges_async(std::move(path), std::move(ranges));
#else
    refuse("get_ranges", path);
#endif
  }

  Task<PutResult> put_async(PutRequest request) override {
    need(store_->put != nullptr, "writes", request.path);
    need(takes(request.headers), "headers of requests", request.path);
    const Pairs headers(request.headers);
    const BorrowedAttributes attributes(request.attributes);
    const Pairs tags(request.tags);
    auto* call = begin<PutResult>(store_.get());
    sl_put_request in{};
    in.struct_size = sizeof(in);
    in.mode = static_cast<std::int32_t>(request.mode.kind);
    in.path = borrow(std::string_view(request.path));
    in.e_tag = borrow(request.mode.e_tag);
    in.version = borrow(request.mode.version);
    attributes.lend(in, tags);
    in.headers = headers.data();
    in.header_count = headers.size();
    in.body = give(std::move(request.body));
    call->set(store_->put(store_.get(), &in, &on_put, call));
    return task_of<PutResult>(call);
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    need(SL_HAS(store_, sl_store, start_multipart), "multipart uploads", request.path);
    const BorrowedAttributes attributes(request.attributes);
    const Pairs tags(request.tags);
    auto* call = begin<std::unique_ptr<MultipartUpload>>(store_.get());
    sl_multipart_request in{};
    in.struct_size = sizeof(in);
    in.path = borrow(std::string_view(request.path));
    attributes.lend(in, tags);
    call->set(store_->start_multipart(store_.get(), &in, &on_multipart, call));
    return task_of<std::unique_ptr<MultipartUpload>>(call);
  }

  Task<void> delete_async(std::string path) override {
    need(store_->remove != nullptr, "deletion", path);
    auto* call = begin<void>(store_.get());
    call->set(store_->remove(store_.get(), borrow(std::string_view(path)), &on_done, call));
    return task_of<void>(call);
  }

  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override {
    if (SL_HAS(store_, sl_store, remove_many)) {
      const auto borrowed = std::make_unique_for_overwrite<sl_string[]>(paths.size());
      for (std::size_t i = 0; i < paths.size(); ++i) borrowed[i] = borrow(std::string_view(paths[i]));
      const sl_remove_many_request in{sizeof(in), 0, borrowed.get(), paths.size()};
      auto* call = begin<std::vector<std::optional<Error>>>(store_.get());
      call->set(store_->remove_many(store_.get(), &in, &on_removed, call));
      return task_of<std::vector<std::optional<Error>>>(call);
    }
#ifndef STORELINK_RUNTIME
    return ObjectStore::delete_many_async(std::move(paths));
#else
    refuse("bulk delete", {});
#endif
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    need(store_->list_page != nullptr, "lists", request.prefix);
    sl_list_request in{};
    in.struct_size = sizeof(in);
    in.raw_prefix = request.raw_prefix ? 1 : 0;
    in.prefix = borrow(std::string_view(request.prefix));
    in.offset = borrow(std::string_view(request.offset));
    in.page_token = borrow(std::string_view(request.page_token));
    in.max_keys = request.max_keys;
    in.delimiter = request.delimiter ? 1 : 0;
    auto* call = begin<ListPage>(store_.get());
    call->set(store_->list_page(store_.get(), &in, &on_page, call));
    return task_of<ListPage>(call);
  }

  Task<void> copy_async(CopyRequest request) override { return copy_or_rename(store_->copy, request); }

  Task<void> rename_async(CopyRequest request) override {
#ifndef STORELINK_RUNTIME
    if (store_->rename == nullptr) return ObjectStore::rename_async(std::move(request));
#endif
    return copy_or_rename(store_->rename, request);
  }

  Task<std::string> sign_async(SignRequest request) override {
    need(SL_HAS(store_, sl_store, sign), "presigned URLs", request.path);
    const auto seconds = std::max<std::int64_t>(request.expires_in.count(), 0);
    const sl_sign_request in{sizeof(in), 0, borrow(std::string_view(request.method)),
                             borrow(std::string_view(request.path)), static_cast<std::uint64_t>(seconds)};
    auto* call = begin<std::string>(store_.get());
    call->set(store_->sign(store_.get(), &in, &on_signed, call));
    return task_of<std::string>(call);
  }

  // An older producer does not look at them.
  bool takes(const RequestHeaders& headers) const noexcept {
    return headers.empty() || (store_->capabilities(store_.get()) & SL_TAKES_HEADERS) != 0;
  }

  Capabilities capabilities() const noexcept override {
    Capabilities capabilities = to_capabilities(store_->capabilities(store_.get()));
    if (!SL_HAS(store_, sl_store, sign)) capabilities.sign = false;
    if (!SL_HAS(store_, sl_store, start_multipart)) capabilities.multipart = false;
    if (store_->put == nullptr) capabilities.put_create = capabilities.put_update = false;
    if (store_->copy == nullptr) capabilities.copy_create = false;
    return capabilities;
  }

  std::string describe() const override {
    std::string text(store_->describe(store_.get(), nullptr, 0), '\0');
    store_->describe(store_.get(), text.data(), text.size());
    return text;
  }

  // The producer's struct, if its table has every verb; else null.
  const sl_store* complete_table() const noexcept {
    const bool complete = SL_HAS(store_, sl_store, get_ranges) && SL_HAS(store_, sl_store, start_multipart) &&
                          SL_HAS(store_, sl_store, remove_many) && SL_HAS(store_, sl_store, sign) &&
                          store_->rename != nullptr;
    return complete ? store_.get() : nullptr;
  }

 private:
  Task<void> copy_or_rename(decltype(sl_store::copy) verb, const CopyRequest& request) {
    need(verb != nullptr, "copy or rename", request.from);
    const sl_copy_request in{sizeof(in), request.overwrite ? 1 : 0, borrow(std::string_view(request.from)),
                             borrow(std::string_view(request.to))};
    auto* call = begin<void>(store_.get());
    call->set(verb(store_.get(), &in, &on_done, call));
    return task_of<void>(call);
  }

  void need(bool there, std::string_view what, const std::string& path) const {
    if (!there) refuse(what, path);
  }

  [[noreturn]] void refuse(std::string_view what, const std::string& path) const {
    storelink::detail::throw_error(
        ErrorKind::not_supported,
        {"the library that made this store offers no ", what, " through storelink's C ABI"}, describe(),
        path);
  }

  StoreReference store_;
};

}  // namespace storelink::abi
