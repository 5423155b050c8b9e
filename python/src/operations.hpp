// The operations, by subject: each in the source file of the same name. Every function adds its part to the
// module and to the class that all stores derive from.
#pragma once

#include "support.hpp"

namespace storelink::python {

void add_get_verbs(PyObject* module, PyTypeObject* store_class);       // get, get_range, get_ranges, get_into
void add_readable_files(PyObject* module, PyTypeObject* store_class);  // open_reader
void add_writable_files(PyObject* module, PyTypeObject* store_class);  // open_writer
void add_put_verb(PyObject* module, PyTypeObject* store_class);
void add_list_verbs(PyObject* module, PyTypeObject* store_class);    // list, list_with_delimiter
void add_simple_verbs(PyObject* module, PyTypeObject* store_class);  // delete, copy, rename, head, sign
void add_parse_scheme(PyObject* module);

}  // namespace storelink::python
