#include "bytes_object.hpp"

#include <memory>
#include <new>

#include "buffer_protocol.hpp"
#include "call_arguments.hpp"
#include "interpreter.hpp"

namespace storelink::python {

namespace {

struct BytesObject {
  PyObject ob_base;  // what PyObject_HEAD stands for
  Bytes bytes;
};

BytesObject* as_bytes(PyObject* self) noexcept {
  return reinterpret_cast<BytesObject*>(self);
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  const Bytes& bytes = as_bytes(self)->bytes;
  return PyBuffer_FillInfo(view, self, const_cast<char*>(bytes.data()), static_cast<Py_ssize_t>(bytes.size()),
                           1, flags);
}

void dealloc_bytes(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  as_bytes(self)->bytes.~Bytes();
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(reinterpret_cast<PyObject*>(type));
}

// A buffer that Python lends.
struct Export final : NeedsGil {
  explicit Export(PyObject* object) { check(PyObject_GetBuffer(object, &view, PyBUF_SIMPLE)); }
  ~Export() override { PyBuffer_Release(&view); }
  Export(const Export&) = delete;
  Export& operator=(const Export&) = delete;
  Py_buffer view{};
};

PyTypeObject* bytes_type() {
  static PyTypeObject* made = nullptr;
  if (made != nullptr) return made;
  static PyType_Slot slots[] = {{Py_tp_dealloc, reinterpret_cast<void*>(dealloc_bytes)},
                                {Py_bf_getbuffer, reinterpret_cast<void*>(get_buffer)},
                                {0, nullptr}};
  static PyType_Spec spec = {"storelink.Memory", sizeof(BytesObject), 0, Py_TPFLAGS_DEFAULT, slots};
  made = reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
  return made;
}

}  // namespace

Ref memoryview_of(Bytes bytes) {
  PyTypeObject* type = bytes_type();
  const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
  const Ref self = Ref::steal(alloc(type, 0));
  if (!self) throw ErrorAlreadySet{};
  new (&as_bytes(self.get())->bytes) Bytes(std::move(bytes));
  return checked(PyMemoryView_FromObject(self.get()));
}

Bytes bytes_of(const std::string& what, PyObject* object) {
  if (PyObject_CheckBuffer(object) == 0)
    raise_wrong_type(what, object, "bytes, or another object with the buffer protocol");
  watch_interpreter_exit();
  const std::shared_ptr<Export> owner(std::make_unique<Export>(object).release(), destroy_later);
  return {owner->view.buf, static_cast<std::size_t>(owner->view.len), owner};
}

}  // namespace storelink::python
