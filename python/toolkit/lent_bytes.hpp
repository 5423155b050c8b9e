// Memory of Python objects as Bytes, without a copy.
#pragma once

#include <cstddef>
#include <span>

#include "buffer_protocol.hpp"
#include "storelink/bytes.hpp"
#include "support.hpp"

namespace storelink::python {

// The buffer of an object while this lives: the object cannot be resized or freed meanwhile. Made and
// destroyed with the GIL, so that the object is as it was at once; the memory may be read without.
class HeldBuffer {
 public:
  // TypeError for an object without the buffer protocol, which says what is `accepted`; BufferError for one
  // that is not C-contiguous or has not what `flags` ask for.
  HeldBuffer(const std::string& what, PyObject* object, int flags = PyBUF_SIMPLE,
             const char* accepted = "bytes, or another object with the buffer protocol");
  ~HeldBuffer() { PyBuffer_Release(&view_); }
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;

  std::string_view view() const noexcept {
    return {static_cast<const char*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

// The same for writing: BufferError also for one that is read-only. The memory may be written to without the
// GIL.
class WritableBuffer {
 public:
  WritableBuffer(const std::string& what, PyObject* object)
      : held_(what, object, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS,
              "a writable buffer such as bytearray, memoryview or a numpy array") {}

  std::span<std::byte> span() const noexcept {
    return {reinterpret_cast<std::byte*>(const_cast<char*>(held_.view().data())), held_.view().size()};
  }

 private:
  HeldBuffer held_;
};

// The memory of an object with the buffer protocol, contiguous. It goes back to the object soon after the
// last slice of the result is gone, on whatever thread that is; the GIL is not waited for there. TypeError or
// BufferError for any other object; `what` names it.
Bytes bytes_of(const std::string& what, PyObject* object);

// Whether the object is bytes or a view of such. That a buffer is read-only says nothing: its memory may be a
// bytearray's.
bool is_constant_memory(PyObject* object);

// Whether these are bytes_of() an object that can change them, such as a bytearray.
bool may_change(const Bytes& bytes) noexcept;

}  // namespace storelink::python
