// A second extension, for tests: of every way to take a store, and of several extensions in one process.
#include "verbs.hpp"

#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <cstdlib>
#include <storelink/python/nanobind.hpp>
#include <storelink/storelink.hpp>
#include <string>
#include <vector>

#include "async.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using storelink::AnyObjectStore;
using storelink::PyExternalObjectStore;
using storelink::PyObjectStore;

namespace {

void put(const AnyObjectStore& any, std::string path, const nb::bytes& data) {
  const auto store = any.into_dyn();
  storelink::Bytes body = storelink::Bytes::copy({data.c_str(), data.size()});
  const nb::gil_scoped_release released;
  store->put(std::move(path), std::move(body));
}

nb::bytes get(const AnyObjectStore& any, std::string path) {
  const auto store = any.into_dyn();
  storelink::Bytes body;
  {
    const nb::gil_scoped_release released;
    body = store->get(std::move(path));
  }
  return nb::bytes(body.data(), body.size());
}

nb::bytes get_range(const AnyObjectStore& any, std::string path, std::uint64_t start, std::uint64_t end) {
  const auto store = any.into_dyn();
  storelink::Bytes body;
  {
    const nb::gil_scoped_release released;
    body = store->get_range(std::move(path), start, end);
  }
  return nb::bytes(body.data(), body.size());
}

std::vector<std::string> list_keys(const AnyObjectStore& any, std::string prefix) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  std::vector<std::string> keys;
  for (auto& object : store->list(std::move(prefix))) keys.push_back(std::move(object.path));
  return keys;
}

std::uint64_t head(const AnyObjectStore& any, std::string path) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  return store->head(std::move(path)).size;
}

// Where an object's bytes are.
std::uintptr_t address(const AnyObjectStore& any, std::string path) {
  return reinterpret_cast<std::uintptr_t>(any.into_dyn()->get(std::move(path)).data());
}

// Puts bytes that live as long as this extension, and says where they are: the same address from a get means
// that nothing was copied on the way in or out.
std::uintptr_t put_static(const AnyObjectStore& any, std::string path) {
  static const std::string text(1000, 'x');
  any.into_dyn()->put(std::move(path), storelink::Bytes(text.data(), text.size(), nullptr));
  return reinterpret_cast<std::uintptr_t>(text.data());
}

std::string describe(const storelink::StoreParameter& store) {
  return store.into_dyn()->describe();
}

std::optional<std::string> describe_optional(const std::optional<AnyObjectStore>& store) {
  if (!store) return std::nullopt;
  return describe(*store);
}

template <class Parameter>
std::vector<std::string> describe_all(const std::vector<Parameter>& stores) {
  std::vector<std::string> texts;
  texts.reserve(stores.size());
  for (const Parameter& store : stores) texts.push_back(describe(store));
  return texts;
}

// What it costs to get the shared_ptr out of a Python object.
double accept_nanoseconds(const nb::handle& object, int times) {
  const auto start = std::chrono::steady_clock::now();
  for (int i = 0; i < times; ++i)
    if (!storelink::python::store_from_python(object.ptr(), storelink::python::Accept::any))
      nb::raise_python_error();
  return std::chrono::duration<double, std::nano>(std::chrono::steady_clock::now() - start).count() / times;
}

void fail(int kind) {
  throw storelink::Error(static_cast<storelink::ErrorKind>(kind), "as asked");
}

// An author would write RegisterOptions{.warn_on_recreate = false} or {.accept_python_stores = true}; the
// tests set a variable for the one, and register again for the other.
void register_stores(nb::module_& m, bool accept_python_stores) {
  storelink::RegisterOptions options;
  options.warn_on_recreate = std::getenv("MY_EXT2_NO_RECREATE_WARNING") == nullptr;
  options.accept_python_stores = accept_python_stores;
  storelink::register_store_module(m, MY_EXT2, "store", options);
}

}  // namespace

NB_MODULE(_my_ext2, m) {
  register_stores(m, false);
  m.def("accept_python_stores", [](bool accept) {
    nb::module_ self = nb::module_::import_(MY_EXT2 "._my_ext2");
    register_stores(self, accept);
  });
  bind_verbs(m);
  storelink::register_exceptions_module(m, MY_EXT2, "exceptions");

  m.def("put", &put, "store"_a, "path"_a, "data"_a);
  m.def("get", &get, "store"_a, "path"_a);
  m.def("get_range", &get_range, "store"_a, "path"_a, "start"_a, "end"_a);
  m.def("list_keys", &list_keys, "store"_a, "prefix"_a = "");
  m.def("head", &head, "store"_a, "path"_a);
  m.def("address", &address, "store"_a, "path"_a);
  m.def("put_static", &put_static, "store"_a, "path"_a);

  m.def("describe_any", [](const AnyObjectStore& store) { return describe(store); }, "store"_a);
  m.def("describe_py", [](const PyObjectStore& store) { return describe(store); }, "store"_a);
  m.def("describe_external", [](const PyExternalObjectStore& store) { return describe(store); }, "store"_a);
  m.def("describe_optional", &describe_optional, "store"_a = nb::none());
  m.def("describe_all", &describe_all<AnyObjectStore>, "stores"_a);
  m.def("describe_all_py", &describe_all<PyObjectStore>, "stores"_a);
  m.def("describe_all_external", &describe_all<PyExternalObjectStore>, "stores"_a);
  // Two overloads: what is no store goes on to the second.
  m.def("overloaded", [](const AnyObjectStore& store) { return store.into_dyn() ? "store" : ""; }, "store"_a);
  m.def("overloaded", [](const std::string&) { return "text"; }, "text"_a);
  m.def("accept_nanoseconds", &accept_nanoseconds, "store"_a, "times"_a);
  m.def("make_memory", &storelink::make_memory_store);
  m.def("size", &head, "store"_a, "path"_a);
  m.def("same", [](const AnyObjectStore& store) { return store.into_dyn(); }, "store"_a);
  m.def("fail", &fail, "kind"_a);
  m.def("fail_memory", [] { throw std::bad_alloc(); });
  add_async_functions(m);
}
