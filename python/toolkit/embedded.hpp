// Python code that is part of the toolkit: the .py files beside this one, compiled in as text.
#pragma once

#include "support.hpp"

namespace storelink::python {

// Runs the source of the module that is called `name` in messages, and gives its global names as a dict.
Ref run_embedded(const char* name, const char* source);

// The object of that name in a dict that run_embedded() gave.
Ref embedded_attribute(PyObject* globals, const char* name);

}  // namespace storelink::python
