#include "bytes_type.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "buffer_protocol.hpp"
#include "call_arguments.hpp"
#include "lent_bytes.hpp"
#include "object_type.hpp"
#include "verb.hpp"

namespace storelink::python {

namespace {

PyTypeObject* bytes_type();

using BytesView = Holder<Bytes>;

const Bytes& of(PyObject* self) noexcept {
  return BytesView::of(self);
}

std::string_view view_of(PyObject* self) noexcept {
  return of(self).view();
}

Ref copied(std::string_view text) {
  return checked(PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}

PyObject* new_bytes(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded_object([&] {
    static const Parameters parameters("Bytes", "buf=b''");
    PyObject* given = parameters.read(args, kwargs)[0];
    return BytesView::make(type, given == nullptr ? Bytes() : buffer_argument("Bytes(): buf", given))
        .release();
  });
}

int get_buffer(PyObject* self, Py_buffer* view, int flags) {
  return PyBuffer_FillInfo(view, self, const_cast<char*>(of(self).data()),
                           static_cast<Py_ssize_t>(of(self).size()), 1, flags);
}

// --- as a sequence

Py_ssize_t length(PyObject* self) {
  return static_cast<Py_ssize_t>(of(self).size());
}

// Also for iteration, which ends with the IndexError.
PyObject* item_at(PyObject* self, Py_ssize_t index) {
  if (index < 0 || index >= length(self)) {
    PyErr_SetString(PyExc_IndexError, "Bytes index out of range");
    return nullptr;
  }
  return PyLong_FromLong(static_cast<unsigned char>(of(self).data()[index]));
}

Ref slice_of(PyObject* self, PyObject* slice) {
  Py_ssize_t start = 0;
  Py_ssize_t stop = 0;
  Py_ssize_t step = 0;
  check(PySlice_Unpack(slice, &start, &stop, &step));
  const Py_ssize_t count = PySlice_AdjustIndices(length(self), &start, &stop, step);
  if (step == 1)
    return BytesView::make(bytes_type(),
                           of(self).slice(static_cast<std::size_t>(start), static_cast<std::size_t>(count)));
  std::string picked(static_cast<std::size_t>(count), '\0');
  for (Py_ssize_t i = 0; i < count; ++i)
    picked[static_cast<std::size_t>(i)] = of(self).data()[start + i * step];
  return BytesView::make(bytes_type(), Bytes::adopt(std::move(picked)));
}

PyObject* item(PyObject* self, PyObject* key) {
  return guarded_object([&]() -> PyObject* {
    if (PySlice_Check(key)) return slice_of(self, key).release();
    if (PyIndex_Check(key) == 0) raise_wrong_type("an index of Bytes", key, "int or slice");
    Py_ssize_t index = PyNumber_AsSsize_t(key, PyExc_IndexError);
    if (index == -1 && PyErr_Occurred() != nullptr) return nullptr;
    return item_at(self, index < 0 ? index + length(self) : index);
  });
}

int contains(PyObject* self, PyObject* other) {
  return guarded(-1, [&] {
    const HeldBuffer part("the left operand of `in`", other);
    return view_of(self).find(part.view()) != std::string_view::npos ? 1 : 0;
  });
}

PyObject* concatenated(PyObject* self, PyObject* other) {
  return guarded_object([&] {
    const HeldBuffer more("the right operand of +", other);
    std::string both(view_of(self));
    return BytesView::make(bytes_type(), Bytes::adopt(both.append(more.view()))).release();
  });
}

PyObject* repeated(PyObject* self, Py_ssize_t count) {
  return guarded_object([&] {
    std::string all;
    if (count > 0 && of(self).size() > static_cast<std::size_t>(PY_SSIZE_T_MAX / count))
      raise(PyExc_OverflowError, "the repeated bytes are longer than memory can be");
    for (Py_ssize_t i = 0; i < count; ++i) all.append(view_of(self));
    return BytesView::make(bytes_type(), Bytes::adopt(std::move(all))).release();
  });
}

PyObject* compare(PyObject* self, PyObject* other, int operation) {
  return guarded_object([&]() -> PyObject* {
    if (PyObject_CheckBuffer(other) == 0) return Py_NewRef(Py_NotImplemented);
    std::optional<HeldBuffer> theirs;
    try {
      theirs.emplace("the other operand", other);
    } catch (const ErrorAlreadySet&) {
      if (PyErr_ExceptionMatches(PyExc_BufferError) == 0) throw;
      PyErr_Clear();  // memory with gaps is no sequence of bytes
      return Py_NewRef(Py_NotImplemented);
    }
    const int order = view_of(self).compare(theirs->view());
    bool holds = false;
    switch (operation) {
      case Py_LT: holds = order < 0; break;
      case Py_LE: holds = order <= 0; break;
      case Py_EQ: holds = order == 0; break;
      case Py_NE: holds = order != 0; break;
      case Py_GT: holds = order > 0; break;
      case Py_GE: holds = order >= 0; break;
      default: break;
    }
    return PyBool_FromLong(holds ? 1 : 0);
  });
}

// That of the equal bytes object.
Py_hash_t hash(PyObject* self) {
  return guarded(Py_hash_t{-1}, [&] { return PyObject_Hash(copied(view_of(self)).get()); });
}

// As a literal in double quotes, which obstore uses.
std::string quoted(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text = "\"";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
      case '\\': text.append({'\\', c}); break;
      case '\t': text += "\\t"; break;
      case '\n': text += "\\n"; break;
      case '\r': text += "\\r"; break;
      default:
        if (byte < 0x20 || byte >= 0x7f)
          text.append("\\x").append({digits[byte >> 4], digits[byte & 15]});
        else
          text += c;
    }
  }
  return text += '"';
}

PyObject* repr(PyObject* self) {
  return guarded_object([&] { return from_utf8("Bytes(b" + quoted(view_of(self)) + ")").release(); });
}

// --- the methods

PyObject* to_bytes(PyObject* self, PyObject*) {
  return guarded_object([&] { return copied(view_of(self)).release(); });
}

PyObject* reduce(PyObject* self, PyObject*) {
  return guarded_object([&] {
    return Py_BuildValue("O(N)", reinterpret_cast<PyObject*>(Py_TYPE(self)), copied(view_of(self)).release());
  });
}

PyObject* remove_prefix(PyObject* self, PyObject* other) {
  return guarded_object([&] {
    const HeldBuffer prefix("removeprefix(): prefix", other);
    if (!view_of(self).starts_with(prefix.view())) return Py_NewRef(self);
    return BytesView::make(bytes_type(), of(self).slice(prefix.view().size(), of(self).size())).release();
  });
}

PyObject* remove_suffix(PyObject* self, PyObject* other) {
  return guarded_object([&] {
    const HeldBuffer suffix("removesuffix(): suffix", other);
    if (!view_of(self).ends_with(suffix.view())) return Py_NewRef(self);
    return BytesView::make(bytes_type(), of(self).slice(0, of(self).size() - suffix.view().size())).release();
  });
}

bool is_lower(char c) noexcept {
  return c >= 'a' && c <= 'z';
}
bool is_upper(char c) noexcept {
  return c >= 'A' && c <= 'Z';
}
bool is_alpha(char c) noexcept {
  return is_lower(c) || is_upper(c);
}
bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
bool is_alnum(char c) noexcept {
  return is_alpha(c) || is_digit(c);
}
bool is_space(char c) noexcept {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_ascii(char c) noexcept {
  return static_cast<unsigned char>(c) < 0x80;
}

// Whether all bytes are so, and there are some.
template <bool (*Is)(char) noexcept>
PyObject* all_are(PyObject* self, PyObject*) {
  const std::string_view text = view_of(self);
  return PyBool_FromLong(!text.empty() && std::ranges::all_of(text, Is) ? 1 : 0);
}

// Whether there are some of one kind and none of the other.
template <bool (*Is)(char) noexcept, bool (*Other)(char) noexcept>
PyObject* cased(PyObject* self, PyObject*) {
  const std::string_view text = view_of(self);
  return PyBool_FromLong(std::ranges::any_of(text, Is) && std::ranges::none_of(text, Other) ? 1 : 0);
}

PyObject* ascii(PyObject* self, PyObject*) {
  return PyBool_FromLong(std::ranges::all_of(view_of(self), is_ascii) ? 1 : 0);
}

template <bool (*Is)(char) noexcept>
PyObject* change_case(PyObject* self, PyObject*) {
  return guarded_object([&] {
    std::string text(view_of(self));
    for (char& c : text)
      if (Is(c)) c = static_cast<char>(c ^ 0x20);
    return BytesView::make(bytes_type(), Bytes::adopt(std::move(text))).release();
  });
}

// What bytes has and this class has not (find, split, decode …), on a copy.
PyObject* attribute(PyObject* self, PyObject* name) {
  PyObject* found = PyObject_GenericGetAttr(self, name);
  if (found != nullptr || PyErr_ExceptionMatches(PyExc_AttributeError) == 0) return found;
  return guarded_object([&]() -> PyObject* {
    TakenError missing;
    const std::string text = to_utf8(name);
    const Ref method = text.starts_with("_")
                           ? Ref()
                           : attribute_or_none(reinterpret_cast<PyObject*>(&PyBytes_Type), text.c_str());
    if (!method) missing.restore_and_throw();
    return PyObject_GetAttr(copied(view_of(self)).get(), name);
  });
}

PyTypeObject* bytes_type() {
  static PyTypeObject* const type = [] {
    static PyMethodDef methods[] = {
        {"to_bytes", to_bytes, METH_NOARGS, "to_bytes($self)\n--\n\nA copy as `bytes`."},
        {"removeprefix", remove_prefix, METH_O,
         "removeprefix($self, prefix, /)\n--\n\nThis without `prefix` in front, if it is there."},
        {"removesuffix", remove_suffix, METH_O,
         "removesuffix($self, suffix, /)\n--\n\nThis without `suffix` at the end, if it is there."},
        {"isalnum", all_are<is_alnum>, METH_NOARGS,
         "isalnum($self)\n--\n\nAs `bytes.isalnum()`: not empty, and ASCII letters and digits only."},
        {"isalpha", all_are<is_alpha>, METH_NOARGS,
         "isalpha($self)\n--\n\nAs `bytes.isalpha()`: not empty, and ASCII letters only."},
        {"isascii", ascii, METH_NOARGS,
         "isascii($self)\n--\n\nAs `bytes.isascii()`: no byte above 127. True if empty."},
        {"isdigit", all_are<is_digit>, METH_NOARGS,
         "isdigit($self)\n--\n\nAs `bytes.isdigit()`: not empty, and ASCII digits only."},
        {"islower", cased<is_lower, is_upper>, METH_NOARGS,
         "islower($self)\n--\n\nAs `bytes.islower()`: ASCII letters are there, and all of them are small."},
        {"isspace", all_are<is_space>, METH_NOARGS,
         "isspace($self)\n--\n\nAs `bytes.isspace()`: not empty, and ASCII white space only."},
        {"isupper", cased<is_upper, is_lower>, METH_NOARGS,
         "isupper($self)\n--\n\nAs `bytes.isupper()`: ASCII letters are there, and all of them are "
         "capitals."},
        {"lower", change_case<is_upper>, METH_NOARGS, "lower($self)\n--\n\nA copy with small ASCII letters."},
        {"upper", change_case<is_lower>, METH_NOARGS,
         "upper($self)\n--\n\nA copy with capital ASCII letters."},
        {"__reduce__", reduce, METH_NOARGS, "__reduce__($self)\n--\n\nHelper for pickle."},
        {nullptr, nullptr, 0, nullptr}};
    static PyType_Slot slots[] = {
        {Py_tp_doc, const_cast<char*>("Bytes(buf=b'')\n--\n\n"
                                      R"doc(A read-only view of memory that belongs to C++.

`memoryview(data)`, numpy and whatever else takes a buffer see that memory without a copy; `bytes(data)` and
`data.to_bytes()` copy it. It compares equal to any buffer of the same bytes, and has the same hash as `bytes`.

The bytes of a contiguous buffer, which is shared and not copied. Default: none.

BufferError or TypeError for what is no such buffer.)doc")},
        {Py_tp_new, slot(new_bytes)},
        {Py_tp_dealloc, slot(BytesView::dealloc)},
        {Py_tp_repr, slot(repr)},
        {Py_tp_hash, slot(hash)},
        {Py_tp_richcompare, slot(compare)},
        {Py_tp_getattro, slot(attribute)},
        {Py_tp_methods, methods},
        {Py_bf_getbuffer, slot(get_buffer)},
        {Py_sq_length, slot(length)},
        {Py_mp_length, slot(length)},
        {Py_sq_item, slot(item_at)},
        {Py_mp_subscript, slot(item)},
        {Py_sq_contains, slot(contains)},
        {Py_sq_concat, slot(concatenated)},
        {Py_sq_repeat, slot(repeated)},
        {0, nullptr}};
    static PyType_Spec spec = {"storelink.Bytes", sizeof(BytesView), 0, Py_TPFLAGS_DEFAULT, slots};
    return reinterpret_cast<PyTypeObject*>(checked(PyType_FromSpec(&spec)).release());
  }();
  return type;
}

}  // namespace

void add_bytes_class(PyObject* module) {
  check(PyModule_AddObjectRef(module, "Bytes", reinterpret_cast<PyObject*>(bytes_type())));
}

Ref bytes_to_python(Bytes bytes) {
  return BytesView::make(bytes_type(), std::move(bytes));
}

PyObject* bytes_list(std::vector<Bytes>&& pieces) {
  return list_of(pieces, [](Bytes& piece) { return bytes_to_python(std::move(piece)); }).release();
}

Ref memoryview_of(Bytes bytes) {
  return checked(PyMemoryView_FromObject(bytes_to_python(std::move(bytes)).get()));
}

Bytes buffer_argument(const char* what, PyObject* object) {
  return Py_TYPE(object) == bytes_type() ? of(object) : bytes_of(what, object);
}

Bytes copy_of(std::string_view bytes) {
  Buffer buffer(bytes.size());
  if (!bytes.empty()) std::memcpy(buffer.data(), bytes.data(), bytes.size());
  return std::move(buffer).freeze(bytes.size());
}

std::optional<Bytes> large_constant_bytes(const char* what, PyObject* object) {
  if (Py_TYPE(object) == bytes_type()) {
    const Bytes& bytes = of(object);
    if (may_change(bytes) || bytes.size() <= short_copy) return {};
    return bytes;
  }
  if (!is_constant_memory(object) || HeldBuffer(what, object).view().size() <= short_copy) return {};
  return bytes_of(what, object);
}

Bytes lasting_bytes(const char* what, PyObject* object) {
  if (std::optional<Bytes> shared = large_constant_bytes(what, object)) return std::move(*shared);
  return copy_of(HeldBuffer(what, object).view());
}

}  // namespace storelink::python
