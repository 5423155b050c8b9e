// get and get_into; the toolkit has get_range and get_ranges.
#include "arguments.hpp"
#include "awaitable.hpp"
#include "bytes_type.hpp"
#include "get_result.hpp"
#include "lent_bytes.hpp"
#include "operations.hpp"
#include "range_verbs.hpp"

namespace storelink::python {

namespace {

// --- get

constexpr const char* range_forms = "a sequence of two ints (start, end), {'offset': int} or {'suffix': int}";

[[noreturn]] void refuse_range(PyObject* given) {
  const Ref text = checked(PyObject_Repr(given));
  raise(PyExc_ValueError, "range is " + to_utf8(text.get()) + "; accepted is " + range_forms);
}

// A whole number from 0, or nothing.
std::optional<std::uint64_t> number(PyObject* object) {
  if (object == nullptr || PyIndex_Check(object) == 0) return {};
  const Ref index = checked(PyNumber_Index(object));
  const unsigned long long value = PyLong_AsUnsignedLongLong(index.get());
  if (PyErr_Occurred() == nullptr) return value;
  if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) throw ErrorAlreadySet{};
  PyErr_Clear();
  return {};
}

GetRange range_option(PyObject* given) {
  if (PyDict_Check(given) != 0) {
    if (const auto offset = number(PyDict_GetItemString(given, "offset"))) return GetRange::offset(*offset);
    if (const auto suffix = number(PyDict_GetItemString(given, "suffix"))) return GetRange::suffix(*suffix);
    refuse_range(given);
  }
  if (PySequence_Check(given) == 0 || PyUnicode_Check(given) != 0 || PyBytes_Check(given) != 0)
    refuse_range(given);
  if (PySequence_Size(given) != 2) refuse_range(given);
  const auto start = number(checked(PySequence_GetItem(given, 0)).get());
  const auto end = number(checked(PySequence_GetItem(given, 1)).get());
  if (!start || !end) refuse_range(given);
  return GetRange::bounded(*start, *end);
}

Timestamp time_option(const std::string& what, PyObject* given) {
  const Ref zone = attribute_or_none(given, "tzinfo");
  if (!zone) raise_wrong_type(what, given, "datetime.datetime with a time zone");
  if (zone.is_none())
    raise(PyExc_TypeError, what + " has no time zone; accepted is an aware datetime.datetime");
  return from_datetime(given);
}

void read_option(const std::string& name, PyObject* value, GetRequest& request) {
  const std::string what = "options['" + name + "']";
  if (name == "range") {
    request.range = range_option(value);
  } else if (name == "head") {
    request.head = flag_argument(what.c_str(), value, false);
  } else if (name == "headers") {
    for_each_item(what, value, [&](std::string header, PyObject* text) {
      request.headers.emplace_back(std::move(header), expect_text("a value of " + what, text));
    });
  } else if (name != "if_match" && name != "if_none_match" && name != "version" &&
             name != "if_modified_since" && name != "if_unmodified_since") {
    raise(PyExc_ValueError, what +
                                " is not known; accepted are range, head, version, if_match, if_none_match, "
                                "if_modified_since, if_unmodified_since and headers");
  } else if (value == Py_None) {
    return;
  } else if (name == "if_match") {
    request.if_match = expect_text(what, value);
  } else if (name == "if_none_match") {
    request.if_none_match = expect_text(what, value);
  } else if (name == "version") {
    request.version = expect_text(what, value);
  } else if (name == "if_modified_since") {
    request.if_modified_since = time_option(what, value);
  } else {
    request.if_unmodified_since = time_option(what, value);
  }
}

// Up to this size a body comes with the headers; what is larger waits for its reader, and no more than this
// of it in memory.
constexpr std::size_t small_body = 4u << 20;

Task<GetResult> open(Store store, GetRequest request) {
  GetResult result = co_await store->get_async(std::move(request));
  co_return result;
}

PyObject* get(Way way, Store store, const Arguments& arguments) {
  GetRequest request(path_argument("path", arguments[0]));
  request.sink = Sink::stream;
  request.collect_up_to = small_body;
  if (is_given(arguments[1]))
    for_each_item("options", arguments[1],
                  [&](const std::string& name, PyObject* value) { read_option(name, value, request); });
  return finish(way, open(std::move(store), std::move(request)),
                [](GetResult&& result) { return get_result_to_python(std::move(result)).release(); });
}

constexpr Verb get_verb = {"get", "path, *, options=None",
                           R"doc(An object: its metadata at once, and its bytes all together or as a stream.

options: a dict with any of these. Default: none of them.
    range: (start, end), {"offset": n} or {"suffix": n}, in bytes. Default: the whole object.
    head: True for metadata and attributes without the bytes. Default: False.
    version: as `meta["version"]` names it. Default: the newest.
    if_match, if_none_match: etags with commas between, or "*".
    if_modified_since, if_unmodified_since: datetimes with a time zone.
    headers: a dict of further headers of the request, where there is one.

Returns a GetResult once the service has begun to answer; for up to 4 MiB, once all bytes are there. NotFoundError
if there is no such object; PreconditionError and NotModifiedError for conditions that do not hold;
UnauthenticatedError without valid credentials, PermissionDeniedError for credentials that may not do this;
NotSupportedError for a version where none are kept; GenericError for a range that begins behind the object's end
and for what else the service says; InputOutputError (an OSError) and OperationTimeoutError (a TimeoutError) for
connections that fail, after the retries. Before anything is sent: InvalidPathError for a path that breaks the
rules, ValueError for options that make no sense, TypeError for arguments of another type; what is no store is both.)doc",
                           get};

// --- get_into

Task<std::uint64_t> read_into(Store store, std::string path, Range range, std::span<std::byte> buffer) {
  GetRequest request(path, GetRange::bounded(range.first, range.second));
  request.sink = Sink::into;
  request.buffer = buffer;
  std::optional<Error> failure;
  try {
    const GetResult got = co_await store->get_async(std::move(request));
    co_return got.end - got.start;
  } catch (const Error& error) {
    failure = error;
  }
  // No range of an empty object can be satisfied, but all of it fits in every buffer.
  if (failure->kind() != ErrorKind::generic || range.first != 0) throw Error(*failure);
  const ObjectMeta meta = co_await store->head_async(std::move(path));
  if (meta.size != 0) throw Error(*failure);
  co_return 0;
}

PyObject* get_into(Way way, Store store, const Arguments& arguments) {
  std::string path = path_argument("path", arguments[0]);
  auto buffer = std::make_unique<WritableBuffer>("buffer", arguments[1]);
  const std::uint64_t start = size_argument("start", arguments[2], 0);
  const std::size_t space = buffer->span().size();
  Range range(start, start + std::min<std::uint64_t>(space, UINT64_MAX - start));
  if (is_given(arguments[3]) || is_given(arguments[4])) {
    const bool length = is_length("end", arguments[3], "length", arguments[4]);
    range = make_range(start, to_size(length ? "length" : "end", arguments[length ? 4 : 3]), length);
    if (range.second - range.first > space)
      raise(PyExc_ValueError, "buffer has " + std::to_string(space) + " bytes, the range has " +
                                  std::to_string(range.second - range.first));
  } else if (space == 0) {
    raise(PyExc_ValueError, "buffer is empty");
  }
  const std::span<std::byte> into = buffer->span();
  // The buffer is lent until the operation has ended, also after a cancel.
  Ref result = checked(
      finish(way, read_into(std::move(store), std::move(path), range, into),
             [lent = std::move(buffer)](std::uint64_t&& size) { return PyLong_FromUnsignedLongLong(size); }));
  if (way == Way::asynchronous) cancel_at_the_end(result.get());
  return result.release();
}

constexpr Verb get_into_verb = {
    "get_into", "path, buffer, *, start=0, end=None, length=None",
    R"doc(Reads into memory of yours, without a copy: a bytearray, a numpy array, a memoryview, an mmap.

The bytes from `start` (default: 0) on, until before `end`, or `length` of them; by default as many as fit. Returns
how many bytes were written, from the beginning of `buffer` on: fewer if the object ends before.

ValueError for a buffer that is empty or smaller than the range, TypeError or BufferError for one that is not
contiguous or cannot be written to, all before anything is sent; otherwise as `get_range()`. After an error the
buffer's contents are not defined. Nothing writes to it once the call has ended, also when it was cancelled: a
cancelled `get_into_async()` ends only then.)doc",
    get_into};

}  // namespace

void add_get_verbs(PyObject* module, PyTypeObject* store_class) {
  add_get_result_classes(module);
  add_verb<get_verb>(module, store_class);
  add_range_functions(module);  // the methods are the toolkit's
  add_verb<get_into_verb>(module, store_class);
}

}  // namespace storelink::python
