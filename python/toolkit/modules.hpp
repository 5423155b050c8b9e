// Modules made inside an extension, importable by their dotted names.
#pragma once

#include "support.hpp"

namespace storelink::python {

// The module `package`.`name`, new or as registered before: an attribute of `parent` (the extension module)
// and of the package, if that is being imported, and present in sys.modules. `doc` becomes its
// __doc__.
Ref make_submodule(PyObject* parent, const char* package, const char* name, const char* doc);

}  // namespace storelink::python
