// Every verb of a store as a function, for tests of stores that are made from Python objects.
#include "verbs.hpp"

#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <storelink/abi.hpp>
#include <storelink/python/nanobind.hpp>
#include <storelink/storelink.hpp>
#include <string>
#include <thread>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;
using storelink::AnyObjectStore;
using storelink::Bytes;

namespace {

using Text = std::optional<std::string>;
using Names = std::map<std::string, std::string>;

nb::bytes to_python(const Bytes& bytes) {
  return nb::bytes(bytes.data(), bytes.size());
}

nb::list to_python(const std::vector<Bytes>& all) {
  nb::list list;
  for (const Bytes& bytes : all) list.append(to_python(bytes));
  return list;
}

nb::dict to_python(const storelink::ObjectMeta& meta) {
  nb::dict dict;
  dict["path"] = meta.path;
  dict["size"] = meta.size;
  dict["last_modified"] = static_cast<double>(meta.last_modified.time_since_epoch().count()) / 1e9;
  dict["e_tag"] = meta.e_tag;
  dict["version"] = meta.version;
  return dict;
}

std::optional<storelink::Timestamp> to_time(std::optional<double> seconds) {
  if (!seconds) return std::nullopt;
  return storelink::Timestamp(std::chrono::nanoseconds(static_cast<std::int64_t>(*seconds * 1e9)));
}

// (body, meta, (start, end), {content_type and the user's own attributes}).
nb::tuple read_object(const AnyObjectStore& any, std::string path, std::optional<std::uint64_t> start,
                      std::optional<std::uint64_t> end, std::optional<std::uint64_t> suffix, Text if_match,
                      Text if_none_match, std::optional<double> if_modified_since, Text version, bool head,
                      const std::string& how) {
  const auto store = any.into_dyn();
  storelink::GetRequest request(std::move(path));
  if (suffix) request.range = storelink::GetRange::suffix(*suffix);
  if (start) request.range = storelink::GetRange::offset(*start);
  if (start && end) request.range = storelink::GetRange::bounded(*start, *end);
  request.if_match = std::move(if_match);
  request.if_none_match = std::move(if_none_match);
  request.if_modified_since = to_time(if_modified_since);
  request.version = std::move(version);
  request.head = head;
  std::string buffer(how == "into" ? 100 : 0, '\0');
  if (how == "into") request.sink = storelink::Sink::into;
  if (how == "stream") request.sink = storelink::Sink::stream;
  request.buffer = std::as_writable_bytes(std::span(buffer));
  storelink::GetResult result;
  {
    const nb::gil_scoped_release released;
    result = store->get(std::move(request));
    if (how == "into") result.body = Bytes::copy(buffer.substr(0, result.end - result.start));
    if (result.stream) {
      std::string all;
      for (Bytes piece = result.stream->next(); !piece.empty(); piece = result.stream->next())
        all += piece.view();
      result.body = Bytes::adopt(std::move(all));
    }
  }
  nb::dict attributes;
  if (result.attributes.content_type) attributes["content_type"] = *result.attributes.content_type;
  for (const auto& [name, value] : result.attributes.metadata) attributes[name.c_str()] = value;
  return nb::make_tuple(to_python(result.body), to_python(result.meta),
                        std::make_pair(result.start, result.end), attributes);
}

nb::list get_ranges(const AnyObjectStore& any, std::string path,
                    std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) {
  const auto store = any.into_dyn();
  std::vector<Bytes> bodies;
  {
    const nb::gil_scoped_release released;
    bodies = store->get_ranges(std::move(path), std::move(ranges));
  }
  return to_python(bodies);
}

// (etag, version)
std::pair<Text, Text> put_object(const AnyObjectStore& any, std::string path, const nb::bytes& data,
                                 const std::string& mode, Text e_tag, const Names& attributes,
                                 const Names& tags) {
  const auto store = any.into_dyn();
  storelink::PutRequest request(std::move(path), Bytes::copy({data.c_str(), data.size()}));
  if (mode == "create") request.mode = storelink::PutMode::create();
  if (mode == "update") request.mode = storelink::PutMode::update(std::move(e_tag));
  for (const auto& [name, value] : attributes) {
    if (name == "content_type")
      request.attributes.content_type = value;
    else
      request.attributes.metadata[name] = value;
  }
  request.tags.assign(tags.begin(), tags.end());
  const nb::gil_scoped_release released;
  const storelink::PutResult result = store->put(std::move(request));
  return {result.e_tag, result.version};
}

void upload_parts(const AnyObjectStore& any, std::string path, const std::vector<nb::bytes>& parts) {
  const auto store = any.into_dyn();
  std::vector<Bytes> bodies;
  bodies.reserve(parts.size());
  for (const nb::bytes& part : parts) bodies.push_back(Bytes::copy({part.c_str(), part.size()}));
  const nb::gil_scoped_release released;
  const auto upload = store->start_multipart(storelink::MultipartRequest(std::move(path)));
  for (std::size_t i = bodies.size(); i-- > 0;) upload->put_part(i, bodies[i]);
  upload->complete();
}

// (keys, common prefixes, token)
nb::tuple list_page(const AnyObjectStore& any, std::string prefix, bool raw_prefix, std::string offset,
                    bool delimiter, std::size_t max_keys, std::string page_token) {
  const auto store = any.into_dyn();
  storelink::ListRequest request(std::move(prefix));
  request.raw_prefix = raw_prefix;
  request.offset = std::move(offset);
  request.delimiter = delimiter;
  request.max_keys = max_keys;
  request.page_token = std::move(page_token);
  storelink::ListPage page;
  {
    const nb::gil_scoped_release released;
    page = store->list_page(std::move(request));
  }
  std::vector<std::string> keys;
  keys.reserve(page.objects.size());
  for (storelink::ObjectMeta& object : page.objects) keys.push_back(std::move(object.path));
  return nb::make_tuple(keys, page.common_prefixes, page.next_page_token);
}

nb::dict head_meta(const AnyObjectStore& any, std::string path) {
  const auto store = any.into_dyn();
  storelink::ObjectMeta meta;
  {
    const nb::gil_scoped_release released;
    meta = store->head(std::move(path));
  }
  return to_python(meta);
}

void remove_object(const AnyObjectStore& any, std::string path) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  store->remove(std::move(path));
}

// For each path an error's text, or None.
std::vector<Text> remove_many(const AnyObjectStore& any, std::vector<std::string> paths) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  std::vector<Text> texts;
  for (const auto& error : store->remove_many(std::move(paths)))
    texts.push_back(error ? Text(error->what()) : std::nullopt);
  return texts;
}

void copy(const AnyObjectStore& any, std::string from, std::string to, bool overwrite) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  store->copy(storelink::CopyRequest(std::move(from), std::move(to), overwrite));
}

void rename_object(const AnyObjectStore& any, std::string from, std::string to, bool overwrite) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  store->rename(storelink::CopyRequest(std::move(from), std::move(to), overwrite));
}

nb::dict capabilities(const AnyObjectStore& any) {
  const storelink::Capabilities can = any.into_dyn()->capabilities();
  nb::dict dict;
  dict["put_create"] = can.put_create;
  dict["put_update"] = can.put_update;
  dict["copy_create"] = can.copy_create;
  dict["attributes"] = can.attributes;
  dict["tags"] = can.tags;
  dict["ordered_list"] = can.ordered_list;
  return dict;
}

// Each path read with a blocking call, on `threads` threads.
nb::list read_in_threads(const AnyObjectStore& any, const std::vector<std::string>& paths,
                         std::size_t threads) {
  const auto store = any.into_dyn();
  std::vector<Bytes> bodies(paths.size());
  {
    const nb::gil_scoped_release released;
    std::atomic<std::size_t> next = 0;
    std::mutex mutex;
    std::exception_ptr failure;
    {
      std::vector<std::jthread> running;
      running.reserve(threads);
      for (std::size_t i = 0; i < threads; ++i)
        running.emplace_back([&] {
          try {
            for (std::size_t j = next++; j < paths.size(); j = next++) bodies[j] = store->get(paths[j]);
          } catch (...) {
            const std::lock_guard lock(mutex);
            failure = std::current_exception();
          }
        });
    }
    if (failure) std::rethrow_exception(failure);
  }
  return to_python(bodies);
}

// Each path read with an asynchronous operation of the C ABI, all at once.
nb::list read_asynchronously(const AnyObjectStore& any, const std::vector<std::string>& paths) {
  struct All {
    std::mutex mutex;
    std::condition_variable wake;
    std::size_t running = 0;
    std::string failure;
  } all;
  struct One {
    All* all;
    std::string body;
  };
  std::vector<One> ones(paths.size(), One{&all, {}});
  const sl_store* exported = storelink::export_store(any.into_dyn());
  {
    const nb::gil_scoped_release released;
    all.running = paths.size();
    for (std::size_t i = 0; i < paths.size(); ++i) {
      sl_get_request request{};
      request.struct_size = sizeof(request);
      request.path = {paths[i].data(), paths[i].size()};
      request.if_modified_since = request.if_unmodified_since = SL_NO_TIME;
      const auto done = [](void* user, const sl_error* error, sl_get_result* result) {
        One& one = *static_cast<One*>(user);
        if (result != nullptr) {
          one.body.assign(reinterpret_cast<const char*>(result->body.data), result->body.size);
          if (result->body.release != nullptr) result->body.release(result->body.owner);
        }
        const std::lock_guard lock(one.all->mutex);
        if (error != nullptr) one.all->failure.assign(error->message.data, error->message.size);
        --one.all->running;
        one.all->wake.notify_one();
      };
      sl_operation* operation = exported->get(exported, &request, done, &ones[i]);
      operation->start(operation);
      operation->release(operation);
    }
    std::unique_lock lock(all.mutex);
    all.wake.wait(lock, [&all] { return all.running == 0; });
  }
  exported->release(exported);
  if (!all.failure.empty()) throw storelink::Error(storelink::ErrorKind::generic, all.failure);
  nb::list list;
  for (const One& one : ones) list.append(nb::bytes(one.body.data(), one.body.size()));
  return list;
}

// Each path read by a coroutine, all of them in one blocking call on this thread.
nb::list read_concurrently(const AnyObjectStore& any, const std::vector<std::string>& paths) {
  const auto store = any.into_dyn();
  std::vector<Bytes> bodies(paths.size());
  {
    const nb::gil_scoped_release released;
    storelink::drive(storelink::for_each_concurrent(paths.size(), 0, [&](std::size_t i) {
      return [](storelink::ObjectStore* from, std::string path, Bytes* body) -> storelink::Task<> {
        storelink::GetRequest request(std::move(path));
        storelink::GetResult result = co_await from->get_async(std::move(request));
        *body = std::move(result.body);
      }(store.get(), paths[i], &bodies[i]);
    }));
  }
  return to_python(bodies);
}

// Reads every object that `from` lists and puts it into `to`; how many they were. Keys stay in C++.
std::size_t copy_all(const AnyObjectStore& from, const AnyObjectStore& to) {
  const auto source = from.into_dyn();
  const auto target = to.into_dyn();
  const nb::gil_scoped_release released;
  const auto objects = source->list();
  for (const storelink::ObjectMeta& object : objects) target->put(object.path, source->get(object.path));
  return objects.size();
}

// What the store's __storelink_store__() would return.
nb::object capsule(const AnyObjectStore& any) {
  return nb::capsule(storelink::export_store(any.into_dyn()), SL_CAPSULE_NAME, [](void* exported) noexcept {
    const auto* store = static_cast<const sl_store*>(exported);
    store->release(store);
  });
}

// Bodies that outlive the call, until they are dropped by a thread that Python does not know.
std::vector<Bytes>& held() {
  static std::vector<Bytes> bodies;
  return bodies;
}

std::uintptr_t hold(const AnyObjectStore& any, std::string path) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  held().push_back(store->get(std::move(path)));
  return reinterpret_cast<std::uintptr_t>(held().back().data());
}

void drop_held() {
  const nb::gil_scoped_release released;
  std::thread([] { held().clear(); }).join();
}

// Goes on after this function has returned. The process then outlives the interpreter by a second, so that
// what the thread does meanwhile is seen.
void read_in_background(const AnyObjectStore& any, std::string path) {
  std::atexit([] { std::this_thread::sleep_for(std::chrono::seconds(1)); });
  std::thread([store = any.into_dyn(), path = std::move(path)] {
    try {
      (void)store->get(path);
    } catch (const storelink::Error&) {
    }
  }).detach();
}

}  // namespace

void bind_verbs(nb::module_& m) {
  m.def("read", &read_object, "store"_a, "path"_a, nb::kw_only(), "start"_a = nb::none(),
        "end"_a = nb::none(), "suffix"_a = nb::none(), "if_match"_a = nb::none(),
        "if_none_match"_a = nb::none(), "if_modified_since"_a = nb::none(), "version"_a = nb::none(),
        "head"_a = false, "how"_a = "collect");
  m.def("get_ranges", &get_ranges, "store"_a, "path"_a, "ranges"_a);
  m.def("put_object", &put_object, "store"_a, "path"_a, "data"_a, nb::kw_only(), "mode"_a = "overwrite",
        "e_tag"_a = nb::none(), "attributes"_a = Names(), "tags"_a = Names());
  m.def("upload_parts", &upload_parts, "store"_a, "path"_a, "parts"_a);
  m.def("list_page", &list_page, "store"_a, "prefix"_a = "", nb::kw_only(), "raw_prefix"_a = false,
        "offset"_a = "", "delimiter"_a = false, "max_keys"_a = 0, "page_token"_a = "");
  m.def("head_meta", &head_meta, "store"_a, "path"_a);
  m.def("remove", &remove_object, "store"_a, "path"_a);
  m.def("remove_many", &remove_many, "store"_a, "paths"_a);
  m.def("copy", &copy, "store"_a, "from_"_a, "to"_a, "overwrite"_a = true);
  m.def("rename", &rename_object, "store"_a, "from_"_a, "to"_a, "overwrite"_a = true);
  m.def("capabilities", &capabilities, "store"_a);
  m.def("read_in_threads", &read_in_threads, "store"_a, "paths"_a, "threads"_a = 8);
  m.def("read_asynchronously", &read_asynchronously, "store"_a, "paths"_a);
  m.def("read_concurrently", &read_concurrently, "store"_a, "paths"_a);
  m.def("copy_all", &copy_all, "from_"_a, "to"_a);
  m.def("capsule", &capsule, "store"_a);
  m.def("hold", &hold, "store"_a, "path"_a);
  m.def("drop_held", &drop_held);
  m.def("read_in_background", &read_in_background, "store"_a, "path"_a);
}
