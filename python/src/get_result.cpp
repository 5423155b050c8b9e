#include "get_result.hpp"

#include <cstring>

#include "arguments.hpp"
#include "bytes_type.hpp"
#include "object_type.hpp"
#include "turns.hpp"

namespace storelink::python {

namespace {

constexpr std::size_t usual_chunk = 10u << 20;

// --- the body, shared by a GetResult, its stream and the operations that read it

struct Body {
  std::unique_ptr<BodyStream> stream;  // null: all of it is in `collected`
  Bytes collected;
  std::uint64_t size = 0;
  bool at_end = false;
  const std::shared_ptr<Turns> turns = std::make_shared<Turns>();
};
using BodyPointer = std::shared_ptr<Body>;

Task<Bytes> read_all(BodyPointer body) {
  const Turns::Turn turn = co_await Turns::take(body->turns);
  body->at_end = true;
  if (!body->stream) co_return std::move(body->collected);
  Bytes all = co_await body->stream->collect_async(body->size);
  co_return all;
}

// At least `minimum` bytes unless the body ends; nothing at its end.
Task<std::vector<Bytes>> read_chunk(BodyPointer body, std::size_t minimum) {
  const Turns::Turn turn = co_await Turns::take(body->turns);
  std::vector<Bytes> pieces;
  if (!body->stream) {
    body->at_end = true;
    if (!body->collected.empty()) pieces.push_back(std::exchange(body->collected, Bytes()));
    co_return pieces;
  }
  std::size_t size = 0;
  while (!body->at_end) {
    Bytes piece = co_await body->stream->next_async();
    if (piece.empty()) body->at_end = true;
    size += piece.size();
    if (!piece.empty()) pieces.push_back(std::move(piece));
    if (size >= minimum && size > 0) break;
  }
  co_return pieces;
}

// Larger copies are made without the GIL.
constexpr std::size_t long_copy = 256u << 10;

// The pieces as one bytes object.
Ref joined(const std::vector<Bytes>& pieces) {
  std::size_t size = 0;
  for (const Bytes& piece : pieces) size += piece.size();
  Ref whole = checked(PyBytes_FromStringAndSize(nullptr, static_cast<Py_ssize_t>(size)));
  char* to = PyBytes_AsString(whole.get());
  auto copy = [&pieces, to]() mutable {
    for (const Bytes& piece : pieces) {
      std::memcpy(to, piece.data(), piece.size());
      to += piece.size();
    }
  };
  if (size >= long_copy) {
    const GilReleased released;  // nobody else knows of the object yet
    copy();
  } else {
    copy();
  }
  return whole;
}

// --- BytesStream

struct Stream {
  BodyPointer body;
  std::size_t minimum;
};
using StreamObject = Holder<Stream>;

// The next chunk; at the end null without an exception, or StopAsyncIteration.
template <Way W>
PyObject* next_chunk(PyObject* self) {
  return guarded_object([&] {
    const Stream& stream = StreamObject::of(self);
    return finish(W, read_chunk(stream.body, stream.minimum), [](std::vector<Bytes>&& pieces) -> PyObject* {
      if (!pieces.empty()) return joined(pieces).release();
      if (W == Way::asynchronous) PyErr_SetNone(PyExc_StopAsyncIteration);
      return nullptr;
    });
  });
}

PyTypeObject* stream_type() {
  static PyTypeObject* const type = [] {
    static PyType_Slot slots[] = {
        {Py_tp_doc,
         const_cast<char*>(R"doc(Chunks of an object, as `bytes`: an iterator, and an asynchronous one.

A download that breaks off goes on where it was, as often as the store's `retry_config` allows; then it raises as
`get()` does.)doc")},
        {Py_tp_dealloc, slot(StreamObject::dealloc)},
        {Py_tp_iter, slot(PyObject_SelfIter)},
        {Py_tp_iternext, slot(next_chunk<Way::blocking>)},
        {Py_am_aiter, slot(PyObject_SelfIter)},
        {Py_am_anext, slot(next_chunk<Way::asynchronous>)},
        {0, nullptr}};
    return make_holder_type<Stream>("storelink.BytesStream", slots);
  }();
  return type;
}

// --- GetResult

struct Result {
  BodyPointer body;  // null when it has been given to its only reader
  GetResult got;     // without its body
};
using ResultObject = Holder<Result>;

const GetResult& got(PyObject* self) noexcept {
  return ResultObject::of(self).got;
}

BodyPointer take_body(PyObject* self) {
  BodyPointer body = std::exchange(ResultObject::of(self).body, nullptr);
  if (!body)
    raise(PyExc_ValueError,
          "the body of this result has been read already (or is being iterated over); get the object again");
  return body;
}

template <Way W>
PyObject* read_bytes(PyObject* self, PyObject*) {
  return guarded_object([&] {
    return finish(W, read_all(take_body(self)),
                  [](Bytes&& all) { return bytes_to_python(std::move(all)).release(); });
  });
}

Ref make_stream(PyObject* self, std::size_t minimum) {
  return StreamObject::make(stream_type(), Stream{take_body(self), minimum});
}

PyObject* stream(PyObject* self, PyObject* args, PyObject* kwargs) {
  return guarded_object([&] {
    static const Parameters parameters("stream", "min_chunk_size=10485760");
    const Arguments arguments = parameters.read(args, kwargs);
    return make_stream(self, size_argument("min_chunk_size", arguments[0], usual_chunk)).release();
  });
}

PyObject* iterate(PyObject* self) {
  return guarded_object([&] { return make_stream(self, usual_chunk).release(); });
}

PyObject* get_meta(PyObject* self, void*) {
  return guarded_object([&] { return meta_to_dict(got(self).meta).release(); });
}

PyObject* get_attributes(PyObject* self, void*) {
  return guarded_object([&] { return attributes_to_dict(got(self).attributes).release(); });
}

PyObject* get_bounds(PyObject* self, void*) {
  const GetResult& result = got(self);
  return Py_BuildValue("(KK)", static_cast<unsigned long long>(result.start),
                       static_cast<unsigned long long>(result.end));
}

PyObject* repr_result(PyObject* self) {
  return guarded_object([&] {
    const GetResult& result = got(self);
    return PyUnicode_FromFormat(
        "<GetResult of %R, bytes %llu to %llu of %llu>", key_to_python(result.meta.path).get(),
        static_cast<unsigned long long>(result.start), static_cast<unsigned long long>(result.end),
        static_cast<unsigned long long>(result.meta.size));
  });
}

PyTypeObject* result_type() {
  static PyTypeObject* const type = [] {
    static PyMethodDef methods[] = {
        {"bytes", read_bytes<Way::blocking>, METH_NOARGS,
         "bytes($self)\n--\n\n"
         R"doc(All bytes of the range. ValueError the second time; what goes wrong on the way raises as `get()` does.)doc"},
        {"bytes_async", read_bytes<Way::asynchronous>, METH_NOARGS,
         "bytes_async($self)\n--\n\nAs `bytes()`, to be awaited."},
        {"buffer", read_bytes<Way::blocking>, METH_NOARGS,
         "buffer($self)\n--\n\nThe same as `bytes()`, under obspec's name."},
        {"buffer_async", read_bytes<Way::asynchronous>, METH_NOARGS,
         "buffer_async($self)\n--\n\nThe same as `bytes_async()`, under obspec's name."},
        {"stream", method(stream), METH_VARARGS | METH_KEYWORDS,
         "stream($self, min_chunk_size=10485760)\n--\n\n"
         R"doc(The bytes in chunks of at least `min_chunk_size` bytes, the last one excepted. Default: 10 MiB.

Chunks are fetched as they are asked for, and a slow reader slows the download down: no more than a few MiB beyond a
chunk are in memory. The client option `timeout` counts for each pause of the server. ValueError if the bytes were
taken already, OverflowError for a negative size; what goes wrong on the way raises from the chunks, as `get()`
does.)doc"},
        {nullptr, nullptr, 0, nullptr}};
    static PyGetSetDef getters[] = {
        {"meta", get_meta, nullptr,
         "Path, size, time, etag and version of the whole object, also where a range was asked for.",
         nullptr},
        {"attributes", get_attributes, nullptr, "The object's attributes, such as its content type.",
         nullptr},
        {"range", get_bounds, nullptr, "Which bytes these are: the first one, and the one after the last.",
         nullptr},
        {nullptr, nullptr, nullptr, nullptr, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_doc,
         const_cast<char*>(
             R"doc(The answer to a `get()`: metadata and attributes at once, the bytes when they are asked for.

The bytes can be taken once: with `bytes()`, `bytes_async()` or one of their other names, or by iteration, as in
`for chunk in result` and `async for chunk in result`. The second time is a ValueError.)doc")},
        {Py_tp_dealloc, slot(ResultObject::dealloc)},
        {Py_tp_repr, slot(repr_result)},
        {Py_tp_iter, slot(iterate)},
        {Py_am_aiter, slot(iterate)},
        {Py_tp_methods, methods},
        {Py_tp_getset, getters},
        {0, nullptr}};
    return make_holder_type<Result>("storelink.GetResult", slots);
  }();
  return type;
}

class BodySource final : public PutSource {
 public:
  explicit BodySource(BodyPointer body) : body_(std::move(body)) {}

  Task<std::optional<Bytes>> next_async(std::size_t) override {
    std::vector<Bytes> pieces = co_await read_chunk(body_, 1);
    if (pieces.empty()) co_return std::nullopt;
    co_return std::move(pieces.front());
  }

 private:
  BodyPointer body_;
};

}  // namespace

std::unique_ptr<PutSource> body_source(PyObject* object) {
  if (Py_TYPE(object) == result_type()) return std::make_unique<BodySource>(take_body(object));
  if (Py_TYPE(object) == stream_type()) return std::make_unique<BodySource>(StreamObject::of(object).body);
  return nullptr;
}

void add_get_result_classes(PyObject* module) {
  check(PyModule_AddObjectRef(module, "GetResult", reinterpret_cast<PyObject*>(result_type())));
  check(PyModule_AddObjectRef(module, "BytesStream", reinterpret_cast<PyObject*>(stream_type())));
}

Ref get_result_to_python(GetResult result) {
  auto body = std::make_shared<Body>();
  body->stream = std::move(result.stream);
  body->collected = std::move(result.body);
  body->size = result.end - result.start;
  return ResultObject::make(result_type(), Result{std::move(body), std::move(result)});
}

}  // namespace storelink::python
