// Memory that Python lends for writing.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "buffer_protocol.hpp"
#include "call_arguments.hpp"

namespace storelink::python {

// Holds the buffer of an object: it cannot be resized or freed meanwhile. Made and destroyed with the GIL;
// the memory may be used without.
class WritableBuffer {
 public:
  // TypeError for an object without the buffer protocol, BufferError for one that is read-only or not
  // C-contiguous.
  WritableBuffer(const std::string& what, PyObject* object) {
    if (PyObject_CheckBuffer(object) == 0)
      raise_wrong_type(what, object, "a writable buffer such as bytearray, memoryview or a numpy array");
    check(PyObject_GetBuffer(object, &view_, PyBUF_WRITABLE | PyBUF_C_CONTIGUOUS));
  }
  ~WritableBuffer() { PyBuffer_Release(&view_); }
  WritableBuffer(const WritableBuffer&) = delete;
  WritableBuffer& operator=(const WritableBuffer&) = delete;

  std::span<std::byte> span() const noexcept {
    return {static_cast<std::byte*>(view_.buf), static_cast<std::size_t>(view_.len)};
  }

 private:
  Py_buffer view_{};
};

}  // namespace storelink::python
