// The methods of the store classes, by subject: each in the source file of the same name.
#pragma once

#include "support.hpp"

namespace storelink::python {

// identity.cpp: repr, ==, pickling, copying
PyObject* store_repr(PyObject* self) noexcept;
PyObject* store_repr_html(PyObject* self, PyObject*) noexcept;
PyObject* store_compare(PyObject* self, PyObject* other, int operation) noexcept;
PyObject* store_getnewargs(PyObject* self, PyObject*) noexcept;       // all that have one
PyObject* store_reduce(PyObject* self, PyObject* protocol) noexcept;  // __reduce_ex__
PyObject* refuse_reduce(PyObject* self, PyObject*) noexcept;          // __reduce_ex__ of the others

// capsule.cpp
PyObject* store_capsule(PyObject* self, PyObject*) noexcept;

// from_url.cpp
PyObject* s3_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept;
PyObject* gcs_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept;
PyObject* azure_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept;
PyObject* http_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept;
PyObject* local_from_url(PyObject* cls, PyObject* args, PyObject* kwargs) noexcept;
PyObject* any_from_url(PyObject* module, PyObject* args, PyObject* kwargs) noexcept;

}  // namespace storelink::python
