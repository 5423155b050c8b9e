// open_reader, and the classes ReadableFile and AsyncReadableFile.
#include <Python.h>

#include "arguments.hpp"
#include "bytes_type.hpp"
#include "lent_bytes.hpp"
#include "object_type.hpp"
#include "operations.hpp"
#include "storelink/reader.hpp"
#include "turns.hpp"

namespace storelink::python {

namespace {

// Shared by its object and the operations under way, which take turns.
struct OpenedFile {
  explicit OpenedFile(BufferedReader r) : reader(std::move(r)) {}
  BufferedReader reader;
  const std::shared_ptr<Turns> turns = std::make_shared<Turns>();
  bool closed = false;  // guarded by the GIL
};
using File = std::shared_ptr<OpenedFile>;
using FileObject = Holder<File>;

// --- the operations

Task<Bytes> read_some(File file, std::uint64_t length) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  Bytes bytes = co_await file->reader.read_async(length);
  co_return bytes;
}

Task<std::size_t> read_into(File file, std::span<std::byte> buffer) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  co_return co_await file->reader.read_into_async(buffer);
}

Task<Bytes> read_line(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  Bytes line = co_await file->reader.read_line_async();
  co_return line;
}

// Lines of together `enough` bytes at least, or all that are left.
Task<std::vector<Bytes>> read_lines(File file, std::uint64_t enough) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  std::vector<Bytes> lines;
  for (std::uint64_t size = 0; size < enough;) {
    Bytes line = co_await file->reader.read_line_async();
    if (line.empty()) break;
    size += line.size();
    lines.push_back(std::move(line));
  }
  co_return lines;
}

Task<std::uint64_t> tell_position(File file) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  co_return file->reader.position();
}

struct SeekTarget {
  std::int64_t offset;
  int whence;
};

Task<std::uint64_t> seek_to(File file, SeekTarget target) {
  const Turns::Turn turn = co_await Turns::take(file->turns);
  std::uint64_t from = 0;
  if (target.whence == SEEK_CUR) from = file->reader.position();
  if (target.whence == SEEK_END) from = file->reader.size();
  // Positions that Python's files cannot have, either, are refused.
  const std::uint64_t to = from + static_cast<std::uint64_t>(target.offset);
  if (to > static_cast<std::uint64_t>(INT64_MAX))
    throw Error(ErrorKind::io, "cannot seek " + std::to_string(target.offset) + " bytes from position " +
                                   std::to_string(from) +
                                   (target.offset < 0 ? ": that is before the start" : ": that is too far"));
  file->reader.seek(to);
  co_return to;
}

// --- the methods

const File& opened(PyObject* self) {
  const File& file = FileObject::of(self);
  if (file->closed) raise(PyExc_ValueError, "the file is closed");
  return file;
}

PyObject* bytes_result(Bytes&& bytes) {
  return bytes_to_python(std::move(bytes)).release();
}

PyObject* number_result(std::uint64_t&& number) {
  return PyLong_FromUnsignedLongLong(number);
}

// None or a negative number: without a limit.
std::uint64_t limit_argument(const char* what, PyObject* argument) {
  if (!is_given(argument)) return UINT64_MAX;
  const Ref index = Ref::steal(PyNumber_Index(argument));
  if (!index) {
    PyErr_Clear();
    raise_wrong_type(what, argument, "int");
  }
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(index.get(), &overflow);
  return overflow != 0 || number < 0 ? UINT64_MAX : static_cast<std::uint64_t>(number);
}

template <Way W>
PyObject* read(PyObject* self, PyObject* const* given, Py_ssize_t count) {
  return guarded_object([&] {
    static const Parameters parameters("read", "size=None, /");
    const std::uint64_t length = limit_argument("size", parameters.read(given, count, nullptr)[0]);
    return finish(W, read_some(opened(self), length), bytes_result);
  });
}

template <Way W>
PyObject* read_all(PyObject* self, PyObject*) {
  return guarded_object([&] { return finish(W, read_some(opened(self), UINT64_MAX), bytes_result); });
}

template <Way W>
PyObject* readinto(PyObject* self, PyObject* object) {
  return guarded_object([&] {
    auto buffer = std::make_unique<WritableBuffer>("buffer", object);
    const std::span<std::byte> into = buffer->span();
    return finish(W, read_into(opened(self), into),
                  [lent = std::move(buffer)](std::size_t&& size) { return PyLong_FromSize_t(size); });
  });
}

template <Way W>
PyObject* readline(PyObject* self, PyObject*) {
  return guarded_object([&] { return finish(W, read_line(opened(self)), bytes_result); });
}

template <Way W>
PyObject* readlines(PyObject* self, PyObject* const* given, Py_ssize_t count) {
  return guarded_object([&] {
    static const Parameters parameters("readlines", "hint=-1, /");
    std::uint64_t enough = limit_argument("hint", parameters.read(given, count, nullptr)[0]);
    if (enough == 0) enough = UINT64_MAX;
    return finish(W, read_lines(opened(self), enough), bytes_list);
  });
}

template <Way W>
PyObject* tell(PyObject* self, PyObject*) {
  return guarded_object([&] { return finish(W, tell_position(opened(self)), number_result); });
}

template <Way W>
PyObject* seek(PyObject* self, PyObject* const* given, Py_ssize_t count) {
  return guarded_object([&] {
    static const Parameters parameters("seek", "offset, whence=0, /");
    const Arguments arguments = parameters.read(given, count, nullptr);
    const Ref offset = checked(PyNumber_Index(arguments[0]));
    SeekTarget target{PyLong_AsLongLong(offset.get()), SEEK_SET};
    if (PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
    if (arguments[1] != nullptr) target.whence = static_cast<int>(PyLong_AsLong(arguments[1]));
    if (PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
    if (target.whence != SEEK_SET && target.whence != SEEK_CUR && target.whence != SEEK_END)
      raise(PyExc_OSError, "whence is " + std::to_string(target.whence) +
                               "; accepted are 0 (start), 1 (current position) and 2 (end)");
    if (target.whence == SEEK_SET && target.offset < 0)
      raise(PyExc_ValueError, "offset is " + std::to_string(target.offset) + ", which is before the start");
    return finish(W, seek_to(opened(self), target), number_result);
  });
}

// The next line; null without an exception, or StopAsyncIteration, at the end.
template <Way W>
PyObject* next_line(PyObject* self) {
  return guarded_object([&] {
    return finish(W, read_line(opened(self)), [](Bytes&& line) -> PyObject* {
      if (!line.empty()) return bytes_result(std::move(line));
      if (W == Way::asynchronous) PyErr_SetNone(PyExc_StopAsyncIteration);
      return nullptr;
    });
  });
}

PyObject* yes(PyObject*, PyObject*) {
  return Py_NewRef(Py_True);
}
PyObject* no(PyObject*, PyObject*) {
  return Py_NewRef(Py_False);
}

PyObject* nothing(PyObject*, PyObject*) {
  return Py_NewRef(Py_None);
}

PyObject* close(PyObject* self, PyObject*) {
  FileObject::of(self)->closed = true;
  return Py_NewRef(Py_None);
}

template <Way W>
PyObject* enter(PyObject* self, PyObject*) {
  return W == Way::blocking ? Py_NewRef(self) : sl_awaitable_done(Py_NewRef(self));
}

template <Way W>
PyObject* leave(PyObject* self, PyObject*) {
  return W == Way::blocking ? close(self, nullptr) : sl_awaitable_done(close(self, nullptr));
}

PyObject* get_size(PyObject* self, void*) {
  return PyLong_FromUnsignedLongLong(FileObject::of(self)->reader.size());
}
PyObject* get_closed(PyObject* self, void*) {
  return PyBool_FromLong(FileObject::of(self)->closed ? 1 : 0);
}
PyObject* get_name(PyObject* self, void*) {
  return guarded_object([&] { return key_to_python(FileObject::of(self)->reader.meta().path).release(); });
}
PyObject* get_mode(PyObject*, void*) {
  return PyUnicode_FromString("rb");
}

template <Way W>
PyTypeObject* file_type() {
  constexpr bool blocking = W == Way::blocking;
  static PyTypeObject* const type = [] {
    static PyMethodDef methods[] = {
        {"read", method(read<W>), METH_FASTCALL,
         "read($self, size=None, /)\n--\n\nUp to `size` bytes, fewer only at the end. Default: all that are "
         "left."},
        {"readall", read_all<W>, METH_NOARGS, "readall($self)\n--\n\nAll bytes that are left."},
        {"readinto", readinto<W>, METH_O,
         "readinto($self, buffer, /)\n--\n\n"
         R"doc(Fills a writable buffer without a copy, and says with how many bytes: fewer only at the end.

TypeError or BufferError for what is no contiguous buffer that can be written to.)doc"},
        {"readline", readline<W>, METH_NOARGS,
         "readline($self)\n--\n\nUp to the next newline, that included. Empty at the end."},
        {"readlines", method(readlines<W>), METH_FASTCALL,
         "readlines($self, hint=-1, /)\n--\n\n"
         R"doc(The lines that are left. With a `hint` above 0, no further line once they have that many bytes.)doc"},
        {"seek", method(seek<W>), METH_FASTCALL,
         "seek($self, offset, whence=0, /)\n--\n\n"
         R"doc(Goes to `offset` bytes from the start (`whence` 0, the default), from here (1) or from the end (2).

Returns the position from the start. ValueError for a negative `offset` from the start; OSError for one that leads
there from elsewhere, and for another `whence`.)doc"},
        {"tell", tell<W>, METH_NOARGS, "tell($self)\n--\n\nThe position, in bytes from the start."},
        {"seekable", yes, METH_NOARGS, "seekable($self)\n--\n\nTrue."},
        {"readable", yes, METH_NOARGS, "readable($self)\n--\n\nTrue."},
        {"writable", no, METH_NOARGS, "writable($self)\n--\n\nFalse."},
        {"close", close, METH_NOARGS, "close($self)\n--\n\nReading raises ValueError from now on."},
        {blocking ? "__enter__" : "__aenter__", enter<W>, METH_NOARGS, "Itself."},
        {blocking ? "__exit__" : "__aexit__", leave<W>, METH_VARARGS, "Closes the file."},
        // io's classes on top of a file call it when they are closed. An asynchronous file's table ends here.
        {blocking ? "flush" : nullptr, nothing, METH_NOARGS,
         "flush($self)\n--\n\nDoes nothing. What wraps a file calls it."},
        {nullptr, nullptr, 0, nullptr}};
    static PyGetSetDef getters[] = {
        {"size", get_size, nullptr, "The size of the object in bytes.", nullptr},
        {"closed", get_closed, nullptr, "Whether `close()` has been called.", nullptr},
        {"name", get_name, nullptr, "The object's path.", nullptr},
        {"mode", get_mode, nullptr, "\"rb\".", nullptr},
        {nullptr, nullptr, nullptr, nullptr, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_doc,
         const_cast<char*>(
             blocking
                 ? R"doc(An object that is read like a file opened with mode "rb": buffered, and with a position. Threads may share it.

Reads raise as `open_reader()` says, and ValueError after `close()`.)doc"
                 : "A `ReadableFile` whose reads are awaited.")},
        {Py_tp_dealloc, slot(FileObject::dealloc)},
        {blocking ? Py_tp_iter : Py_am_aiter, slot(PyObject_SelfIter)},
        {blocking ? Py_tp_iternext : Py_am_anext, slot(next_line<W>)},
        {Py_tp_methods, methods},
        {Py_tp_getset, getters},
        {0, nullptr}};
    return make_holder_type<File>(blocking ? "storelink.ReadableFile" : "storelink.AsyncReadableFile", slots);
  }();
  return type;
}

// --- open_reader

Task<File> open_file(Store store, std::string path, ReaderOptions options) {
  co_return std::make_shared<OpenedFile>(
      co_await open_reader_async(std::move(store), std::move(path), std::move(options)));
}

PyObject* open_reader(Way way, Store store, const Arguments& arguments) {
  std::string path = path_argument("path", arguments[0]);
  ReaderOptions options;
  options.buffer_size = size_argument("buffer_size", arguments[1], options.buffer_size);
  if (is_given(arguments[2])) {
    options.meta.emplace();
    options.meta->path = path;
    options.meta->size = to_size("size", arguments[2]);
  }
  PyTypeObject* type = way == Way::blocking ? file_type<Way::blocking>() : file_type<Way::asynchronous>();
  return finish(way, open_file(std::move(store), std::move(path), std::move(options)),
                [type](File&& file) { return FileObject::make(type, std::move(file)).release(); });
}

constexpr Verb open_reader_verb = {
    "open_reader", "path, *, buffer_size=1048576, size=None",
    R"doc(An object as a file that is read. One request asks for its size; after that each read asks for what it needs.

buffer_size: how many bytes are fetched at least, and kept. Default: 1 MiB.
size: the object's size in bytes, if you know it: saves that request. If it is too small, the file ends there.

Returns a ReadableFile; `open_reader_async()` gives an AsyncReadableFile. All reads see the version that was opened,
if the store has strong etags and `size` was not given: PreconditionError when the object is replaced meanwhile.
Otherwise errors are those of `get()`: NotFoundError if there is no such object, UnauthenticatedError,
PermissionDeniedError and so on; OverflowError for negative sizes. For a whole object `get()` is quicker.)doc",
    open_reader};

}  // namespace

void add_readable_files(PyObject* module, PyTypeObject* store_class) {
  check(
      PyModule_AddObjectRef(module, "ReadableFile", reinterpret_cast<PyObject*>(file_type<Way::blocking>())));
  check(PyModule_AddObjectRef(module, "AsyncReadableFile",
                              reinterpret_cast<PyObject*>(file_type<Way::asynchronous>())));
  add_verb<open_reader_verb>(module, store_class);
}

}  // namespace storelink::python
