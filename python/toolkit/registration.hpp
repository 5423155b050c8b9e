// The classes that registrations are made of.
#pragma once

#include "store_object.hpp"

namespace storelink::python {

// ObjectStore.
PyTypeObject* make_object_store_type(PyObject* module, const std::string& full_name);

// The class of a kind of store, derived from `base`. `full_name` must live as long as the class.
PyTypeObject* make_store_type(PyObject* module, StoreKind kind, const std::string& full_name,
                              PyTypeObject* base);

// Whether it is one of the classes that registrations made, and not derived from one.
bool is_registered_class(PyObject* type) noexcept;

}  // namespace storelink::python
