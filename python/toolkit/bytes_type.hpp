// The class Bytes: a read-only, bytes-like view of memory that C++ or another Python object owns.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "storelink/bytes.hpp"
#include "support.hpp"

namespace storelink::python {

// Adds the class to the module.
void add_bytes_class(PyObject* module);

// A Bytes object, without a copy.
Ref bytes_to_python(Bytes bytes);
Ref memoryview_of(Bytes bytes);
// A list of them: a new reference.
PyObject* bytes_list(std::vector<Bytes>&& pieces);

// As bytes_of(), which for a Bytes object needs no Python.
Bytes buffer_argument(const char* what, PyObject* object);

// Up to this size a copy costs less than having memory lent and giving it back.
inline constexpr std::size_t short_copy = 64u << 10;

Bytes copy_of(std::string_view bytes);

// The memory of a large bytes object, or of what stands for one, which nobody changes; nothing for any other
// object.
std::optional<Bytes> large_constant_bytes(const char* what, PyObject* object);

// As bytes_of(), but they stay as they are when the caller goes on: what is short, or may change, is copied,
// and its object is free again at once.
Bytes lasting_bytes(const char* what, PyObject* object);

}  // namespace storelink::python
