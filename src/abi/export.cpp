#include "abi/export.hpp"

#include <atomic>
#include <functional>
#include <mutex>
#include <unordered_map>

#include "abi/convert.hpp"
#include "base/runtime.hpp"
#include "storelink/abi.hpp"

namespace storelink::abi {

namespace {

struct ExportedStore : sl_store {
  explicit ExportedStore(std::shared_ptr<ObjectStore> store);
  std::shared_ptr<ObjectStore> inner;
  mutable std::atomic<std::uint32_t> references{1};
};

const ExportedStore& of(const sl_store* store) {
  return *static_cast<const ExportedStore*>(store);
}

// A task with its callback. Two parties hold it: the consumer until release(), and the run until the callback
// has returned.
template <class T>
class Operation final : public sl_operation {
 public:
  // Called once, with the result or with the error.
  using Deliver = std::function<void(const Error*, T*)>;

  Operation(std::shared_ptr<void> keep, Task<T> task, Deliver deliver)
      : sl_operation(), keep_(std::move(keep)), task_(std::move(task)), deliver_(std::move(deliver)) {
    struct_size = sizeof(sl_operation);
    start = [](sl_operation* o) { static_cast<Operation*>(o)->run_in_background(); };
    drive = [](sl_operation* o, sl_interrupt interrupt, void* user) {
      static_cast<Operation*>(o)->run_here(interrupt, user);
    };
    cancel = [](sl_operation* o) { static_cast<Operation*>(o)->stop_.request_stop(); };
    release = [](sl_operation* o) { static_cast<Operation*>(o)->drop(); };
  }

 private:
  void run_in_background() {
    references_.fetch_add(1);
    EventLoop& loop = background_loop();
    context_.emplace(loop, &loop, false, stop_.get_token());
    loop.post([this] {
      task_.start(*context_, [](void* self) noexcept { static_cast<Operation*>(self)->ended(); }, this);
    });
  }

  void ended() noexcept {
    complete();
    drop();
  }

  void run_here(sl_interrupt interrupt, void* user) {
    Interrupt hook;
    if (interrupt != nullptr) hook = [interrupt, user] { return interrupt(user) != 0; };
    bool finished = false;
    storelink::detail::BlockingRun run(&hook, stop_.get_token());
    references_.fetch_add(1);
    task_.start(run.context(), [](void* flag) noexcept { *static_cast<bool*>(flag) = true; }, &finished);
    std::exception_ptr interrupted;
    try {
      run.wait(finished);
    } catch (...) {
      interrupted = std::current_exception();
    }
    complete(interrupted);
    drop();
  }

  void complete(std::exception_ptr failure = {}) noexcept {
    const Deliver deliver = std::move(deliver_);
    std::conditional_t<std::is_void_v<T>, bool, std::optional<T>> result{};
    if (!failure) {
      try {
        if constexpr (std::is_void_v<T>)
          task_.result();
        else
          result.emplace(task_.result());
      } catch (...) {
        failure = std::current_exception();
      }
    }
    if (failure) {
      const Error error = to_error(failure);
      deliver(&error, nullptr);
    } else if constexpr (std::is_void_v<T>) {
      deliver(nullptr, nullptr);
    } else {
      deliver(nullptr, &*result);
    }
  }

  void drop() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
  }

  std::atomic<int> references_{1};
  std::shared_ptr<void> keep_;  // the store or stream that the task uses
  std::stop_source stop_;
  std::optional<ExecutorContext> context_;
  Task<T> task_;
  Deliver deliver_;
};

template <class T, class Deliver>
sl_operation* make_operation(std::shared_ptr<void> keep, Task<T> task, Deliver deliver) {
  return new Operation<T>(std::move(keep), std::move(task), std::move(deliver));
}

// A task that fails with what building the request threw.
template <class T>
Task<T> failed(Error error) {
  throw error;
  co_return co_await Task<T>();
}

class ExportedStream final : public sl_stream {
 public:
  explicit ExportedStream(std::unique_ptr<BodyStream> stream) : sl_stream(), inner_(std::move(stream)) {
    struct_size = sizeof(sl_stream);
    next = [](sl_stream* self, sl_bytes_callback callback, void* user) {
      const auto inner = static_cast<ExportedStream*>(self)->inner_;
      return make_operation<Bytes>(inner, inner->next_async(),
                                   [callback, user](const Error* error, Bytes* piece) {
                                     if (error != nullptr) {
                                       const sl_error out = borrow(*error);
                                       callback(user, &out, nullptr);
                                     } else {
                                       sl_bytes out = give(*piece);
                                       callback(user, nullptr, &out);
                                     }
                                   });
    };
    release = [](sl_stream* self) { delete static_cast<ExportedStream*>(self); };
  }

 private:
  std::shared_ptr<BodyStream> inner_;
};

sl_operation* get(const sl_store* store, const sl_get_request* in, sl_get_callback callback, void* user) {
  GetRequest request(to_string(in->path));
  switch (in->range_kind) {
    case SL_RANGE_BOUNDED: request.range = GetRange::bounded(in->range_start, in->range_end); break;
    case SL_RANGE_OFFSET: request.range = GetRange::offset(in->range_start); break;
    case SL_RANGE_SUFFIX: request.range = GetRange::suffix(in->range_start); break;
    default: break;
  }
  request.if_match = to_optional(in->if_match);
  request.if_none_match = to_optional(in->if_none_match);
  request.version = to_optional(in->version);
  request.if_modified_since = to_optional_time(in->if_modified_since);
  request.if_unmodified_since = to_optional_time(in->if_unmodified_since);
  request.head = in->head != 0;
  request.sink = static_cast<Sink>(in->sink);
  request.buffer = std::as_writable_bytes(std::span(in->buffer, in->buffer_size));
  const auto& inner = of(store).inner;
  return make_operation<GetResult>(inner, inner->get_async(std::move(request)),
                                   [callback, user](const Error* error, GetResult* result) {
                                     if (error != nullptr) {
                                       const sl_error out = borrow(*error);
                                       callback(user, &out, nullptr);
                                       return;
                                     }
                                     const BorrowedAttributes pairs(result->attributes);
                                     sl_get_result out{};
                                     out.struct_size = sizeof(out);
                                     out.pair_size = sizeof(sl_pair);
                                     out.meta = borrow(result->meta);
                                     out.start = result->start;
                                     out.end = result->end;
                                     out.attributes = pairs.attributes.data();
                                     out.attribute_count = pairs.attributes.size();
                                     out.metadata = pairs.metadata.data();
                                     out.metadata_count = pairs.metadata.size();
                                     out.body = give(result->body);
                                     if (result->stream)
                                       out.stream = new ExportedStream(std::move(result->stream));
                                     callback(user, nullptr, &out);
                                   });
}

sl_operation* put(const sl_store* store, const sl_put_request* in, sl_put_callback callback, void* user) {
  const auto& inner = of(store).inner;
  Task<PutResult> task;
  sl_bytes body = in->body;
  try {
    PutRequest request(to_string(in->path), take(body));
    if (in->mode == SL_PUT_CREATE) request.mode = PutMode::create();
    if (in->mode == SL_PUT_UPDATE)
      request.mode = PutMode::update(to_optional(in->e_tag), to_optional(in->version));
    request.attributes =
        to_attributes(in->attributes, in->attribute_count, in->metadata, in->metadata_count, in->pair_size);
    request.tags = to_tags(in->tags, in->tag_count, in->pair_size);
    task = inner->put_async(std::move(request));
  } catch (const Error& error) {
    task = failed<PutResult>(error);
  }
  return make_operation<PutResult>(
      inner, std::move(task), [callback, user](const Error* error, PutResult* result) {
        if (error != nullptr) {
          const sl_error out = borrow(*error);
          callback(user, &out, nullptr);
        } else {
          const sl_put_result out{sizeof(sl_put_result), 0, borrow(result->e_tag), borrow(result->version)};
          callback(user, nullptr, &out);
        }
      });
}

sl_operation* list_page(const sl_store* store, const sl_list_request* in, sl_list_callback callback,
                        void* user) {
  ListRequest request(to_string(in->prefix));
  request.raw_prefix = in->raw_prefix != 0;
  request.offset = to_string(in->offset);
  request.page_token = to_string(in->page_token);
  request.max_keys = in->max_keys;
  request.delimiter = in->delimiter != 0;
  const auto& inner = of(store).inner;
  return make_operation<ListPage>(inner, inner->list_page_async(std::move(request)),
                                  [callback, user](const Error* error, ListPage* page) {
                                    if (error != nullptr) {
                                      const sl_error out = borrow(*error);
                                      callback(user, &out, nullptr);
                                      return;
                                    }
                                    std::vector<sl_object_meta> objects;
                                    objects.reserve(page->objects.size());
                                    for (const auto& meta : page->objects) objects.push_back(borrow(meta));
                                    std::vector<sl_string> prefixes;
                                    prefixes.reserve(page->common_prefixes.size());
                                    for (const auto& prefix : page->common_prefixes)
                                      prefixes.push_back(borrow(std::string_view(prefix)));
                                    const sl_list_page out{sizeof(sl_list_page),
                                                           sizeof(sl_object_meta),
                                                           objects.data(),
                                                           objects.size(),
                                                           prefixes.data(),
                                                           prefixes.size(),
                                                           borrow(std::string_view(page->next_page_token))};
                                    callback(user, nullptr, &out);
                                  });
}

sl_operation* done_operation(const std::shared_ptr<ObjectStore>& inner, Task<void> task,
                             sl_done_callback callback, void* user) {
  return make_operation<void>(inner, std::move(task), [callback, user](const Error* error, void*) {
    const sl_error out = error != nullptr ? borrow(*error) : sl_error{};
    callback(user, error != nullptr ? &out : nullptr);
  });
}

sl_operation* remove(const sl_store* store, sl_string path, sl_done_callback callback, void* user) {
  const auto& inner = of(store).inner;
  return done_operation(inner, inner->delete_async(to_string(path)), callback, user);
}

sl_operation* copy(const sl_store* store, const sl_copy_request* in, sl_done_callback callback, void* user) {
  const auto& inner = of(store).inner;
  CopyRequest request(to_string(in->from), to_string(in->to), in->overwrite != 0);
  return done_operation(inner, inner->copy_async(std::move(request)), callback, user);
}

sl_operation* rename(const sl_store* store, const sl_copy_request* in, sl_done_callback callback,
                     void* user) {
  const auto& inner = of(store).inner;
  CopyRequest request(to_string(in->from), to_string(in->to), in->overwrite != 0);
  return done_operation(inner, inner->rename_async(std::move(request)), callback, user);
}

// Which struct a store has, while one is alive. Never destroyed: stores may be released at any time.
struct Registry {
  std::mutex mutex;
  std::unordered_map<const ObjectStore*, ExportedStore*> exported;
};
Registry& registry() {
  static auto* instance = new Registry();
  return *instance;
}

void retain(const sl_store* store) {
  of(store).references.fetch_add(1, std::memory_order_relaxed);
}

void release(const sl_store* store) {
  const ExportedStore& exported = of(store);
  std::shared_ptr<ObjectStore> last;  // the store itself ends without the lock
  {
    // Under the lock, so that export_store() never revives a struct that is being deleted.
    const std::lock_guard lock(registry().mutex);
    if (exported.references.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    registry().exported.erase(exported.inner.get());
    last = exported.inner;
    delete &exported;
  }
}

ExportedStore::ExportedStore(std::shared_ptr<ObjectStore> store) : sl_store(), inner(std::move(store)) {
  struct_size = sizeof(sl_store);
  abi_version = SL_ABI_VERSION;
  retain = abi::retain;
  release = abi::release;
  capabilities = [](const sl_store* self) { return to_bits(of(self).inner->capabilities()); };
  describe = [](const sl_store* self, char* text, std::size_t size) {
    const std::string description = of(self).inner->describe();
    description.copy(text, size);
    return description.size();
  };
  get = abi::get;
  put = abi::put;
  list_page = abi::list_page;
  remove = abi::remove;
  copy = abi::copy;
  rename = abi::rename;
}

}  // namespace

std::shared_ptr<ObjectStore> own_store(const sl_store* exported) {
  return exported->release == abi::release ? of(exported).inner : nullptr;
}

}  // namespace storelink::abi

namespace storelink {

const sl_store* export_store(std::shared_ptr<ObjectStore> store) {
  auto& registry = abi::registry();
  const std::lock_guard lock(registry.mutex);
  auto& entry = registry.exported[store.get()];
  if (entry == nullptr)
    entry = new abi::ExportedStore(std::move(store));
  else
    abi::retain(entry);
  return entry;
}

}  // namespace storelink
