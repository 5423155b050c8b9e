// Parts of objects for Python code: what libraries read through that know obspec's protocols only.
#include "range_verbs.hpp"

#include "arguments.hpp"
#include "bytes_type.hpp"

namespace storelink::python {

// Which of two alternatives was given.
bool is_length(const char* end, PyObject* given_end, const char* length, PyObject* given_length) {
  if (is_given(given_end) != is_given(given_length)) return is_given(given_length);
  raise(PyExc_ValueError,
        std::string("give either ") + end + " or " + length + (is_given(given_end) ? ", not both" : ""));
}

Range make_range(std::uint64_t start, std::uint64_t given, bool length) {
  const std::uint64_t end = length ? start + std::min(given, UINT64_MAX - start) : given;
  if (end <= start)
    raise(PyExc_ValueError,
          "the range from " + std::to_string(start) + " to " + std::to_string(end) + " is empty");
  return {start, end};
}

namespace {

Task<Bytes> read_range(Store store, std::string path, Range range) {
  GetResult got =
      co_await store->get_async(GetRequest(std::move(path), GetRange::bounded(range.first, range.second)));
  co_return std::move(got.body);
}

PyObject* get_range(Way way, Store store, const Arguments& arguments) {
  std::string path = path_argument("path", arguments[0]);
  const std::uint64_t start = to_size("start", arguments[1]);
  const bool length = is_length("end", arguments[2], "length", arguments[3]);
  const Range range =
      make_range(start, to_size(length ? "length" : "end", arguments[length ? 3 : 2]), length);
  return finish(way, read_range(std::move(store), std::move(path), range),
                [](Bytes&& bytes) { return bytes_to_python(std::move(bytes)).release(); });
}

constexpr Verb get_range_verb = {
    "get_range", "path, *, start, end=None, length=None",
    R"doc(The bytes from `start` on, until before `end`, or `length` of them. Give either `end` or `length`.

A range that ends behind the object's end gives what there is. ValueError for an empty range and for neither or both
of `end` and `length`, OverflowError for negative numbers, GenericError if the range begins behind the object's end.
NotFoundError if there is no such object; UnauthenticatedError and PermissionDeniedError; GenericError for what else
the service says; InputOutputError (an OSError) and OperationTimeoutError (a TimeoutError) for connections that
fail, after the retries. InvalidPathError for a path that breaks the rules, TypeError for arguments of another type.)doc",
    get_range};

std::vector<std::uint64_t> sizes_argument(const char* what, PyObject* argument) {
  if (PySequence_Check(argument) == 0) raise_wrong_type(what, argument, "a sequence of int");
  std::vector<std::uint64_t> sizes;
  const Py_ssize_t count = PySequence_Size(argument);
  if (count < 0) throw ErrorAlreadySet{};
  sizes.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i)
    sizes.push_back(to_size(what, checked(PySequence_GetItem(argument, i)).get()));
  return sizes;
}

constexpr std::uint64_t usual_gap = 1u << 20;

Task<std::vector<Bytes>> read_ranges(Store store, std::string path, std::vector<Range> ranges,
                                     std::uint64_t gap) {
  // The store's own way may do without requests at all.
  if (gap == usual_gap) co_return co_await store->get_ranges_async(std::move(path), std::move(ranges));
  co_return co_await store->fetch_ranges_async(std::move(path), std::move(ranges), gap);
}

PyObject* get_ranges(Way way, Store store, const Arguments& arguments) {
  std::string path = path_argument("path", arguments[0]);
  const std::vector<std::uint64_t> starts = sizes_argument("starts", arguments[1]);
  const bool length = is_length("ends", arguments[2], "lengths", arguments[3]);
  const std::vector<std::uint64_t> ends =
      sizes_argument(length ? "lengths" : "ends", arguments[length ? 3 : 2]);
  const std::uint64_t gap = size_argument("coalesce", arguments[4], usual_gap);
  if (ends.size() != starts.size())
    raise(PyExc_ValueError, "there are " + std::to_string(starts.size()) + " starts and " +
                                std::to_string(ends.size()) + (length ? " lengths" : " ends"));
  std::vector<Range> ranges;
  ranges.reserve(starts.size());
  for (std::size_t i = 0; i < starts.size(); ++i) ranges.push_back(make_range(starts[i], ends[i], length));
  return finish(way, read_ranges(std::move(store), std::move(path), std::move(ranges), gap), bytes_list);
}

constexpr Verb get_ranges_verb = {
    "get_ranges", "path, *, starts, ends=None, lengths=None, coalesce=1048576",
    R"doc(Several ranges of one object, in the order asked. Give either `ends` or `lengths`, as many as `starts`.

coalesce: ranges that are at most so many bytes apart are fetched with one request, ten requests at a time. Default:
    1 MiB. 0 merges only those that touch or overlap.

ValueError for an empty range, for neither or both of `ends` and `lengths` and for another number of them than of
`starts`. Otherwise errors are those of `get_range()`: NotFoundError, UnauthenticatedError, PermissionDeniedError,
GenericError, InputOutputError, OperationTimeoutError and so on. The first one of any request ends the call.)doc",
    get_ranges};

}  // namespace

void add_range_methods(PyTypeObject* store_class) {
  add_methods<get_range_verb>(store_class);
  add_methods<get_ranges_verb>(store_class);
}

void add_range_functions(PyObject* module) {
  add_functions<get_range_verb>(module);
  add_functions<get_ranges_verb>(module);
}

}  // namespace storelink::python
