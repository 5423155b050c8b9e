#include "put_source.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/blocking.hpp"
#include "base/descriptor.hpp"
#include "buffer_protocol.hpp"
#include "bytes_type.hpp"
#include "embedded.hpp"
#include "lent_bytes.hpp"
#include "python_call.hpp"

namespace storelink::python {

namespace {

// --- memory

class ConstantMemory final : public PutSource {
 public:
  explicit ConstantMemory(Bytes bytes) : bytes_(std::move(bytes)) {}

  Task<std::optional<Bytes>> next_async(std::size_t size) override {
    if (given_ == bytes_.size()) co_return std::nullopt;
    Bytes piece = bytes_.slice(given_, size);
    given_ += piece.size();
    co_return piece;
  }

  std::optional<Bytes> whole() const override { return bytes_; }

 private:
  Bytes bytes_;
  std::size_t given_ = 0;
};

// Memory that its owner may change is copied when it is asked for: what was signed and counted must be what
// is sent, and a store in memory keeps what it is given.
class ChangingMemory final : public PutSource {
 public:
  explicit ChangingMemory(std::string_view rest) : rest_(rest) {}

  Task<std::optional<Bytes>> next_async(std::size_t size) override {
    if (rest_.empty()) co_return std::nullopt;
    Bytes piece = copy_of(rest_.substr(0, size));
    rest_.remove_prefix(piece.size());
    co_return piece;
  }

 private:
  std::string_view rest_;
};

PutInput memory_source(PyObject* object) {
  if (std::optional<Bytes> bytes = large_constant_bytes("file", object))
    return {std::make_unique<ConstantMemory>(std::move(*bytes)), nullptr};
  auto held = std::make_unique<HeldBuffer>("file", object);
  const std::string_view memory = held->view();
  if (memory.size() <= short_copy) return {std::make_unique<ConstantMemory>(copy_of(memory)), nullptr};
  return {std::make_unique<ChangingMemory>(memory), std::move(held)};
}

// --- files by their paths

class FileSource final : public PutSource {
 public:
  FileSource(Descriptor file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}

  Task<std::optional<Bytes>> next_async(std::size_t size) override {
    Context& context = *co_await current_context();
    auto work = [this, size, &context] { return read(size, context); };
    std::optional<Bytes> piece = co_await run_blocking(std::move(work));
    co_return piece;
  }

 private:
  std::optional<Bytes> read(std::size_t size, Context& context) const {
    struct stat status{};
    std::size_t expected = size;
    if (::fstat(file_.get(), &status) == 0 && S_ISREG(status.st_mode)) {
      const off_t position = ::lseek(file_.get(), 0, SEEK_CUR);
      // One byte more, so that the end is seen.
      if (position >= 0 && status.st_size >= position)
        expected = std::min(size, static_cast<std::size_t>(status.st_size - position) + 1);
    }
    Buffer buffer(expected);
    std::size_t filled = 0;
    while (filled < expected) {
      context.check();
      const ssize_t count = ::read(file_.get(), buffer.data() + filled, expected - filled);
      if (count == 0) break;
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) throw Error(ErrorKind::io, "cannot read " + path_ + ": " + std::strerror(errno));
      filled += static_cast<std::size_t>(count);
    }
    if (filled == 0) return std::nullopt;
    return std::move(buffer).freeze(filled);
  }

  const Descriptor file_;
  const std::string path_;
};

[[noreturn]] void raise_os_error(int number, PyObject* path) {
  errno = number;
  PyErr_SetFromErrnoWithFilenameObject(PyExc_OSError, path);
  throw ErrorAlreadySet{};
}

PutInput file_source(PyObject* path) {
  const Ref name = checked(PyOS_FSPath(path));
  const Ref encoded = PyBytes_Check(name.get()) != 0 ? name : checked(PyUnicode_EncodeFSDefault(name.get()));
  char* text = nullptr;
  check(PyBytes_AsStringAndSize(encoded.get(), &text, nullptr));  // ValueError for a null byte
  int number = 0;
  Descriptor file;
  {
    const GilReleased released;
    file = Descriptor(::open(text, O_RDONLY | O_CLOEXEC));
    struct stat status{};
    if (!file || ::fstat(file.get(), &status) != 0)
      number = errno;
    else if (S_ISDIR(status.st_mode))
      number = EISDIR;
  }
  if (number != 0) raise_os_error(number, name.get());
  return {std::make_unique<FileSource>(std::move(file), text), nullptr};
}

// --- Python objects that are asked

// The exception itself, where an Error stands for one of Python.
[[noreturn]] void rethrow_as_raised(const Error& error) {
  if (error.cause()) {
    try {
      std::rethrow_exception(error.cause());
    } catch (const ForeignException& exception) {
      throw SourceFailure(std::static_pointer_cast<PyObject>(exception.object()));
    } catch (...) {
      throw Error(error);
    }
  }
  throw Error(error);
}

class PythonSource : public PutSource {
 public:
  Task<std::optional<Bytes>> next_async(std::size_t size) final {
    std::optional<Error> failure;
    try {
      std::optional<Bytes> piece = co_await ask(size);
      co_return piece;
    } catch (const Error& error) {
      failure = error;
    }
    rethrow_as_raised(*failure);
  }

 private:
  virtual Task<std::optional<Bytes>> ask(std::size_t size) = 0;
};

// A function of the source, called on whatever thread: in the context of an asynchronous caller, whose own
// thread goes on.
class SourceFunction {
 public:
  SourceFunction(Way way, PyObject* function) : function_(share(function)) {
    if (way == Way::blocking) return;
    const Ref context = checked(PyObject_CallNoArgs(import_attribute("contextvars", "copy_context").get()));
    run_ = share(checked(PyObject_GetAttrString(context.get(), "run")).get());
  }

  Ref operator()(const Ref& args) const {
    if (!run_) return call_python(function_.get(), args.get(), nullptr);
    const Ref first = checked(PyTuple_Pack(1, function_.get()));
    const Ref all = checked(PySequence_Concat(first.get(), args.get()));
    return call_python(run_.get(), all.get(), nullptr);
  }

 private:
  SharedRef function_;
  SharedRef run_;
};

// An open file: an object with read(size).
class FileLikeSource final : public PythonSource {
 public:
  explicit FileLikeSource(SourceFunction read) : read_(std::move(read)) {}

 private:
  Task<std::optional<Bytes>> ask(std::size_t size) override {
    auto work = [this, size]() -> std::optional<Bytes> {
      const Ref args = checked(Py_BuildValue("(n)", static_cast<Py_ssize_t>(size)));
      const Ref result = read_(args);
      Bytes piece = lasting_bytes("what file.read() returned", result.get());
      if (piece.empty()) return std::nullopt;
      return piece;
    };
    std::optional<Bytes> piece = co_await in_python(std::move(work));
    co_return piece;
  }

  const SourceFunction read_;
};

class IteratorSource final : public PythonSource {
 public:
  explicit IteratorSource(SourceFunction next) : next_(std::move(next)) {}

 private:
  Task<std::optional<Bytes>> ask(std::size_t) override {
    auto work = [this]() -> std::optional<Bytes> {
      Ref item;
      try {
        item = next_(checked(PyTuple_New(0)));
      } catch (const ErrorAlreadySet&) {
        if (PyErr_ExceptionMatches(PyExc_StopIteration) == 0) throw;
        PyErr_Clear();
        return std::nullopt;
      }
      return lasting_bytes("an item of file", item.get());
    };
    std::optional<Bytes> piece = co_await in_python(std::move(work));
    co_return piece;
  }

  const SourceFunction next_;
};

// Its coroutines run where the caller's own do, in one task: see async_iteration.py.
class AsyncIteratorSource final : public PythonSource {
 public:
  AsyncIteratorSource(SharedRef next, SharedRef loop) : next_(std::move(next)), loop_(std::move(loop)) {}

 private:
  Task<std::optional<Bytes>> ask(std::size_t) override {
    auto pack = [this] {
      CallValues values(share(checked(PyTuple_New(0)).get()), nullptr);
      values.loop = loop_;
      return values;
    };
    CallValues values = co_await in_python(std::move(pack));
    std::optional<Error> failure;
    SharedRef item;
    try {
      item = co_await await_on_loop(next_, std::move(values));
    } catch (const Error& error) {
      failure = error;
    }
    if (failure) {
      if (is_end(*failure)) co_return std::nullopt;
      throw Error(*failure);
    }
    auto unpack = [&item] { return lasting_bytes("an item of file", item.get()); };
    Bytes piece = co_await in_python(std::move(unpack));
    co_return piece;
  }

  static bool is_end(const Error& error) {
    if (!error.cause()) return false;
    try {
      std::rethrow_exception(error.cause());
    } catch (const ForeignException& exception) {
      const EnteredPython entered;
      return entered && PyErr_GivenExceptionMatches(static_cast<PyObject*>(exception.object().get()),
                                                    PyExc_StopAsyncIteration) != 0;
    } catch (...) {
      return false;
    }
  }

  const SharedRef next_;
  const SharedRef loop_;
};

constinit EmbeddedModule async_iteration("async_iteration",
#include "async_iteration.py.inc"
);

PutInput async_source(Way way, PyObject* file) {
  if (way == Way::blocking)
    raise(PyExc_ValueError, "file is an asynchronous iterable; put_async() takes those, put() does not");
  const Ref loop = checked(PyObject_CallNoArgs(import_attribute("asyncio", "get_running_loop").get()));
  const Ref iteration =
      checked(PyObject_CallFunctionObjArgs(async_iteration.get("Iteration"), file, nullptr));
  const Ref next = checked(PyObject_GetAttrString(iteration.get(), "next"));
  return {std::make_unique<AsyncIteratorSource>(share(next.get()), share(loop.get())), nullptr};
}

}  // namespace

bool translate_source_failure(const std::exception_ptr& failure) noexcept {
  try {
    std::rethrow_exception(failure);
  } catch (const SourceFailure& raised) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(raised.exception())), raised.exception());
    return true;
  } catch (...) {
    return false;
  }
}

PutInput put_source(Way way, PyObject* file) {
  if (PyUnicode_Check(file) != 0 || attribute_or_none(file, "__fspath__")) return file_source(file);
  if (PyObject_CheckBuffer(file) != 0) return memory_source(file);
  if (const Ref read = attribute_or_none(file, "read"))
    return {std::make_unique<FileLikeSource>(SourceFunction(way, read.get())), nullptr};
  const bool asynchronous = static_cast<bool>(attribute_or_none(file, "__aiter__"));
  const bool iterable = static_cast<bool>(attribute_or_none(file, "__iter__"));
  if (asynchronous && (way == Way::asynchronous || !iterable)) return async_source(way, file);
  if (iterable) {
    const Ref iterator = checked(PyObject_GetIter(file));
    const Ref next = checked(PyObject_GetAttrString(iterator.get(), "__next__"));
    return {std::make_unique<IteratorSource>(SourceFunction(way, next.get())), nullptr};
  }
  raise(PyExc_ValueError,
        "file is of type " + type_name(file) +
            "; accepted are bytes and other buffers, a path (str or Path), an open file, and "
            "iterables of buffers");
}

}  // namespace storelink::python
