// storelink_bench: what bench/run.py and bench/awaitable.py measure. The same three operations as its other
// peers have, and raw sockets to compare with. Everything runs without the GIL but the making of Python
// objects. objects.
#define STORELINK_STORE_MODULE "storelink_bench.store"
#include <nanobind/stl/string.h>

#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <storelink/python/nanobind.hpp>
#include <storelink/storelink.hpp>
#include <string>
#include <thread>
#include <vector>

#include "raw_socket.hpp"

namespace nb = nanobind;
using namespace nb::literals;
using storelink::AnyObjectStore;
using storelink::PyObjectStore;

namespace {

// A body that Python holds but does not copy.
struct Blob {
  storelink::Bytes bytes;
};

nb::bytes get_range(const PyObjectStore& any, std::string path, std::uint64_t start, std::uint64_t end) {
  const auto store = any.into_dyn();
  storelink::Bytes body;
  {
    const nb::gil_scoped_release released;
    body = store->get_range(std::move(path), start, end);
  }
  return nb::bytes(body.data(), body.size());
}

Blob get(const AnyObjectStore& any, std::string path) {
  const auto store = any.into_dyn();
  const nb::gil_scoped_release released;
  return Blob{store->get(std::move(path))};
}

// For bench/awaitable.py: from the thread pool, as an author's coroutine is, or in place, as a plain verb.
storelink::Awaitable<nb::bytes> get_range_async(const PyObjectStore& any, std::string path,
                                                std::uint64_t start, std::uint64_t end, bool in_place) {
  storelink::GetRequest request(std::move(path));
  request.range = storelink::GetRange::bounded(start, end);
  return storelink::into_awaitable(
      any.into_dyn()->get_async(std::move(request)),
      [](storelink::GetResult&& got) { return nb::bytes(got.body.data(), got.body.size()); },
      in_place ? storelink::python::Start::in_place : storelink::python::Start::on_executor);
}

nb::object optional_str(const std::optional<std::string>& text) {
  if (!text) return nb::none();
  return nb::str(text->data(), text->size());
}

// Dicts like those of obstore: path, last_modified (aware), size, e_tag, version.
nb::list list_keys(const AnyObjectStore& any, std::string prefix) {
  const auto store = any.into_dyn();
  std::vector<storelink::ObjectMeta> objects;
  {
    const nb::gil_scoped_release released;
    objects = store->list(std::move(prefix));
  }
  const nb::module_ datetime_module = nb::module_::import_("datetime");
  const nb::object datetime = datetime_module.attr("datetime");
  const nb::object utc = datetime_module.attr("timezone").attr("utc");
  const nb::str path("path"), last_modified("last_modified"), size("size"), e_tag("e_tag"),
      version("version");
  nb::list found;
  for (const storelink::ObjectMeta& object : objects) {
    using std::chrono::microseconds;
    const auto midnight = std::chrono::floor<std::chrono::days>(object.last_modified);
    const std::chrono::year_month_day date(midnight);
    const std::chrono::hh_mm_ss time(std::chrono::floor<microseconds>(object.last_modified - midnight));
    nb::dict entry;
    entry[path] = nb::str(object.path.data(), object.path.size());
    entry[last_modified] =
        datetime(int{date.year()}, unsigned{date.month()}, unsigned{date.day()}, time.hours().count(),
                 time.minutes().count(), time.seconds().count(), time.subseconds().count(), utc);
    entry[size] = object.size;
    entry[e_tag] = optional_str(object.e_tag);
    entry[version] = optional_str(object.version);
    found.append(std::move(entry));
  }
  return found;
}

// The kept-alive connections of `threads` threads, all for one request. The threads are made for each run.
class RawClient {
 public:
  RawClient(const std::string& host, std::uint16_t port, const std::string& path, const std::string& range,
            std::size_t threads)
      : request_("GET " + path + " HTTP/1.1\r\nHost: " + host + ":" + std::to_string(port) +
                 "\r\nAccept: */*\r\n" + (range.empty() ? "" : "Range: bytes=" + range + "\r\n") + "\r\n") {
    for (std::size_t i = 0; i < threads; ++i)
      connections_.push_back(std::make_unique<storelink::bench::RawConnection>(host, port));
  }

  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  // Sends `count` requests, shared out evenly. Returns how many bytes of bodies came back.
  std::size_t run(std::size_t count) {
    const nb::gil_scoped_release released;
    const std::size_t threads = connections_.size();
    std::vector<std::size_t> sums(threads);
    std::vector<std::exception_ptr> failures(threads);
    const auto work = [&](std::size_t index) noexcept {
      try {
        std::size_t received = 0;
        for (std::size_t i = index; i < count; i += threads)
          received += connections_[index]->exchange(request_);
        sums[index] = received;
      } catch (...) {
        failures[index] = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> others;
      for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work, i);
      work(0);
    }
    std::size_t received = 0;
    for (std::size_t i = 0; i < threads; ++i) {
      if (failures[i]) std::rethrow_exception(failures[i]);
      received += sums[i];
    }
    return received;
  }

 private:
  std::string request_;
  std::vector<std::unique_ptr<storelink::bench::RawConnection>> connections_;
};

}  // namespace

NB_MODULE(storelink_bench, m) {
  storelink::register_store_module(m, "storelink_bench", "store");
  storelink::register_exceptions_module(m, "storelink_bench", "exceptions");
  nb::class_<Blob>(m, "Blob").def("__len__", [](const Blob& blob) { return blob.bytes.size(); });
  m.def("get_range", &get_range, "store"_a, "path"_a, "start"_a, "end"_a);
  m.def("get_range_async", &get_range_async, "store"_a, "path"_a, "start"_a, "end"_a, "in_place"_a);
  m.def("put", [](const PyObjectStore& any, std::string path, const nb::bytes& data) {
    any.into_dyn()->put(std::move(path), storelink::Bytes::copy({data.c_str(), data.size()}));
  });
  m.def("get", &get, "store"_a, "path"_a);
  m.def("list_keys", &list_keys, "store"_a, "prefix"_a = "");
  nb::class_<RawClient>(m, "RawClient")
      .def(nb::init<const std::string&, std::uint16_t, const std::string&, const std::string&, std::size_t>(),
           "host"_a, "port"_a, "path"_a, "range"_a = "", "threads"_a = 1)
      .def("run", &RawClient::run, "count"_a);
}
