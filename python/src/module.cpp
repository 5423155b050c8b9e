// storelink._storelink: the store classes and exceptions of the Python package `storelink`, and the table
// with which other extensions find them (SL_PYTHON_CAPSULE_NAME).
#include "abi_table.hpp"
#include "storelink/python/nanobind.hpp"
#include "storelink/version.h"

NB_MODULE(_storelink, m) {
  storelink::register_store_module(m, "storelink", "store");
  storelink::register_exceptions_module(m, "storelink", "exceptions");
  m.attr("__version__") = SL_VERSION;
  // A capsule holds a pointer to non-const; nobody writes through it.
  m.attr("abi") = nanobind::steal(PyCapsule_New(const_cast<sl_python*>(&storelink::python::abi_table()),
                                                SL_PYTHON_CAPSULE_NAME, nullptr));
}
