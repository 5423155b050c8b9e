#include "list_stream.hpp"

#include <cstdint>
#include <memory>

#include "arguments.hpp"
#include "arrow_classes.hpp"
#include "listing.hpp"
#include "object_type.hpp"

namespace storelink::python {

namespace {

struct Stream {
  std::shared_ptr<Listing> listing;
  std::size_t chunk_size;
  bool arrow;
};
using StreamObject = Holder<Stream>;

Ref to_python(ListedObjects& found, bool arrow) {
  const std::vector<ObjectMeta> objects = found.keep();
  return arrow ? make_record_batch(objects) : metas_to_list(objects);
}

// At the end: null, with the exception `at_end` or, without one, none.
template <Way W>
PyObject* next_chunk(PyObject* self, PyObject* at_end) {
  return guarded_object([&] {
    const Stream& stream = StreamObject::of(self);
    return finish(W, Listing::next_async(stream.listing, stream.chunk_size),
                  [arrow = stream.arrow, at_end](ListedObjects&& found) -> PyObject* {
                    if (found.size() != 0) return to_python(found, arrow).release();
                    if (at_end != nullptr) PyErr_SetNone(at_end);
                    return nullptr;
                  });
  });
}

PyObject* next(PyObject* self) {
  return next_chunk<Way::blocking>(self, nullptr);
}

PyObject* anext(PyObject* self) {
  return next_chunk<Way::asynchronous>(self, PyExc_StopAsyncIteration);
}

template <Way W>
PyObject* collect(PyObject* self, PyObject*) {
  return guarded_object([&] {
    const Stream& stream = StreamObject::of(self);
    return finish(
        W, Listing::next_async(stream.listing, SIZE_MAX),
        [arrow = stream.arrow](ListedObjects&& found) { return to_python(found, arrow).release(); });
  });
}

PyTypeObject* stream_type() {
  static PyTypeObject* const type = [] {
    static PyMethodDef methods[] = {
        {"collect", collect<Way::blocking>, METH_NOARGS,
         "collect($self)\n--\n\n"
         R"doc(All that is left, in one chunk, whatever the chunk size. Empty at the end.

Errors are those of `list()`; GenericError for more than 2 GiB of paths in Arrow's columns.)doc"},
        {"collect_async", collect<Way::asynchronous>, METH_NOARGS,
         "collect_async($self)\n--\n\nAs `collect()`, to be awaited."},
        {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_doc, const_cast<char*>(
                        R"doc(A listing, chunk by chunk: an iterator, and an asynchronous one.

Pages are fetched as they are asked for. What goes wrong raises as `list()` says; the stream is then at its end.
Threads and tasks may share a stream: each chunk goes to one of them, and one that is cancelled loses nothing.)doc")},
        {Py_tp_dealloc, slot(StreamObject::dealloc)},
        {Py_tp_iter, slot(PyObject_SelfIter)},
        {Py_tp_iternext, slot(next)},
        {Py_am_aiter, slot(PyObject_SelfIter)},
        {Py_am_anext, slot(anext)},
        {Py_tp_methods, methods},
        {0, nullptr}};
    return make_holder_type<Stream>("storelink.ListStream", slots);
  }();
  return type;
}

}  // namespace

void add_list_stream_class(PyObject* module) {
  check(PyModule_AddObjectRef(module, "ListStream", reinterpret_cast<PyObject*>(stream_type())));
}

Ref make_list_stream(std::shared_ptr<ObjectStore> store, ListRequest request, std::size_t chunk_size,
                     bool arrow) {
  auto listing = std::make_shared<Listing>(std::move(store), std::move(request));
  return StreamObject::make(stream_type(), Stream{std::move(listing), chunk_size, arrow});
}

}  // namespace storelink::python
