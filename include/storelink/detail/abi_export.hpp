// An ObjectStore as the struct of abi.h.
#pragma once

#include <algorithm>
#include <atomic>
#include <memory>

#include "storelink/detail/abi_convert.hpp"
#include "storelink/detail/abi_operation.hpp"

namespace storelink::abi {

struct ExportedStore : sl_store {
  explicit ExportedStore(std::shared_ptr<ObjectStore> store);
  std::shared_ptr<ObjectStore> inner;
  mutable std::atomic<std::uint32_t> references{1};
};

inline const ExportedStore& of(const sl_store* store) {
  return *static_cast<const ExportedStore*>(store);
}

template <class Begin>
sl_operation* operate_done(std::shared_ptr<void> keep, Begin begin, sl_done_callback callback,
                           void* user) noexcept {
  return operate<void>(std::move(keep), std::move(begin), [callback, user](const Error* error, void*) {
    const sl_error out = error != nullptr ? borrow(*error) : sl_error{};
    callback(user, error != nullptr ? &out : nullptr);
  });
}

// What is delivered by put and complete.
struct DeliverPut {
  sl_put_callback callback;
  void* user;
  void operator()(const Error* error, PutResult* result) const {
    if (error != nullptr) {
      const sl_error out = borrow(*error);
      callback(user, &out, nullptr);
    } else {
      const sl_put_result out{sizeof(sl_put_result), 0, borrow(result->e_tag), borrow(result->version)};
      callback(user, nullptr, &out);
    }
  }
};

class ExportedStream final : public sl_stream {
 public:
  explicit ExportedStream(std::unique_ptr<BodyStream> stream) : sl_stream(), inner_(std::move(stream)) {
    struct_size = sizeof(sl_stream);
    next = [](sl_stream* self, sl_bytes_callback callback, void* user) {
      const auto inner = static_cast<ExportedStream*>(self)->inner_;
      return operate<Bytes>(
          inner, [&] { return inner->next_async(); },
          [callback, user](const Error* error, Bytes* piece) {
            const sl_error failure = error != nullptr ? borrow(*error) : sl_error{};
            sl_bytes out = error != nullptr ? sl_bytes{} : give(std::move(*piece));
            error != nullptr ? callback(user, &failure, nullptr) : callback(user, nullptr, &out);
          });
    };
    release = [](sl_stream* self) { delete static_cast<ExportedStream*>(self); };
  }

 private:
  std::shared_ptr<BodyStream> inner_;
};

class ExportedUpload final : public sl_upload {
 public:
  explicit ExportedUpload(std::unique_ptr<MultipartUpload> upload) : sl_upload(), inner_(std::move(upload)) {
    struct_size = sizeof(sl_upload);
    put_part = [](sl_upload* self, std::size_t index, sl_bytes* part, sl_done_callback callback, void* user) {
      const auto& inner = static_cast<ExportedUpload*>(self)->inner_;
      return operate_done(inner, [&] { return inner->put_part_async(index, take(*part)); }, callback, user);
    };
    complete = [](sl_upload* self, sl_put_callback callback, void* user) {
      const auto& inner = static_cast<ExportedUpload*>(self)->inner_;
      return operate<PutResult>(inner, [&] { return inner->complete_async(); }, DeliverPut{callback, user});
    };
    abort = [](sl_upload* self, sl_done_callback callback, void* user) {
      const auto& inner = static_cast<ExportedUpload*>(self)->inner_;
      return operate_done(inner, [&] { return inner->abort_async(); }, callback, user);
    };
    release = [](sl_upload* self) { delete static_cast<ExportedUpload*>(self); };
  }

 private:
  std::shared_ptr<MultipartUpload> inner_;
};

// The attributes of a request. What cannot be kept must not be dropped.
template <class Struct>
Attributes requested_attributes(const Struct& from) {
  Attributes attributes;
  const sl_string unknown = read_attributes(from, attributes);
  if (unknown.data != nullptr)
    storelink::detail::throw_error(
        ErrorKind::not_supported,
        {"the attribute ", std::string_view(unknown.data, unknown.size), " is not known here"});
  return attributes;
}

inline GetRequest to_get_request(const sl_get_request& from) {
  const Received received(from);
  const sl_get_request& in = *received;
  GetRequest request(to_string(in.path));
  switch (in.range_kind) {
    case SL_RANGE_ALL: break;
    case SL_RANGE_BOUNDED: request.range = GetRange::bounded(in.range_start, in.range_end); break;
    case SL_RANGE_OFFSET: request.range = GetRange::offset(in.range_start); break;
    case SL_RANGE_SUFFIX: request.range = GetRange::suffix(in.range_start); break;
    default: throw Error(ErrorKind::not_supported, "a kind of range that is not known here");
  }
  if (in.sink < SL_SINK_COLLECT || in.sink > SL_SINK_STREAM)
    throw Error(ErrorKind::not_supported, "a kind of sink that is not known here");
  read_optional(in.if_match, request.if_match);
  read_optional(in.if_none_match, request.if_none_match);
  read_optional(in.version, request.version);
  request.if_modified_since = to_optional_time(in.if_modified_since);
  request.if_unmodified_since = to_optional_time(in.if_unmodified_since);
  request.head = in.head != 0;
  request.sink = static_cast<Sink>(in.sink);
  request.buffer = std::as_writable_bytes(std::span(in.buffer, in.buffer_size));
  request.headers = to_pairs(in.headers, in.header_count);
  request.collect_up_to = static_cast<std::size_t>(in.collect_up_to);
  return request;
}

inline sl_operation* get(const sl_store* store, const sl_get_request* in, sl_get_callback callback,
                         void* user) {
  const auto& inner = of(store).inner;
  return operate<GetResult>(
      inner, [&] { return inner->get_async(to_get_request(*in)); },
      [callback, user](const Error* error, GetResult* result) {
        if (error != nullptr) {
          const sl_error out = borrow(*error);
          callback(user, &out, nullptr);
          return;
        }
        const BorrowedAttributes pairs(result->attributes);
        const sl_object_meta meta = borrow(result->meta);
        sl_get_result out;  // each field is set: zeroing all of them first takes a good part of such a call
        out.struct_size = sizeof(out);
        out.reserved = 0;
        out.meta = &meta;
        out.start = result->start;
        out.end = result->end;
        pairs.lend(out);
        out.body = give(std::move(result->body));
        out.stream = result->stream ? new ExportedStream(std::move(result->stream)) : nullptr;
        callback(user, nullptr, &out);
      });
}

inline sl_operation* get_ranges(const sl_store* store, const sl_get_ranges_request* in,
                                sl_ranges_callback callback, void* user) {
  const auto& inner = of(store).inner;
  return operate<std::vector<Bytes>>(
      inner,
      [&] {
        std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges;
        ranges.reserve(in->range_count);
        for (std::size_t i = 0; i < in->range_count; ++i)
          ranges.emplace_back(in->ranges[i].start, in->ranges[i].end);
        return inner->get_ranges_async(to_string(in->path), std::move(ranges));
      },
      [callback, user](const Error* error, std::vector<Bytes>* pieces) {
        if (error != nullptr) {
          const sl_error out = borrow(*error);
          callback(user, &out, nullptr, 0);
          return;
        }
        std::vector<sl_bytes> out(std::max<std::size_t>(pieces->size(), 1));  // never null
        std::transform(pieces->begin(), pieces->end(), out.begin(),
                       [](Bytes& piece) { return give(std::move(piece)); });
        callback(user, nullptr, out.data(), pieces->size());
      });
}

inline sl_operation* put(const sl_store* store, const sl_put_request* from, sl_put_callback callback,
                         void* user) {
  const auto& inner = of(store).inner;
  return operate<PutResult>(
      inner,
      [&] {
        const Received in(*from);
        sl_bytes body = in->body;
        Bytes taken = take(body);
        PutRequest request(to_string(in->path), std::move(taken));
        switch (in->mode) {
          case SL_PUT_OVERWRITE: break;
          case SL_PUT_CREATE: request.mode = PutMode::create(); break;
          case SL_PUT_UPDATE:
            request.mode = PutMode::update(to_optional(in->e_tag), to_optional(in->version));
            break;
          default: throw Error(ErrorKind::not_supported, "a mode of put that is not known here");
        }
        request.attributes = requested_attributes(*in);
        request.tags = to_pairs(in->tags, in->tag_count);
        request.headers = to_pairs(in->headers, in->header_count);
        return inner->put_async(std::move(request));
      },
      DeliverPut{callback, user});
}

inline sl_operation* start_multipart(const sl_store* store, const sl_multipart_request* from,
                                     sl_multipart_callback callback, void* user) {
  const auto& inner = of(store).inner;
  using Upload = std::unique_ptr<MultipartUpload>;
  return operate<Upload>(
      inner,
      [&] {
        const Received in(*from);
        MultipartRequest request(to_string(in->path));
        request.attributes = requested_attributes(*in);
        request.tags = to_pairs(in->tags, in->tag_count);
        return inner->start_multipart_async(std::move(request));
      },
      [callback, user](const Error* error, Upload* upload) {
        const sl_error out = error != nullptr ? borrow(*error) : sl_error{};
        error != nullptr ? callback(user, &out, nullptr)
                         : callback(user, nullptr, new ExportedUpload(std::move(*upload)));
      });
}

inline sl_operation* list_page(const sl_store* store, const sl_list_request* from, sl_list_callback callback,
                               void* user) {
  const auto& inner = of(store).inner;
  return operate<ListPage>(
      inner,
      [&] {
        const Received in(*from);
        ListRequest request(to_string(in->prefix));
        request.raw_prefix = in->raw_prefix != 0;
        request.offset = to_string(in->offset);
        request.page_token = to_string(in->page_token);
        request.max_keys = in->max_keys;
        request.delimiter = in->delimiter != 0;
        return inner->list_page_async(std::move(request));
      },
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
        for (const auto& prefix : page->common_prefixes) prefixes.push_back(borrow(std::string_view(prefix)));
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

inline sl_operation* remove(const sl_store* store, sl_string path, sl_done_callback callback, void* user) {
  const auto& inner = of(store).inner;
  return operate_done(inner, [&] { return inner->delete_async(to_string(path)); }, callback, user);
}

inline sl_operation* remove_many(const sl_store* store, const sl_remove_many_request* in,
                                 sl_remove_many_callback callback, void* user) {
  const auto& inner = of(store).inner;
  using Failures = std::vector<std::optional<Error>>;
  return operate<Failures>(
      inner,
      [&] {
        std::vector<std::string> paths;
        paths.reserve(in->path_count);
        for (std::size_t i = 0; i < in->path_count; ++i) paths.push_back(to_string(in->paths[i]));
        return inner->delete_many_async(std::move(paths));
      },
      [callback, user](const Error* error, Failures* failures) {
        if (error != nullptr) {
          const sl_error out = borrow(*error);
          callback(user, &out, nullptr, 0);
          return;
        }
        std::vector<sl_error> errors;
        errors.reserve(failures->size());
        std::vector<const sl_error*> out(std::max<std::size_t>(failures->size(), 1), nullptr);  // never null
        for (std::size_t i = 0; i < failures->size(); ++i) {
          if (!(*failures)[i]) continue;
          errors.push_back(borrow(*(*failures)[i]));
          out[i] = &errors.back();
        }
        callback(user, nullptr, out.data(), failures->size());
      });
}

inline CopyRequest to_copy_request(const sl_copy_request& in) {
  return {to_string(in.from), to_string(in.to), in.overwrite != 0};
}

inline sl_operation* copy(const sl_store* store, const sl_copy_request* in, sl_done_callback callback,
                          void* user) {
  const auto& inner = of(store).inner;
  return operate_done(inner, [&] { return inner->copy_async(to_copy_request(*in)); }, callback, user);
}

inline sl_operation* rename(const sl_store* store, const sl_copy_request* in, sl_done_callback callback,
                            void* user) {
  const auto& inner = of(store).inner;
  return operate_done(inner, [&] { return inner->rename_async(to_copy_request(*in)); }, callback, user);
}

inline sl_operation* sign(const sl_store* store, const sl_sign_request* in, sl_sign_callback callback,
                          void* user) {
  const auto& inner = of(store).inner;
  return operate<std::string>(
      inner,
      [&] {
        // More seconds than any service takes, and than the type below holds, are the store's to refuse.
        const auto seconds = std::min<std::uint64_t>(in->expires_in, INT32_MAX);
        SignRequest request(to_string(in->method), to_string(in->path),
                            std::chrono::seconds(static_cast<std::int64_t>(seconds)));
        return inner->sign_async(std::move(request));
      },
      [callback, user](const Error* error, std::string* url) {
        const sl_error failure = error != nullptr ? borrow(*error) : sl_error{};
        const sl_string out = error != nullptr ? sl_string{} : borrow(std::string_view(*url));
        error != nullptr ? callback(user, &failure, nullptr) : callback(user, nullptr, &out);
      });
}

// thread_pool() as the struct of abi.h; null in the runtime way before there is a runtime.
const sl_executor* exported_executor() noexcept;

inline void retain(const sl_store* store) {
  of(store).references.fetch_add(1, std::memory_order_relaxed);
}

// Hidden, so that its address is this module's own even where others are compiled without hidden visibility.
[[gnu::visibility("hidden")]] inline void release(const sl_store* store) {
  if (of(store).references.fetch_sub(1, std::memory_order_acq_rel) == 1) delete &of(store);
}

inline ExportedStore::ExportedStore(std::shared_ptr<ObjectStore> store)
    : sl_store(), inner(std::move(store)) {
  struct_size = sizeof(sl_store);
  abi_version = SL_ABI_VERSION;
  retain = abi::retain;
  release = abi::release;
  capabilities = [](const sl_store* self) { return to_bits(of(self).inner->capabilities()); };
  describe = [](const sl_store* self, char* text, std::size_t size) noexcept {
    const std::string description = of(self).inner->describe();
    description.copy(text, size);
    return description.size();
  };
  executor = [](const sl_store*) { return exported_executor(); };
  get = abi::get;
  put = abi::put;
  list_page = abi::list_page;
  remove = abi::remove;
  copy = abi::copy;
  rename = abi::rename;
  get_ranges = abi::get_ranges;
  start_multipart = abi::start_multipart;
  remove_many = abi::remove_many;
  sign = abi::sign;
}

// The store behind a struct that this very library made, or null for any other.
inline std::shared_ptr<ObjectStore> own_store(const sl_store* exported) {
  return exported->release == abi::release ? of(exported).inner : nullptr;
}

}  // namespace storelink::abi
