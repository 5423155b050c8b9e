#include "async.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <new>
#include <stdexcept>
#include <storelink/python/nanobind.hpp>
#include <storelink/storelink.hpp>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace nb = nanobind;
using namespace nb::literals;
using storelink::AnyObjectStore;
using storelink::Awaitable;
using storelink::Task;
using storelink::python::Start;

namespace {

using Store = std::shared_ptr<storelink::ObjectStore>;

// Set by one side and waited for by another, in whatever language each is written.
class Flag {
 public:
  void set() noexcept { *set_ = true; }
  bool is_set() const noexcept { return *set_; }
  // False when it was not set for a long time: the test is broken then, but does not hang.
  bool spin() const {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!is_set()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  std::shared_ptr<std::atomic<bool>> set_ = std::make_shared<std::atomic<bool>>(false);
};

// --- the C functions, without a coroutine

// An awaitable and the side that completes it, with counters.
class Pending {
 public:
  Pending() : shared_(new Shared()) {
    awaitable_ = nb::steal(sl_awaitable_new(&Shared::cancel, shared_.get(), &shared_->completion));
    if (!awaitable_.is_valid()) throw nb::python_error();
    shared_->self = shared_;
  }

  // The awaitable, which this object then forgets.
  nb::object take() { return std::move(awaitable_); }
  int cancels() const { return shared_->cancels; }
  int converts() const { return shared_->converts; }

  // Without the GIL, as any thread may.
  void complete(int value) {
    const nb::gil_scoped_release released;
    complete_here(value);
  }
  void complete_on_thread(int value) {
    const nb::gil_scoped_release released;
    std::jthread([this, value] { complete_here(value); });
  }
  // `convert` raises an exception of this class.
  void fail(nb::object type) {
    shared_->error = std::move(type);
    complete(0);
  }
  static void complete_all(std::vector<Pending*> all) {
    const nb::gil_scoped_release released;
    int value = 0;
    for (Pending* pending : all) pending->complete_here(value++);
  }

 private:
  struct Shared {
    static void cancel(void* self) { ++static_cast<Shared*>(self)->cancels; }
    static PyObject* convert(void* object) {
      auto* shared = static_cast<Shared*>(object);
      const std::shared_ptr<Shared> last = std::move(shared->self);
      ++shared->converts;
      if (!shared->error.is_valid()) return PyLong_FromLong(shared->value);
      PyErr_SetString(std::exchange(shared->error, {}).ptr(), "as asked");
      return nullptr;
    }

    std::shared_ptr<Shared> self;  // until `convert` has been called
    sl_completion* completion = nullptr;
    std::atomic<int> cancels{0};
    std::atomic<int> converts{0};
    int value = 0;
    nb::object error;
  };

  void complete_here(int value) const {
    shared_->value = value;
    sl_awaitable_complete(shared_->completion, &Shared::convert, shared_.get());
  }

  std::shared_ptr<Shared> shared_;
  nb::object awaitable_;
};

// --- coroutines

Awaitable<std::uint64_t> size_async(const AnyObjectStore& any, std::string path, bool in_place) {
  return storelink::into_awaitable(
      [](Store store, std::string key) -> Task<std::uint64_t> {
        const storelink::ObjectMeta meta = co_await store->head_async(std::move(key));
        co_return meta.size;
      }(any.into_dyn(), std::move(path)),
      in_place ? Start::in_place : Start::on_executor);
}

Awaitable<nb::bytes> get_async(const AnyObjectStore& any, std::string path) {
  return storelink::into_awaitable(
      any.into_dyn()->get_async(storelink::GetRequest(std::move(path))),
      [](storelink::GetResult&& got) { return nb::bytes(got.body.data(), got.body.size()); });
}

Awaitable<void> delete_async(const AnyObjectStore& any, std::string path) {
  return storelink::into_awaitable(any.into_dyn()->delete_async(std::move(path)));
}

// Reads, then computes until the flag is set; whether it was.
Awaitable<bool> decode_async(const AnyObjectStore& any, std::string path, Flag started, Flag stop) {
  return storelink::into_awaitable([](Store store, std::string key, Flag begun, Flag end) -> Task<bool> {
    (void)co_await store->get_async(storelink::GetRequest(std::move(key)));
    begun.set();
    co_return end.spin();
  }(any.into_dyn(), std::move(path), std::move(started), std::move(stop)));
}

// Holds on to something whose end waits for `may_end`, and says when it has seen that.
struct SlowToDestroy {
  SlowToDestroy(Flag m, Flag e) : may_end(std::move(m)), ended(std::move(e)) {}
  SlowToDestroy(const SlowToDestroy&) = delete;
  SlowToDestroy& operator=(const SlowToDestroy&) = delete;
  ~SlowToDestroy() {
    if (may_end.spin()) ended.set();
  }
  Flag may_end;
  Flag ended;
};

Awaitable<void> get_and_hold_async(const AnyObjectStore& any, std::string path, Flag may_end, Flag ended) {
  return storelink::into_awaitable([](Store store, std::string key, Flag may, Flag has) -> Task<void> {
    const SlowToDestroy held(std::move(may), std::move(has));
    (void)co_await store->get_async(storelink::GetRequest(std::move(key)));
  }(any.into_dyn(), std::move(path), std::move(may_end), std::move(ended)));
}

// The result is what is slow to destroy; it is there as soon as `go` is set, stopped or not.
Awaitable<bool> slow_result_async(Flag go, Flag may_end, Flag ended) {
  using Result = std::shared_ptr<SlowToDestroy>;
  return storelink::into_awaitable(
      [](Flag wait, Flag may, Flag has) -> Task<Result> {
        wait.spin();
        co_return std::make_shared<SlowToDestroy>(std::move(may), std::move(has));
      }(std::move(go), std::move(may_end), std::move(ended)),
      [](Result&& result) { return result != nullptr; });
}

// The threads on which a coroutine begins and goes on, as threading.get_ident() gives them.
Awaitable<std::vector<std::uint64_t>> threads_async(const AnyObjectStore& any, std::string path) {
  return storelink::into_awaitable([](Store store, std::string key) -> Task<std::vector<std::uint64_t>> {
    std::vector<std::uint64_t> threads;
    threads.push_back(static_cast<std::uint64_t>(pthread_self()));
    (void)co_await store->head_async(std::move(key));
    threads.push_back(static_cast<std::uint64_t>(pthread_self()));
    co_return threads;
  }(any.into_dyn(), std::move(path)));
}

// Ends with a C++ exception.
Awaitable<void> fail_async(std::string what, bool in_place) {
  return storelink::into_awaitable(
      [](std::string name) -> Task<void> {
        if (name == "not_found") throw storelink::Error(storelink::ErrorKind::not_found, "as asked");
        if (name == "bad_alloc") throw std::bad_alloc();
        if (name == "invalid_argument") throw std::invalid_argument("as asked");
        if (name == "out_of_range") throw std::out_of_range("as asked");
        if (name == "overflow_error") throw std::overflow_error("as asked");
        if (name == "runtime_error") throw std::runtime_error("as asked");
        if (name == "int") throw 1;  // NOLINT(bugprone-std-exception-baseclass)
        co_return;
      }(std::move(what)),
      in_place ? Start::in_place : Start::on_executor);
}

// `convert` calls this Python function, which the operation keeps alive.
nb::object converted_async(nb::object function) {
  return storelink::into_awaitable([]() -> Task<int> { co_return 7; }(),
                                   [kept = std::move(function)](int&& value) { return kept(value); });
}

// A result for which there is no Python class.
struct Unknown {
  int value = 0;
};
nb::object unknown_async() {
  return storelink::into_awaitable([]() -> Task<Unknown> { co_return Unknown(); }());
}

}  // namespace

void add_async_functions(nb::module_& module) {
  nb::class_<Flag>(module, "Flag").def(nb::init<>()).def("set", &Flag::set).def("is_set", &Flag::is_set);
  nb::class_<Pending>(module, "Pending")
      .def(nb::init<>())
      .def("take", &Pending::take)
      .def("complete", &Pending::complete, "value"_a)
      .def("complete_on_thread", &Pending::complete_on_thread, "value"_a)
      .def("fail", &Pending::fail, "type"_a)
      .def_prop_ro("cancels", &Pending::cancels)
      .def_prop_ro("converts", &Pending::converts)
      .def_static("complete_all", &Pending::complete_all, "all"_a);
  module.def(
      "completed", [](nb::object value) { return nb::steal(sl_awaitable_done(value.release().ptr())); },
      "value"_a.none());
  module.def("size_async", &size_async, "store"_a, "path"_a, "in_place"_a = false);
  module.def("get_async", &get_async, "store"_a, "path"_a);
  module.def("delete_async", &delete_async, "store"_a, "path"_a);
  module.def("decode_async", &decode_async, "store"_a, "path"_a, "started"_a, "stop"_a);
  module.def("get_and_hold_async", &get_and_hold_async, "store"_a, "path"_a, "may_end"_a, "ended"_a);
  module.def("slow_result_async", &slow_result_async, "go"_a, "may_end"_a, "ended"_a);
  module.def("threads_async", &threads_async, "store"_a, "path"_a);
  module.def("fail_async", &fail_async, "what"_a, "in_place"_a = false);
  module.def("converted_async", &converted_async, "function"_a);
  module.def("unknown_async", &unknown_async);
}
