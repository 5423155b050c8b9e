// An extension written with pybind11: every way to take a store from Python, and to give one back.
#define STORELINK_STORE_MODULE "my_ext_pybind11.store"
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <optional>
#include <storelink/python/pybind11.hpp>
#include <storelink/storelink.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace py = pybind11;
using namespace py::literals;
using storelink::AnyObjectStore;
using storelink::PyExternalObjectStore;
using storelink::PyObjectStore;

namespace {

using Store = std::shared_ptr<storelink::ObjectStore>;

void put(const AnyObjectStore& any, std::string path, const py::bytes& data) {
  const Store store = any.into_dyn();
  storelink::Bytes body = storelink::Bytes::copy(std::string_view(data));
  const py::gil_scoped_release released;
  store->put(std::move(path), std::move(body));
}

py::bytes get(const AnyObjectStore& any, std::string path) {
  const Store store = any.into_dyn();
  storelink::Bytes body;
  {
    const py::gil_scoped_release released;
    body = store->get(std::move(path));
  }
  return {body.data(), body.size()};
}

std::vector<std::string> list_keys(const AnyObjectStore& any, std::string prefix) {
  const Store store = any.into_dyn();
  const py::gil_scoped_release released;
  std::vector<std::string> keys;
  for (storelink::ObjectMeta& object : store->list(std::move(prefix))) keys.push_back(std::move(object.path));
  return keys;
}

std::uint64_t size(const AnyObjectStore& any, std::string path) {
  const Store store = any.into_dyn();
  const py::gil_scoped_release released;
  return store->head(std::move(path)).size;
}

// For asyncio and uvloop. The coroutine runs on storelink's threads and leaves Python alone.
storelink::Awaitable<std::uint64_t> size_async(const AnyObjectStore& any, std::string path) {
  return storelink::into_awaitable([](Store store, std::string key) -> storelink::Task<std::uint64_t> {
    const storelink::ObjectMeta found = co_await store->head_async(std::move(key));
    co_return found.size;
  }(any.into_dyn(), std::move(path)));
}

std::uintptr_t address(const AnyObjectStore& any, std::string path) {
  const Store store = any.into_dyn();
  const py::gil_scoped_release released;
  return reinterpret_cast<std::uintptr_t>(store->get(std::move(path)).data());
}

template <class Parameter>
std::string describe(const Parameter& store) {
  return store.into_dyn()->describe();
}

template <class Parameter>
std::vector<std::string> describe_all(const std::vector<Parameter>& stores) {
  std::vector<std::string> texts;
  texts.reserve(stores.size());
  for (const Parameter& store : stores) texts.push_back(describe(store));
  return texts;
}

std::string describe_optional(const std::optional<AnyObjectStore>& store) {
  return store ? describe(*store) : "none";
}

}  // namespace

PYBIND11_MODULE(_my_ext_pybind11, m) {
  storelink::register_store_module(m, "my_ext_pybind11", "store");
  storelink::register_exceptions_module(m, "my_ext_pybind11", "exceptions");

  m.def("put", &put, "store"_a, "path"_a, "data"_a, "Store an object.");
  m.def("get", &get, "store"_a, "path"_a, "The content of an object.");
  m.def("list_keys", &list_keys, "store"_a, "prefix"_a = "", "The keys below a prefix.");
  m.def("size", &size, "store"_a, "path"_a, "The size of an object.");
  m.def("size_async", &size_async, "store"_a, "path"_a, "The same as an awaitable.");
  m.def("address", &address, "store"_a, "path"_a, "Where in memory an object's bytes are.");

  m.def("describe_any", &describe<AnyObjectStore>, "store"_a);
  m.def("describe_py", &describe<PyObjectStore>, "store"_a);
  m.def("describe_external", &describe<PyExternalObjectStore>, "store"_a);
  m.def("describe_optional", &describe_optional, "store"_a = py::none());
  m.def("describe_all", &describe_all<AnyObjectStore>, "stores"_a);
  m.def("describe_all_py", &describe_all<PyObjectStore>, "stores"_a);
  m.def("describe_all_external", &describe_all<PyExternalObjectStore>, "stores"_a);
  // Two overloads: what is no store goes on to the second.
  m.def("overloaded", [](const AnyObjectStore& store) { return store.into_dyn() ? "store" : ""; }, "store"_a);
  m.def("overloaded", [](const std::string&) { return "text"; }, "text"_a);

  m.def("make_memory", &storelink::make_memory_store, "A new store, made in C++.");
  m.def("same", [](const AnyObjectStore& store) { return store.into_dyn(); }, "store"_a, "The store given.");
}
