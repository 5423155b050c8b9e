// What put() uploads: memory, files and streams of Python objects, as one kind of source.
#pragma once

#include <memory>
#include <optional>

#include "interpreter.hpp"
#include "lent_bytes.hpp"
#include "verb.hpp"

namespace storelink::python {

// What a source in Python raised, on its way to the caller as it is.
class SourceFailure : public std::exception {
 public:
  explicit SourceFailure(SharedRef exception) : exception_(std::move(exception)) {}
  const char* what() const noexcept override { return "the source of an upload raised an exception"; }
  PyObject* exception() const noexcept { return exception_.get(); }

 private:
  SharedRef exception_;
};

// Sets the exception that a SourceFailure carries; false for any other. For into_awaitable().
bool translate_source_failure(const std::exception_ptr& failure) noexcept;

class PutSource {
 public:
  PutSource() = default;
  virtual ~PutSource() = default;
  PutSource(const PutSource&) = delete;
  PutSource& operator=(const PutSource&) = delete;

  // The next bytes, about `size` of them; nothing at the end. Throws SourceFailure, Error. One call at a
  // time.
  virtual Task<std::optional<Bytes>> next_async(std::size_t size) = 0;

  // All of it, if it is in memory that nobody changes: then it need not be asked for in pieces.
  virtual std::optional<Bytes> whole() const { return {}; }
};

struct PutInput {
  std::unique_ptr<PutSource> source;
  // Memory that the source reads, of an object that can change it. Outlives the source; destroyed with the
  // GIL, before the caller goes on.
  std::unique_ptr<HeldBuffer> held;
};

// The source that an argument of put() stands for. ValueError for what is none, and for asynchronous
// iterables in a blocking put. Needs the GIL.
PutInput put_source(Way way, PyObject* file);

}  // namespace storelink::python
