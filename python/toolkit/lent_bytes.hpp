// Memory of Python objects as Bytes, without a copy.
#pragma once

#include "buffer_protocol.hpp"
#include "storelink/bytes.hpp"
#include "support.hpp"

namespace storelink::python {

// The buffer of an object while this lives: the object cannot be resized or freed meanwhile. Made and
// destroyed with the GIL, so that the object is as it was at once; the memory may be read without.
class HeldBuffer {
 public:
  // TypeError for an object without the buffer protocol, BufferError for one that is not C-contiguous.
  HeldBuffer(const std::string& what, PyObject* object);
  ~HeldBuffer() { PyBuffer_Release(&view_); }
  HeldBuffer(const HeldBuffer&) = delete;
  HeldBuffer& operator=(const HeldBuffer&) = delete;

  std::string_view view() const noexcept {
    return {static_cast<const char*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
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
