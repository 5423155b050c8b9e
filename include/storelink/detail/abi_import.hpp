// The struct of abi.h as an ObjectStore.
#pragma once

#include <atomic>
#include <memory>

#include "storelink/detail/abi_convert.hpp"

namespace storelink::abi {

struct ReleaseOperation {
  void operator()(sl_operation* operation) const { operation->release(operation); }
};
using OperationPointer = std::unique_ptr<sl_operation, ReleaseOperation>;

// Awaits one foreign operation whose callback fills `Outcome`. In a blocking call it is driven on this very
// thread; otherwise it runs on the producer's threads and the caller continues on its own executor.
template <class Outcome>
class ForeignCall {
 public:
  explicit ForeignCall(Context& context) noexcept : context_(context) {}
  ForeignCall(const ForeignCall&) = delete;
  ForeignCall& operator=(const ForeignCall&) = delete;

  Outcome outcome;

  // What the callback does: `fill(outcome)` if there is no error, then the end. `user` is this object.
  template <class Fill>
  static void complete(void* user, const sl_error* error, Fill fill) noexcept {
    auto& self = *static_cast<ForeignCall*>(user);
    try {
      if (error != nullptr)
        self.failure_ = std::make_exception_ptr(to_error(*error));
      else
        fill(self.outcome);
    } catch (...) {
      self.failure_ = std::current_exception();
    }
    // After the exchange this object may be gone.
    Executor* const executor = self.executor_;
    const std::coroutine_handle<> waiter = self.waiter_;
    if (self.handed_over_.exchange(true, std::memory_order_acq_rel))
      executor->post([waiter] { waiter.resume(); });
  }

  void set(sl_operation* operation) {
    if (operation == nullptr) throw std::bad_alloc();
    operation_.reset(operation);
  }

  bool await_ready() {
    if (!context_.may_block() || !context_.is_alone()) return false;
    operation_->drive(operation_.get(), &ForeignCall::ask, &context_);
    return true;
  }
  // False when the callback has come already.
  bool await_suspend(std::coroutine_handle<> caller) {
    waiter_ = caller;
    executor_ = &context_.executor();
    on_stop_.emplace(context_.stop_token(), Cancel{operation_.get()});
    operation_->start(operation_.get());
    return !handed_over_.exchange(true, std::memory_order_acq_rel);
  }
  void await_resume() {
    on_stop_.reset();
    context_.check();  // an interrupt of the caller's own comes first
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  struct Cancel {
    sl_operation* operation;
    void operator()() const { operation->cancel(operation); }
  };

  static std::int32_t ask(void* context) {
    try {
      static_cast<Context*>(context)->check();
      return 0;
    } catch (...) {
      return 1;
    }
  }

  Context& context_;
  OperationPointer operation_;
  std::coroutine_handle<> waiter_;
  Executor* executor_ = nullptr;
  // Set once by the awaiting side when it has suspended and once by the callback: the second one continues.
  std::atomic<bool> handed_over_{false};
  std::optional<std::stop_callback<Cancel>> on_stop_;
  std::exception_ptr failure_;
};

// So that streams and uploads can outlive the ImportedStore.
struct StoreReference {
  explicit StoreReference(const sl_store* s) : store(s) { store->retain(store); }
  ~StoreReference() { store->release(store); }
  StoreReference(const StoreReference&) = delete;
  StoreReference& operator=(const StoreReference&) = delete;
  const sl_store* store;
};

struct Nothing {};
using DoneCall = ForeignCall<Nothing>;
inline void on_done(void* user, const sl_error* error) {
  DoneCall::complete(user, error, [](Nothing&) {});
}

using PutCall = ForeignCall<PutResult>;
inline void on_put(void* user, const sl_error* error, const sl_put_result* result) {
  PutCall::complete(user, error, [result](PutResult& outcome) {
    outcome.e_tag = to_optional(result->e_tag);
    outcome.version = to_optional(result->version);
  });
}

// What was given and has a release function, until it is wrapped.
template <class T>
struct Given {
  Given() {}
  ~Given() {
    if (pointer != nullptr) pointer->release(pointer);
  }
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;
  T* take() noexcept { return std::exchange(pointer, nullptr); }
  T* pointer = nullptr;
};

class ImportedStream final : public BodyStream {
 public:
  ImportedStream(std::shared_ptr<StoreReference> store, sl_stream* stream)
      : store_(std::move(store)), stream_(stream) {}
  ~ImportedStream() override { stream_->release(stream_); }
  ImportedStream(const ImportedStream&) = delete;
  ImportedStream& operator=(const ImportedStream&) = delete;

  Task<Bytes> next_async() override {
    Context& context = *co_await current_context();
    using Call = ForeignCall<Bytes>;
    Call call(context);
    call.set(stream_->next(
        stream_,
        [](void* user, const sl_error* error, sl_bytes* piece) {
          Call::complete(user, error, [piece](Bytes& outcome) { outcome = take(*piece); });
        },
        &call));
    co_await call;
    co_return std::move(call.outcome);
  }

 private:
  std::shared_ptr<StoreReference> store_;
  sl_stream* stream_;
};

class ImportedUpload final : public MultipartUpload {
 public:
  ImportedUpload(std::shared_ptr<StoreReference> store, sl_upload* upload)
      : store_(std::move(store)), upload_(upload) {}
  ~ImportedUpload() override { upload_->release(upload_); }
  ImportedUpload(const ImportedUpload&) = delete;
  ImportedUpload& operator=(const ImportedUpload&) = delete;

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    Context& context = *co_await current_context();
    DoneCall call(context);
    sl_bytes given = give(part);
    call.set(upload_->put_part(upload_, index, &given, &on_done, &call));
    co_await call;
  }

  Task<PutResult> complete_async() override {
    Context& context = *co_await current_context();
    PutCall call(context);
    call.set(upload_->complete(upload_, &on_put, &call));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<void> abort_async() override {
    Context& context = *co_await current_context();
    DoneCall call(context);
    call.set(upload_->abort(upload_, &on_done, &call));
    co_await call;
  }

 private:
  std::shared_ptr<StoreReference> store_;
  sl_upload* upload_;
};

inline sl_get_request to_request(const GetRequest& request) noexcept {
  sl_get_request in{};
  in.struct_size = sizeof(in);
  switch (request.range.kind()) {
    case GetRange::Kind::all: in.range_kind = SL_RANGE_ALL; break;
    case GetRange::Kind::bounded: in.range_kind = SL_RANGE_BOUNDED; break;
    case GetRange::Kind::offset: in.range_kind = SL_RANGE_OFFSET; break;
    case GetRange::Kind::suffix: in.range_kind = SL_RANGE_SUFFIX; break;
  }
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
  return in;
}

inline sl_list_request to_request(const ListRequest& request) noexcept {
  sl_list_request in{};
  in.struct_size = sizeof(in);
  in.raw_prefix = request.raw_prefix ? 1 : 0;
  in.prefix = borrow(std::string_view(request.prefix));
  in.offset = borrow(std::string_view(request.offset));
  in.page_token = borrow(std::string_view(request.page_token));
  in.max_keys = request.max_keys;
  in.delimiter = request.delimiter ? 1 : 0;
  return in;
}

inline sl_copy_request to_request(const CopyRequest& request) noexcept {
  return {sizeof(sl_copy_request), request.overwrite ? 1 : 0, borrow(std::string_view(request.from)),
          borrow(std::string_view(request.to))};
}

inline ListPage to_page(const sl_list_page& page) {
  ListPage out;
  const auto* item = reinterpret_cast<const char*>(page.objects);
  out.objects.reserve(page.object_count);
  for (std::size_t i = 0; i < page.object_count; ++i, item += page.object_size)
    out.objects.push_back(to_meta(*reinterpret_cast<const sl_object_meta*>(item)));
  out.common_prefixes.reserve(page.common_prefix_count);
  for (std::size_t i = 0; i < page.common_prefix_count; ++i)
    out.common_prefixes.push_back(to_string(page.common_prefixes[i]));
  out.next_page_token = to_string(page.next_page_token);
  return out;
}

// Each verb is one operation of the producer. Verbs that its table lacks are made of those that it has, as
// for any other ObjectStore, or are not supported.
class ImportedStore final : public ObjectStore {
 public:
  explicit ImportedStore(const sl_store* store) : reference_(std::make_shared<StoreReference>(store)) {}

  Task<GetResult> get_async(GetRequest request) override {
    struct Got {
      GetResult result;
      Given<sl_stream> stream;
    };
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const sl_get_request in = to_request(request);
    using Call = ForeignCall<Got>;
    Call call(context);
    call.set(reference->store->get(
        reference->store, &in,
        [](void* user, const sl_error* error, sl_get_result* out) {
          Call::complete(user, error, [out](Got& got) {
            got.result.body = take(out->body);
            got.stream.pointer = std::exchange(out->stream, nullptr);
            got.result.meta = to_meta(*out->meta);
            got.result.start = out->start;
            got.result.end = out->end;
            got.result.attributes = to_attributes(*out);
          });
        },
        &call));
    co_await call;
    if (call.outcome.stream.pointer != nullptr)
      call.outcome.result.stream = std::make_unique<ImportedStream>(reference, call.outcome.stream.take());
    co_return std::move(call.outcome.result);
  }

  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    const auto reference = reference_;
    if (!SL_HAS(reference->store, sl_store, get_ranges)) {
      std::vector<Bytes> pieces = co_await ObjectStore::get_ranges_async(std::move(path), std::move(ranges));
      co_return pieces;
    }
    Context& context = *co_await current_context();
    std::vector<sl_range> wanted;
    wanted.reserve(ranges.size());
    for (const auto& [start, end] : ranges) wanted.push_back({start, end});
    const sl_get_ranges_request in{sizeof(in), 0, borrow(std::string_view(path)), wanted.data(),
                                   wanted.size()};
    using Call = ForeignCall<std::vector<Bytes>>;
    Call call(context);
    call.set(reference->store->get_ranges(
        reference->store, &in,
        [](void* user, const sl_error* error, sl_bytes* pieces, std::size_t count) {
          Call::complete(user, error, [pieces, count](std::vector<Bytes>& outcome) {
            outcome.reserve(count);
            for (std::size_t i = 0; i < count; ++i) outcome.push_back(take(pieces[i]));
          });
        },
        &call));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<PutResult> put_async(PutRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const BorrowedAttributes attributes(request.attributes);
    const Pairs tags = borrow(request.tags);
    sl_put_request in{};
    in.struct_size = sizeof(in);
    switch (request.mode.kind) {
      case PutMode::Kind::overwrite: in.mode = SL_PUT_OVERWRITE; break;
      case PutMode::Kind::create: in.mode = SL_PUT_CREATE; break;
      case PutMode::Kind::update: in.mode = SL_PUT_UPDATE; break;
    }
    in.path = borrow(std::string_view(request.path));
    in.e_tag = borrow(request.mode.e_tag);
    in.version = borrow(request.mode.version);
    attributes.lend(in);
    in.tags = tags.data();
    in.tag_count = tags.size();
    in.body = give(request.body);
    PutCall call(context);
    call.set(reference->store->put(reference->store, &in, &on_put, &call));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    if (!SL_HAS(reference->store, sl_store, start_multipart)) refuse("multipart uploads", request.path);
    const BorrowedAttributes attributes(request.attributes);
    const Pairs tags = borrow(request.tags);
    sl_multipart_request in{};
    in.struct_size = sizeof(in);
    in.path = borrow(std::string_view(request.path));
    attributes.lend(in);
    in.tags = tags.data();
    in.tag_count = tags.size();
    using Call = ForeignCall<Given<sl_upload>>;
    Call call(context);
    call.set(reference->store->start_multipart(
        reference->store, &in,
        [](void* user, const sl_error* error, sl_upload* upload) {
          Call::complete(user, error, [upload](Given<sl_upload>& outcome) { outcome.pointer = upload; });
        },
        &call));
    co_await call;
    std::unique_ptr<MultipartUpload> upload =
        std::make_unique<ImportedUpload>(reference, call.outcome.take());
    co_return upload;
  }

  Task<void> delete_async(std::string path) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    DoneCall call(context);
    call.set(reference->store->remove(reference->store, borrow(std::string_view(path)), &on_done, &call));
    co_await call;
  }

  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override {
    using Failures = std::vector<std::optional<Error>>;
    const auto reference = reference_;
    if (!SL_HAS(reference->store, sl_store, remove_many)) {
      Failures failures = co_await ObjectStore::delete_many_async(std::move(paths));
      co_return failures;
    }
    Context& context = *co_await current_context();
    std::vector<sl_string> borrowed;
    borrowed.reserve(paths.size());
    for (const std::string& path : paths) borrowed.push_back(borrow(std::string_view(path)));
    const sl_remove_many_request in{sizeof(in), 0, borrowed.data(), borrowed.size()};
    using Call = ForeignCall<Failures>;
    Call call(context);
    call.set(reference->store->remove_many(
        reference->store, &in,
        [](void* user, const sl_error* error, const sl_error* const* failures, std::size_t count) {
          Call::complete(user, error, [failures, count](Failures& outcome) {
            outcome.resize(count);
            for (std::size_t i = 0; i < count; ++i)
              if (failures[i] != nullptr) outcome[i] = to_error(*failures[i]);
          });
        },
        &call));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const sl_list_request in = to_request(request);
    using Call = ForeignCall<ListPage>;
    Call call(context);
    call.set(reference->store->list_page(
        reference->store, &in,
        [](void* user, const sl_error* error, const sl_list_page* page) {
          Call::complete(user, error, [page](ListPage& outcome) { outcome = to_page(*page); });
        },
        &call));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<void> copy_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const sl_copy_request in = to_request(request);
    DoneCall call(context);
    call.set(reference->store->copy(reference->store, &in, &on_done, &call));
    co_await call;
  }

  Task<void> rename_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const sl_copy_request in = to_request(request);
    DoneCall call(context);
    call.set(reference->store->rename(reference->store, &in, &on_done, &call));
    co_await call;
  }

  Task<std::string> sign_async(SignRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    if (!SL_HAS(reference->store, sl_store, sign)) refuse("presigned URLs", request.path);
    const auto seconds = std::max<std::int64_t>(request.expires_in.count(), 0);
    const sl_sign_request in{sizeof(in), 0, borrow(std::string_view(request.method)),
                             borrow(std::string_view(request.path)), static_cast<std::uint64_t>(seconds)};
    using Call = ForeignCall<std::string>;
    Call call(context);
    call.set(reference->store->sign(
        reference->store, &in,
        [](void* user, const sl_error* error, const sl_string* url) {
          Call::complete(user, error, [url](std::string& outcome) { outcome = to_string(*url); });
        },
        &call));
    co_await call;
    co_return std::move(call.outcome);
  }

  Capabilities capabilities() const noexcept override {
    Capabilities capabilities = to_capabilities(reference_->store->capabilities(reference_->store));
    if (!SL_HAS(reference_->store, sl_store, sign)) capabilities.sign = false;
    return capabilities;
  }

  std::string describe() const override {
    std::string text(128, '\0');
    for (;;) {
      const std::size_t size = reference_->store->describe(reference_->store, text.data(), text.size());
      const bool whole = size <= text.size();
      text.resize(size);
      if (whole) return text;
    }
  }

  const sl_store* exported() const noexcept { return reference_->store; }

 private:
  [[noreturn]] void refuse(std::string_view what, const std::string& path) const {
    throw Error(ErrorKind::not_supported, "the library that made this store offers no " + std::string(what) +
                                              " through storelink's C ABI")
        .at(describe(), path);
  }

  std::shared_ptr<StoreReference> reference_;
};

}  // namespace storelink::abi
