#include "obspec_reading.hpp"

#include <cstring>
#include <limits>
#include <optional>
#include <tuple>

#include "base/whole_stream.hpp"
#include "call_arguments.hpp"
#include "lent_bytes.hpp"
#include "values.hpp"

namespace storelink::python {

namespace {

constexpr std::uint64_t stream_step = 4u << 20;  // a piece of a stream that is read by ranges

using Range = std::pair<std::uint64_t, std::uint64_t>;

bool is_conditional(const GetRequest& request) {
  return request.if_match || request.if_none_match || request.if_modified_since ||
         request.if_unmodified_since;
}

Error wrong_length(std::uint64_t got, std::uint64_t start, std::uint64_t end) {
  return Error(ErrorKind::generic,
               fmt::format("the Python object gave {} bytes for the range {}-{}", got, start, end));
}

void check_buffer(const GetRequest& request, std::uint64_t size) {
  if (request.sink == Sink::into && size > request.buffer.size())
    throw Error(ErrorKind::generic,
                fmt::format("the buffer holds {} bytes, the range has {}", request.buffer.size(), size));
}

void deliver(GetResult& result, Bytes body, const GetRequest& request) {
  if (body.size() != result.end - result.start) throw wrong_length(body.size(), result.start, result.end);
  check_buffer(request, body.size());
  switch (request.sink) {
    case Sink::collect: result.body = std::move(body); break;
    case Sink::into:
      if (!body.empty()) std::memcpy(request.buffer.data(), body.data(), body.size());
      break;
    case Sink::stream: result.stream = std::make_unique<WholeStream>(std::move(body)); break;
  }
}

// --- with get()

Ref range_value(const GetRange& range) {
  switch (range.kind()) {
    case GetRange::Kind::all: break;
    case GetRange::Kind::bounded: return checked(Py_BuildValue("(KK)", range.start(), range.end()));
    case GetRange::Kind::offset: return checked(Py_BuildValue("{s:K}", "offset", range.start()));
    case GetRange::Kind::suffix: return checked(Py_BuildValue("{s:K}", "suffix", range.suffix_length()));
  }
  return {};
}

// (path, options=…), without options where none are needed.
PythonArguments get_arguments(const GetRequest& request) {
  const Ref options = checked(PyDict_New());
  const auto set = [&options](const char* name, const Ref& value) {
    check(PyDict_SetItemString(options.get(), name, value.get()));
  };
  if (request.range.kind() != GetRange::Kind::all) set("range", range_value(request.range));
  if (request.if_match) set("if_match", from_utf8(*request.if_match));
  if (request.if_none_match) set("if_none_match", from_utf8(*request.if_none_match));
  if (request.if_modified_since) set("if_modified_since", to_datetime(*request.if_modified_since));
  if (request.if_unmodified_since) set("if_unmodified_since", to_datetime(*request.if_unmodified_since));
  if (request.version) set("version", from_utf8(*request.version));
  if (request.head) set("head", Ref::borrow(Py_True));
  Ref args = checked(PyTuple_Pack(1, from_utf8(request.path).get()));
  if (PyDict_Size(options.get()) == 0) return PythonArguments(std::move(args));
  Ref kwargs = checked(PyDict_New());
  check(PyDict_SetItemString(kwargs.get(), "options", options.get()));
  return PythonArguments(std::move(args), std::move(kwargs));
}

// What get() returned, and how to go on: `body` gives all of it, `next` the next piece of `iterator`.
struct Got {
  Got() {}
  GetResult result;
  PythonFunction body;
  SharedRef iterator;
  PythonFunction next;
};

Got read_result(PyObject* object, bool asynchronous, const GetRequest& request) {
  const std::string name = asynchronous ? "get_async()" : "get()";
  Got got;
  const Ref meta = attribute_or_none(object, "meta");
  if (!meta) raise_wrong_type("the result of " + name, object, "an object with meta, range and buffer()");
  got.result.meta = meta_from_mapping("the meta of " + name, meta.get());
  got.result.meta.path = request.path;
  const Ref range = attribute_or_none(object, "range");
  if (range && !range.is_none()) {
    const Ref start = checked(PySequence_GetItem(range.get(), 0));
    const Ref end = checked(PySequence_GetItem(range.get(), 1));
    got.result.start = to_size("the range of " + name, start.get());
    got.result.end = to_size("the range of " + name, end.get());
    if (got.result.end < got.result.start) raise(PyExc_ValueError, "the range of " + name + " is backwards");
  } else {
    std::tie(got.result.start, got.result.end) = request.range.resolve(got.result.meta.size);
  }
  if (const Ref attributes = attribute_or_none(object, "attributes"); attributes && !attributes.is_none())
    got.result.attributes = attributes_from_mapping("the attributes of " + name, attributes.get());
  if (request.head) return got;
  if (request.sink != Sink::stream) {
    got.body = find_method(object, "buffer", asynchronous);
    if (!got.body) got.body = find_method(object, "bytes", asynchronous);  // as it was called before obspec
    if (got.body) return got;
  }
  if (const Ref iterate = asynchronous ? attribute_or_none(object, "__aiter__") : Ref()) {
    got.iterator = share(checked(PyObject_CallNoArgs(iterate.get())).get());
    got.next = builtin_function("anext", true);
  } else {
    got.iterator = share(checked(PyObject_GetIter(object)).get());
    got.next = builtin_function("next", false);
  }
  return got;
}

class IteratedStream final : public BodyStream {
 public:
  IteratedStream(Verbs verbs, std::string path, Got& got)
      : verbs_(std::move(verbs)),
        path_(std::move(path)),
        iterator_(std::move(got.iterator)),
        next_(std::move(got.next)) {}

  Task<Bytes> next_async() override {
    const SharedRef iterator = iterator_;
    try {
      for (;;) {
        // next(iterator, None)
        auto prepare = [&iterator] {
          return PythonArguments(checked(PyTuple_Pack(2, iterator.get(), Py_None)));
        };
        auto convert = [](PyObject* piece) -> std::optional<Bytes> {
          if (piece == Py_None) return std::nullopt;
          return bytes_of("a piece of the body", piece);
        };
        PythonFunction next = next_;
        std::optional<Bytes> piece = co_await call(std::move(next), std::move(prepare), std::move(convert));
        if (!piece) co_return Bytes();
        if (!piece->empty()) co_return std::move(*piece);
      }
    } catch (const Error& error) {
      throw error.at(verbs_->description, path_);
    }
  }

 private:
  const Verbs verbs_;
  const std::string path_;
  const SharedRef iterator_;
  const PythonFunction next_;
};

Task<GetResult> get_by_get(Verbs verbs, GetRequest request) {
  const bool asynchronous = verbs->get.asynchronous;
  auto prepare = [&request] { return get_arguments(request); };
  auto convert = [&request, asynchronous](PyObject* result) {
    return read_result(result, asynchronous, request);
  };
  PythonFunction get = verbs->get;
  Got got = co_await call(std::move(get), std::move(prepare), std::move(convert));
  if (request.head) co_return std::move(got.result);
  check_buffer(request, got.result.end - got.result.start);
  if (got.body) {
    auto nothing = [] { return PythonArguments(checked(PyTuple_New(0))); };
    auto take = [](PyObject* body) { return bytes_of("the body", body); };
    PythonFunction read = got.body;
    Bytes body = co_await call(std::move(read), std::move(nothing), std::move(take));
    deliver(got.result, std::move(body), request);
    co_return std::move(got.result);
  }
  std::unique_ptr<BodyStream> stream = std::make_unique<IteratedStream>(verbs, request.path, got);
  if (request.sink == Sink::stream) {
    got.result.stream = std::move(stream);
  } else {
    Bytes body = co_await stream->collect_async(got.result.end - got.result.start);
    deliver(got.result, std::move(body), request);
  }
  co_return std::move(got.result);
}

// --- without get()

Task<ObjectMeta> head(Verbs verbs, std::string path) {
  verbs->require(verbs->head, "head");
  auto prepare = [&path] { return PythonArguments(checked(PyTuple_Pack(1, from_utf8(path).get()))); };
  auto convert = [](PyObject* result) { return meta_from_mapping("the result of head()", result); };
  PythonFunction function = verbs->head;
  ObjectMeta meta = co_await call(std::move(function), std::move(prepare), std::move(convert));
  meta.path = path;
  co_return meta;
}

// A part of the object, which is shorter than asked where the object ends.
Task<Bytes> read_range(Verbs verbs, std::string path, std::uint64_t start, std::uint64_t end) {
  if (!verbs->get_range) {
    verbs->require(verbs->get_ranges, "get");
    std::vector<Range> one;
    one.emplace_back(start, end);
    std::vector<Bytes> bodies = co_await obspec_get_ranges(verbs, std::move(path), std::move(one));
    co_return std::move(bodies.front());
  }
  auto prepare = [&path, start, end] {
    return PythonArguments(checked(PyTuple_Pack(1, from_utf8(path).get())),
                           checked(Py_BuildValue("{s:K,s:K}", "start", start, "end", end)));
  };
  auto convert = [](PyObject* result) { return bytes_of("the result of get_range()", result); };
  PythonFunction function = verbs->get_range;
  Bytes body = co_await call(std::move(function), std::move(prepare), std::move(convert));
  if (body.size() > end - start) throw wrong_length(body.size(), start, end);
  co_return body;
}

class RangesStream final : public BodyStream {
 public:
  RangesStream(Verbs verbs, std::string path, std::uint64_t start, std::uint64_t end)
      : verbs_(std::move(verbs)), path_(std::move(path)), next_(start), end_(end) {}

  Task<Bytes> next_async() override {
    const std::uint64_t start = next_;
    const std::uint64_t end = std::min(end_, start + stream_step);
    if (start == end) co_return Bytes();
    try {
      Bytes piece = co_await read_range(verbs_, path_, start, end);
      if (piece.size() != end - start)
        throw Error(ErrorKind::io, "the object became shorter while it was being read");
      next_ = end;
      co_return piece;
    } catch (const Error& error) {
      throw error.at(verbs_->description, path_);
    }
  }

 private:
  const Verbs verbs_;
  const std::string path_;
  std::uint64_t next_;
  const std::uint64_t end_;
};

Error past_the_end(std::uint64_t start) {
  return Error(ErrorKind::generic, fmt::format("the range starts at {}, past the end of the object", start));
}

Task<GetResult> get_by_ranges(Verbs verbs, GetRequest request) {
  if (request.version) throw verbs->lacks("get");
  const bool size_is_known = static_cast<bool>(verbs->head);
  GetResult result;
  if (size_is_known) {
    result.meta = co_await head(verbs, request.path);
    check_preconditions(request, result.meta);
    std::tie(result.start, result.end) = request.range.resolve(result.meta.size);
    if (request.head) co_return result;
    check_buffer(request, result.end - result.start);
    if (request.sink == Sink::stream) {
      result.stream = std::make_unique<RangesStream>(verbs, request.path, result.start, result.end);
      co_return result;
    }
  } else {
    if (request.head || is_conditional(request) || request.range.kind() != GetRange::Kind::bounded)
      throw verbs->lacks("head");
    result.meta.path = request.path;
    std::tie(result.start, result.end) = request.range.resolve(std::numeric_limits<std::uint64_t>::max());
  }
  Bytes body;
  if (result.start != result.end) body = co_await read_range(verbs, request.path, result.start, result.end);
  if (!size_is_known) {
    if (body.empty()) throw past_the_end(result.start);
    result.end = result.meta.size = result.start + body.size();
  }
  deliver(result, std::move(body), request);
  co_return result;
}

Task<GetResult> get_unnamed(Verbs verbs, GetRequest request) {
  const bool plain =
      !is_conditional(request) && !request.version && request.range.kind() == GetRange::Kind::all;
  if (request.head && plain && verbs->head) {
    GetResult result;
    result.meta = co_await head(verbs, request.path);
    result.end = result.meta.size;
    co_return result;
  }
  if (verbs->get) co_return co_await get_by_get(std::move(verbs), std::move(request));
  co_return co_await get_by_ranges(std::move(verbs), std::move(request));
}

Ref integers(const std::vector<Range>& ranges, std::uint64_t Range::* part) {
  return list_of(ranges,
                 [part](const Range& range) { return checked(PyLong_FromUnsignedLongLong(range.*part)); });
}

}  // namespace

Task<GetResult> obspec_get(Verbs verbs, GetRequest request) {
  const std::string path = request.path;
  try {
    co_return co_await get_unnamed(verbs, std::move(request));
  } catch (const Error& error) {
    throw error.at(verbs->description, path);
  }
}

Task<std::vector<Bytes>> obspec_get_ranges(Verbs verbs, std::string path, std::vector<Range> ranges) {
  try {
    for (const auto& [start, end] : ranges)  // empty and backward ones are errors
      (void)GetRange::bounded(start, end).resolve(std::numeric_limits<std::uint64_t>::max());
    auto prepare = [&path, &ranges] {
      return PythonArguments(
          checked(PyTuple_Pack(1, from_utf8(path).get())),
          checked(Py_BuildValue("{s:O,s:O}", "starts", integers(ranges, &Range::first).get(), "ends",
                                integers(ranges, &Range::second).get())));
    };
    auto convert = [](PyObject* result) {
      const Ref list = checked(PySequence_List(result));
      std::vector<Bytes> bodies;
      for (Py_ssize_t i = 0, size = PyList_Size(list.get()); i < size; ++i)
        bodies.push_back(bytes_of("a result of get_ranges()", PyList_GetItem(list.get(), i)));
      return bodies;
    };
    PythonFunction function = verbs->get_ranges;
    std::vector<Bytes> bodies = co_await call(std::move(function), std::move(prepare), std::move(convert));
    if (bodies.size() != ranges.size())
      throw Error(ErrorKind::generic,
                  fmt::format("get_ranges() gave {} results for {} ranges", bodies.size(), ranges.size()));
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      const auto [start, end] = ranges[i];
      if (bodies[i].empty()) throw past_the_end(start);
      if (bodies[i].size() > end - start) throw wrong_length(bodies[i].size(), start, end);
    }
    co_return bodies;
  } catch (const Error& error) {
    throw error.at(verbs->description, path);
  }
}

}  // namespace storelink::python
