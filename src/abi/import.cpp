// A store behind the struct of abi.h as an ObjectStore.
#include <fmt/format.h>

#include <cstddef>

#include "abi/convert.hpp"
#include "abi/export.hpp"
#include "storelink/abi.hpp"

namespace storelink {

namespace abi {

namespace {

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

  // What the callback gets as `user`.
  void* user() noexcept { return this; }
  static ForeignCall& from(void* user) noexcept { return *static_cast<ForeignCall*>(user); }

  Outcome outcome;

  // Called by the callback, last.
  void complete(const sl_error* error) noexcept {
    if (error != nullptr) error_.emplace(to_error(*error));
    if (waiter_) context_.executor().post([waiter = waiter_] { waiter.resume(); });
  }

  void set(sl_operation* operation) {
    if (operation == nullptr) throw std::bad_alloc();
    operation_.reset(operation);
  }

  bool await_ready() {
    if (!context_.may_block()) return false;
    operation_->drive(operation_.get(), &ForeignCall::ask, &context_);
    return true;
  }
  void await_suspend(std::coroutine_handle<> caller) {
    waiter_ = caller;
    on_stop_.emplace(context_.stop_token(), Cancel{operation_.get()});
    operation_->start(operation_.get());  // from here on this object may be gone
  }
  void await_resume() {
    on_stop_.reset();
    context_.check();  // an interrupt of the caller's own comes first
    if (error_) throw Error(*error_);
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
  std::optional<std::stop_callback<Cancel>> on_stop_;
  std::optional<Error> error_;
};

// So that streams can outlive the ImportedStore.
struct StoreReference {
  explicit StoreReference(const sl_store* s) : store(s) { store->retain(store); }
  ~StoreReference() { store->release(store); }
  StoreReference(const StoreReference&) = delete;
  StoreReference& operator=(const StoreReference&) = delete;
  const sl_store* store;
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
          if (piece != nullptr) Call::from(user).outcome = take(*piece);
          Call::from(user).complete(error);
        },
        call.user()));
    co_await call;
    co_return std::move(call.outcome);
  }

 private:
  std::shared_ptr<StoreReference> store_;
  sl_stream* stream_;
};

// Whether the producer's table reaches as far as this entry.
#define STORELINK_HAS(store, field) \
  ((store)->struct_size >= offsetof(sl_store, field) + sizeof((store)->field) && (store)->field != nullptr)

class ImportedStore final : public ObjectStore {
 public:
  explicit ImportedStore(const sl_store* store) : reference_(std::make_shared<StoreReference>(store)) {}

  Task<GetResult> get_async(GetRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
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
    using Call = ForeignCall<Got>;
    Call call(context);
    call.set(reference->store->get(
        reference->store, &in,
        [](void* user, const sl_error* error, sl_get_result* out) {
          Call& mine = Call::from(user);
          if (out != nullptr) {
            GetResult& result = mine.outcome.result;
            result.meta = to_meta(out->meta);
            result.start = out->start;
            result.end = out->end;
            result.body = take(out->body);
            result.attributes = to_attributes(out->attributes, out->attribute_count, out->metadata,
                                              out->metadata_count, out->pair_size);
            mine.outcome.stream = std::exchange(out->stream, nullptr);
          }
          mine.complete(error);
        },
        call.user()));
    co_await call;
    if (call.outcome.stream != nullptr)
      call.outcome.result.stream =
          std::make_unique<ImportedStream>(reference, std::exchange(call.outcome.stream, nullptr));
    co_return std::move(call.outcome.result);
  }

  Task<PutResult> put_async(PutRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    sl_put_request in{};
    in.struct_size = sizeof(in);
    switch (request.mode.kind) {
      case PutMode::Kind::overwrite: in.mode = SL_PUT_OVERWRITE; break;
      case PutMode::Kind::create: in.mode = SL_PUT_CREATE; break;
      case PutMode::Kind::update: in.mode = SL_PUT_UPDATE; break;
    }
    const BorrowedAttributes pairs(request.attributes);
    const Pairs tags = borrow(request.tags);
    in.path = borrow(std::string_view(request.path));
    in.body = give(request.body);
    in.e_tag = borrow(request.mode.e_tag);
    in.version = borrow(request.mode.version);
    in.pair_size = sizeof(sl_pair);
    in.attributes = pairs.attributes.data();
    in.attribute_count = pairs.attributes.size();
    in.metadata = pairs.metadata.data();
    in.metadata_count = pairs.metadata.size();
    in.tags = tags.data();
    in.tag_count = tags.size();
    using Call = ForeignCall<PutResult>;
    Call call(context);
    call.set(reference->store->put(
        reference->store, &in,
        [](void* user, const sl_error* error, const sl_put_result* out) {
          Call& mine = Call::from(user);
          if (out != nullptr) {
            mine.outcome.e_tag = to_optional(out->e_tag);
            mine.outcome.version = to_optional(out->version);
          }
          mine.complete(error);
        },
        call.user()));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    sl_list_request in{};
    in.struct_size = sizeof(in);
    in.raw_prefix = request.raw_prefix ? 1 : 0;
    in.prefix = borrow(std::string_view(request.prefix));
    in.offset = borrow(std::string_view(request.offset));
    in.page_token = borrow(std::string_view(request.page_token));
    in.max_keys = request.max_keys;
    in.delimiter = request.delimiter ? 1 : 0;
    using Call = ForeignCall<ListPage>;
    Call call(context);
    call.set(reference->store->list_page(
        reference->store, &in,
        [](void* user, const sl_error* error, const sl_list_page* page) {
          Call& mine = Call::from(user);
          if (page != nullptr) {
            const auto* item = reinterpret_cast<const char*>(page->objects);
            mine.outcome.objects.reserve(page->object_count);
            for (std::size_t i = 0; i < page->object_count; ++i, item += page->item_size)
              mine.outcome.objects.push_back(to_meta(*reinterpret_cast<const sl_object_meta*>(item)));
            for (std::size_t i = 0; i < page->common_prefix_count; ++i)
              mine.outcome.common_prefixes.push_back(to_string(page->common_prefixes[i]));
            mine.outcome.next_page_token = to_string(page->next_page_token);
          }
          mine.complete(error);
        },
        call.user()));
    co_await call;
    co_return std::move(call.outcome);
  }

  Task<void> delete_async(std::string path) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    DoneCall call(context);
    call.set(reference->store->remove(reference->store, borrow(std::string_view(path)), &done, call.user()));
    co_await call;
  }

  Task<void> copy_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const sl_copy_request in = to_copy(request);
    DoneCall call(context);
    call.set(reference->store->copy(reference->store, &in, &done, call.user()));
    co_await call;
  }

  Task<void> rename_async(CopyRequest request) override {
    Context& context = *co_await current_context();
    const auto reference = reference_;
    const sl_copy_request in = to_copy(request);
    DoneCall call(context);
    call.set(reference->store->rename(reference->store, &in, &done, call.user()));
    co_await call;
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest) override {
    throw Error(ErrorKind::not_supported,
                "multipart uploads do not pass through the C ABI in this version: use put or upload");
    co_return nullptr;
  }

  Capabilities capabilities() const noexcept override {
    Capabilities capabilities = to_capabilities(reference_->store->capabilities(reference_->store));
    capabilities.sign = false;
    return capabilities;
  }

  std::string describe() const override {
    std::string text(256, '\0');
    const std::size_t size = reference_->store->describe(reference_->store, text.data(), text.size());
    const bool short_one = size <= text.size();
    text.resize(size);
    if (!short_one) reference_->store->describe(reference_->store, text.data(), text.size());
    return text;
  }

 private:
  // Until it is wrapped, the stream has to be released by hand when the call is stopped.
  struct Got {
    Got() {}
    ~Got() {
      if (stream != nullptr) stream->release(stream);
    }
    Got(const Got&) = delete;
    Got& operator=(const Got&) = delete;
    GetResult result;
    sl_stream* stream = nullptr;
  };
  struct Nothing {};
  using DoneCall = ForeignCall<Nothing>;
  static void done(void* user, const sl_error* error) { DoneCall::from(user).complete(error); }

  static sl_copy_request to_copy(const CopyRequest& request) {
    return {sizeof(sl_copy_request), request.overwrite ? 1 : 0, borrow(std::string_view(request.from)),
            borrow(std::string_view(request.to))};
  }

  std::shared_ptr<StoreReference> reference_;
};

}  // namespace
}  // namespace abi

std::shared_ptr<ObjectStore> import_store(const sl_store* exported) {
  if (exported->abi_version != SL_ABI_VERSION)
    throw Error(
        ErrorKind::not_supported,
        fmt::format("the store speaks version {} of storelink's C ABI; this library speaks version {}",
                    exported->abi_version, SL_ABI_VERSION));
  if (!STORELINK_HAS(exported, rename))
    throw Error(ErrorKind::not_supported,
                fmt::format("the store's function table has {} bytes, {} are needed", exported->struct_size,
                            offsetof(sl_store, rename) + sizeof(exported->rename)));
  if (auto own = abi::own_store(exported)) return own;
  return std::make_shared<abi::ImportedStore>(exported);
}

}  // namespace storelink
