// Parts of objects for Python code, in obspec's form: what libraries read through that know obspec's
// protocols only.
#include <vector>

#include "bytes_object.hpp"
#include "call_arguments.hpp"
#include "store_methods.hpp"
#include "store_object.hpp"
#include "storelink/python/awaitable.hpp"
#include "values.hpp"

namespace storelink::python {

namespace {

using Range = std::pair<std::uint64_t, std::uint64_t>;

// The end of a range that is given by its end or by its length.
std::uint64_t end_of(const std::string& function, std::uint64_t start, std::uint64_t given, bool is_length) {
  if (!is_length) return given;
  if (given > UINT64_MAX - start)
    raise(PyExc_OverflowError,
          function + ": the range that starts at " + std::to_string(start) + " is too long");
  return start + given;
}

// One of two arguments of which exactly one has to be given. Whether it is the second one.
bool take_either(CallArguments& call, const char* first, const char* second, Ref& value) {
  value = call.take(first);
  Ref other = call.take(second);
  if (static_cast<bool>(value) == static_cast<bool>(other))
    raise(PyExc_TypeError, call.function() + ": give either " + first + " or " + second);
  const bool is_second = static_cast<bool>(other);
  if (is_second) value = std::move(other);
  return is_second;
}

std::vector<std::uint64_t> to_sizes(const std::string& what, PyObject* numbers) {
  if (PySequence_Check(numbers) == 0) raise_wrong_type(what, numbers, "a sequence of int");
  std::vector<std::uint64_t> sizes;
  const Py_ssize_t count = PySequence_Size(numbers);
  if (count < 0) throw ErrorAlreadySet{};
  sizes.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i)
    sizes.push_back(to_size(what, checked(PySequence_GetItem(numbers, i)).get()));
  return sizes;
}

Task<Bytes> read_range(std::shared_ptr<ObjectStore> store, std::string path, Range range) {
  GetResult got =
      co_await store->get_async(GetRequest(std::move(path), GetRange::bounded(range.first, range.second)));
  co_return std::move(got.body);
}

Task<std::vector<Bytes>> read_ranges(std::shared_ptr<ObjectStore> store, std::string path,
                                     std::vector<Range> ranges) {
  co_return co_await store->get_ranges_async(std::move(path), std::move(ranges));
}

PyObject* to_list(std::vector<Bytes> pieces) {
  const Ref list = checked(PyList_New(0));
  for (Bytes& piece : pieces) check(PyList_Append(list.get(), memoryview_of(std::move(piece)).get()));
  return Py_NewRef(list.get());
}

}  // namespace

PyObject* store_get_range_async(PyObject* self, PyObject* args, PyObject* kwargs) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    CallArguments call("get_range_async()", args, kwargs, {"path"});
    std::string path = to_key("get_range_async(): path", call.take_required("path").get());
    const std::uint64_t start = to_size("get_range_async(): start", call.take_required("start").get());
    Ref given;
    const bool is_length = take_either(call, "end", "length", given);
    call.finish();
    const std::uint64_t number =
        to_size(is_length ? "get_range_async(): length" : "get_range_async(): end", given.get());
    const Range range(start, end_of(call.function(), start, number, is_length));
    return into_awaitable(
        read_range(as_store(self)->store, std::move(path), range),
        [](Bytes&& bytes) { return memoryview_of(std::move(bytes)).release(); }, Start::in_place);
  });
}

PyObject* store_get_ranges_async(PyObject* self, PyObject* args, PyObject* kwargs) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    CallArguments call("get_ranges_async()", args, kwargs, {"path"});
    std::string path = to_key("get_ranges_async(): path", call.take_required("path").get());
    const std::vector<std::uint64_t> starts =
        to_sizes("get_ranges_async(): starts", call.take_required("starts").get());
    Ref given;
    const bool is_length = take_either(call, "ends", "lengths", given);
    call.finish();
    const std::vector<std::uint64_t> numbers =
        to_sizes(is_length ? "get_ranges_async(): lengths" : "get_ranges_async(): ends", given.get());
    if (numbers.size() != starts.size())
      raise(PyExc_ValueError, "get_ranges_async(): " + std::to_string(starts.size()) + " starts and " +
                                  std::to_string(numbers.size()) + (is_length ? " lengths" : " ends"));
    std::vector<Range> ranges;
    ranges.reserve(starts.size());
    for (std::size_t i = 0; i < starts.size(); ++i)
      ranges.emplace_back(starts[i], end_of(call.function(), starts[i], numbers[i], is_length));
    return into_awaitable(read_ranges(as_store(self)->store, std::move(path), std::move(ranges)), to_list,
                          Start::in_place);
  });
}

}  // namespace storelink::python
