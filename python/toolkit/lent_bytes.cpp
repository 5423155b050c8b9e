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
  explicit Export(PyObject* object) : constant(is_constant(object)) {
    check(PyObject_GetBuffer(object, &view, PyBUF_SIMPLE));
  }
  ~Export() override { PyBuffer_Release(&view); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;
  // That a view is read-only says nothing: its memory may be a bytearray's.
  static bool is_constant(PyObject* object) {
    if (PyMemoryView_Check(object) == 0) return PyBytes_Check(object) != 0;
    const Ref viewed = checked(PyObject_GetAttrString(object, "obj"));
    return PyBytes_Check(viewed.get()) != 0;
  }
  const bool constant;
  Py_buffer view{};
};

struct ReturnToPython {
  void operator()(Export* lent) const noexcept { destroy_later(lent); }
};

}  // namespace

Bytes bytes_of(const std::string& what, PyObject* object) {
  if (PyObject_CheckBuffer(object) == 0)
    raise_wrong_type(what, object, "bytes, or another object with the buffer protocol");
  watch_interpreter_exit();
  const std::shared_ptr<Export> owner(std::make_unique<Export>(object).release(), ReturnToPython());
  return {owner->view.buf, static_cast<std::size_t>(owner->view.len), owner};
}

bool may_change(const Bytes& bytes) noexcept {
  const bool lent = std::get_deleter<ReturnToPython>(bytes.owner()) != nullptr;
  return lent && !static_cast<const Export*>(bytes.owner().get())->constant;
}

}  // namespace storelink::python
