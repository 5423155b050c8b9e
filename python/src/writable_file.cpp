// open_writer, and the classes WritableFile and AsyncWritableFile.
#include <Python.h>

#include "arguments.hpp"
#include "bytes_type.hpp"
#include "object_type.hpp"
#include "operations.hpp"
#include "storelink/writer.hpp"
#include "turns.hpp"

namespace storelink::python {

namespace {

// Shared by its object and the operations under way, which take turns.
struct OpenedFile {
  OpenedFile(Store store, std::string key, WriterOptions options)
      : path(key), writer(std::move(store), std::move(key), std::move(options)) {}
  const std::string path;
  BufferedWriter writer;
  const std::shared_ptr<Turns> turns = std::make_shared<Turns>();
};
using File = std::shared_ptr<OpenedFile>;
using FileObject = Holder<File>;

// --- the operations

void check_open(const OpenedFile& file) {
  if (!file.writer.is_open()) throw Error(ErrorKind::io, "the file is closed, or writing to it has failed");
}

Task<std::size_t> write_some(File file, Bytes bytes) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  check_open(*file);
  const std::size_t size = bytes.size();
  co_await file->writer.write_async(std::move(bytes));
  co_return size;
}

Task<void> flush_file(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  check_open(*file);
  co_await file->writer.flush_async();
}

Task<void> close_file(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  if (file->writer.is_open()) (void)co_await file->writer.close_async();
}

Task<void> abort_file(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  co_await file->writer.abort_async();
}

Task<bool> is_closed(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  co_return !file->writer.is_open();
}

Task<std::uint64_t> count_written(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  co_return file->writer.written();
}

// --- the methods

PyObject* none() {
  return Py_NewRef(Py_None);
}

template <Way W>
PyObject* write(PyObject* self, PyObject* buffer) {
  return guarded_object([&] {
    return finish(W, write_some(FileObject::of(self), lasting_bytes("buffer", buffer)),
                  [](std::size_t&& size) { return PyLong_FromSize_t(size); });
  });
}

template <Way W>
PyObject* flush(PyObject* self, PyObject*) {
  return guarded_object([&] { return finish(W, flush_file(FileObject::of(self)), none); });
}

template <Way W>
PyObject* close(PyObject* self, PyObject*) {
  return guarded_object([&] { return finish(W, close_file(FileObject::of(self)), none); });
}

PyObject* bool_to_python(bool&& yes) {
  return PyBool_FromLong(yes ? 1 : 0);
}

PyObject* closed_async(PyObject* self, PyObject*) {
  return guarded_object(
      [&] { return finish(Way::asynchronous, is_closed(FileObject::of(self)), bool_to_python); });
}

// `closed` of a blocking file is for both kinds of callers: obstore has a method, files of Python an
// attribute.
struct Closed {
  File file;

  static PyObject* call(PyObject* self, PyObject* args, PyObject* kwargs) {
    return guarded_object([&] {
      (void)no_parameters().read(args, kwargs);
      return finish(Way::blocking, is_closed(Holder<Closed>::of(self).file), bool_to_python);
    });
  }
  static int truth(PyObject* self) {
    const Ref answer = Ref::steal(PyObject_CallNoArgs(self));
    return answer ? static_cast<int>(answer.get() == Py_True) : -1;
  }
  static PyTypeObject* type() {
    static PyTypeObject* const made = [] {
      static PyType_Slot slots[] = {
          {Py_tp_doc, const_cast<char*>("Whether a file is closed: call it, or take it for a bool.")},
          {Py_tp_dealloc, slot(Holder<Closed>::dealloc)},
          {Py_tp_call, slot(call)},
          {Py_nb_bool, slot(truth)},
          {0, nullptr}};
      return make_holder_type<Closed>("storelink.Closed", slots);
    }();
    return made;
  }

 private:
  static const Parameters& no_parameters() {
    static const Parameters none("closed", "");
    return none;
  }
};

PyObject* get_closed(PyObject* self, void*) {
  return guarded_object(
      [&] { return Holder<Closed>::make(Closed::type(), {FileObject::of(self)}).release(); });
}

template <Way W>
PyObject* tell(PyObject* self, PyObject*) {
  return guarded_object([&] {
    return finish(W, count_written(FileObject::of(self)),
                  [](std::uint64_t&& count) { return PyLong_FromUnsignedLongLong(count); });
  });
}

PyObject* yes(PyObject*, PyObject*) {
  return Py_NewRef(Py_True);
}
PyObject* no(PyObject*, PyObject*) {
  return Py_NewRef(Py_False);
}

template <Way W>
PyObject* enter(PyObject* self, PyObject*) {
  return W == Way::blocking ? Py_NewRef(self) : sl_awaitable_done(Py_NewRef(self));
}

// With an exception under way nothing is written.
template <Way W>
PyObject* leave(PyObject* self, PyObject* args) {
  return guarded_object([&] {
    const bool raised = PyTuple_Size(args) > 0 && PyTuple_GetItem(args, 0) != Py_None;
    return finish(W, raised ? abort_file(FileObject::of(self)) : close_file(FileObject::of(self)), none);
  });
}

PyObject* get_name(PyObject* self, void*) {
  return guarded_object([&] { return key_to_python(FileObject::of(self)->path).release(); });
}
PyObject* get_mode(PyObject*, void*) {
  return PyUnicode_FromString("wb");
}

template <Way W>
PyTypeObject* file_type() {
  constexpr bool blocking = W == Way::blocking;
  static PyTypeObject* const type = [] {
    static PyMethodDef methods[] = {
        {"write", write<W>, METH_O,
         "write($self, buffer, /)\n--\n\n"
         R"doc(Takes all bytes of a contiguous buffer and returns how many those are.

Waits while `max_concurrency` parts are under way. OSError if it is closed or has failed, TypeError for what is no
buffer; otherwise errors are those of `put()`.)doc"},
        {"flush", flush<W>, METH_NOARGS,
         "flush($self)\n--\n\n"
         R"doc(Waits until all parts that were sent have arrived; the object is not there before `close()`.

What fills no part is kept. OSError if it is closed or has failed; otherwise errors are those of `put()`.)doc"},
        {"close", close<W>, METH_NOARGS,
         "close($self)\n--\n\n"
         R"doc(Sends what is left and makes the object. Errors are those of `put()`. Does nothing the second time.)doc"},
        {"tell", tell<W>, METH_NOARGS, "tell($self)\n--\n\nHow many bytes were written."},
        {"seekable", no, METH_NOARGS, "seekable($self)\n--\n\nFalse."},
        {"readable", no, METH_NOARGS, "readable($self)\n--\n\nFalse."},
        {"writable", yes, METH_NOARGS, "writable($self)\n--\n\nTrue."},
        {blocking ? "__enter__" : "__aenter__", enter<W>, METH_NOARGS, "Itself."},
        {blocking ? "__exit__" : "__aexit__", leave<W>, METH_VARARGS,
         "Closes the file, or after an exception gives the upload up."},
        // An asynchronous file's table goes on.
        {blocking ? nullptr : "closed", closed_async, METH_NOARGS,
         "closed($self)\n--\n\nWhether it is closed, or has failed."},
        {nullptr, nullptr, 0, nullptr}};
    static PyGetSetDef getters[] = {
        {"name", get_name, nullptr, "The object's path.", nullptr},
        {"mode", get_mode, nullptr, "\"wb\".", nullptr},
        // A blocking file's table goes on.
        {blocking ? "closed" : nullptr, get_closed, nullptr,
         "Whether it is closed, or has failed: a method, and a bool as well, as files of Python have it.",
         nullptr},
        {nullptr, nullptr, nullptr, nullptr, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_doc,
         const_cast<char*>(blocking ? R"doc(An object that is written like a file opened with mode "wb".

At the end of a `with` it is closed; if an exception ends it, the upload is given up and no object is made.)doc"
                                    : "A `WritableFile` whose methods are awaited.")},
        {Py_tp_dealloc, slot(FileObject::dealloc)},
        {Py_tp_methods, methods},
        {Py_tp_getset, getters},
        {0, nullptr}};
    return make_holder_type<File>(blocking ? "storelink.WritableFile" : "storelink.AsyncWritableFile", slots);
  }();
  return type;
}

// --- open_writer

// Nothing to wait for in either way: the first request is sent when there is something to write.
PyObject* open_writer(Way way, Store store, const Arguments& arguments) {
  std::string path = path_argument("path", arguments[0]);
  WriterOptions options;
  options.attributes = attributes_argument("attributes", arguments[1]);
  options.part_size = positive_argument("buffer_size", arguments[2], options.part_size);
  options.tags = tags_argument("tags", arguments[3]);
  options.concurrency = positive_argument("max_concurrency", arguments[4], options.concurrency);
  PyTypeObject* type = way == Way::blocking ? file_type<Way::blocking>() : file_type<Way::asynchronous>();
  File file = std::make_shared<OpenedFile>(std::move(store), std::move(path), std::move(options));
  return FileObject::make(type, std::move(file)).release();
}

constexpr Verb open_writer_verb = {
    "open_writer", "path, *, attributes=None, buffer_size=10485760, tags=None, max_concurrency=12",
    R"doc(An object as a file that is written. The object is there once the file is closed; until then an older one stays.

attributes: such as {"Content-Type": "text/plain"}. Default: none.
buffer_size: how many bytes are kept until they are sent as a part. Default: 10 MiB; S3 takes 5 MiB at least. A
    smaller object is one put.
tags: names and values. Default: none.
max_concurrency: how many parts are sent at the same time. Default: 12.

Returns a WritableFile; `open_writer_async()`, which is not awaited, an AsyncWritableFile. Nothing is sent yet.
InvalidPathError for a path that breaks the rules, ValueError and TypeError for arguments that make no sense; what
is no store is both. Writing, flushing and closing raise as `put()` does: NotFoundError for a bucket that is not
there, NotSupportedError for attributes or tags that the store does not have, UnauthenticatedError,
PermissionDeniedError, GenericError, InputOutputError, OperationTimeoutError.)doc",
    open_writer};

}  // namespace

void add_writable_files(PyObject* module, PyTypeObject* store_class) {
  check(
      PyModule_AddObjectRef(module, "WritableFile", reinterpret_cast<PyObject*>(file_type<Way::blocking>())));
  check(PyModule_AddObjectRef(module, "AsyncWritableFile",
                              reinterpret_cast<PyObject*>(file_type<Way::asynchronous>())));
  add_verb<open_writer_verb>(module, store_class);
}

}  // namespace storelink::python
