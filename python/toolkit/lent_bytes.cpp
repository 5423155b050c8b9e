#include "lent_bytes.hpp"

#include <memory>
#include <new>

#include "buffer_protocol.hpp"
#include "call_arguments.hpp"
#include "interpreter.hpp"

namespace storelink::python {

namespace {

// A buffer that Python lends.
struct Export final : NeedsGil {
  explicit Export(PyObject* object) { check(PyObject_GetBuffer(object, &view, PyBUF_SIMPLE)); }
  ~Export() override { PyBuffer_Release(&view); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;
  Py_buffer view{};
};

}  // namespace

Bytes bytes_of(const std::string& what, PyObject* object) {
  if (PyObject_CheckBuffer(object) == 0)
    raise_wrong_type(what, object, "bytes, or another object with the buffer protocol");
  watch_interpreter_exit();
  const std::shared_ptr<Export> owner(std::make_unique<Export>(object).release(), destroy_later);
  return {owner->view.buf, static_cast<std::size_t>(owner->view.len), owner};
}

}  // namespace storelink::python
