#include "lent_bytes.hpp"

#include <memory>
#include <new>

#include "call_arguments.hpp"
#include "interpreter.hpp"

namespace storelink::python {

namespace {

// A buffer that Python lends.
struct Export final : NeedsGil {
  Export(const std::string& what, PyObject* object)
      : buffer(what, object), constant(is_constant_memory(object)) {}

  const HeldBuffer buffer;
  const bool constant;
};

struct ReturnToPython {
  void operator()(Export* lent) const noexcept { destroy_later(lent); }
};

}  // namespace

HeldBuffer::HeldBuffer(const std::string& what, PyObject* object, int flags, const char* accepted) {
  if (PyObject_CheckBuffer(object) == 0) raise_wrong_type(what, object, accepted);
  check(PyObject_GetBuffer(object, &view_, flags));
}

Bytes bytes_of(const std::string& what, PyObject* object) {
  watch_interpreter_exit();
  const std::shared_ptr<Export> owner(std::make_unique<Export>(what, object).release(), ReturnToPython());
  return {owner->buffer.view().data(), owner->buffer.view().size(), owner};
}

bool is_constant_memory(PyObject* object) {
  if (PyMemoryView_Check(object) == 0) return PyBytes_Check(object) != 0;
  const Ref viewed = checked(PyObject_GetAttrString(object, "obj"));
  return PyBytes_Check(viewed.get()) != 0;
}

bool may_change(const Bytes& bytes) noexcept {
  const bool lent = std::get_deleter<ReturnToPython>(bytes.owner()) != nullptr;
  return lent && !static_cast<const Export*>(bytes.owner().get())->constant;
}

}  // namespace storelink::python
