// storelink._storelink: the store classes, exceptions and operations of the Python package `storelink`, and
// the table with which other extensions find them (SL_PYTHON_CAPSULE_NAME).
#include "abi_table.hpp"
#include "arguments.hpp"
#include "bytes_type.hpp"
#include "operations.hpp"
#include "store_object.hpp"
#include "storelink/python/nanobind.hpp"
#include "storelink/version.h"

NB_MODULE(_storelink, m) {
  namespace python = storelink::python;
  storelink::RegisterOptions options;
  options.accept_python_stores = true;
  storelink::register_store_module(m, "storelink", "store", options);
  m.attr("store").attr("ObjectStoreMethods") = m.attr("store").attr("ObjectStore");  // obstore's name for it
  storelink::register_exceptions_module(m, "storelink", "exceptions");
  m.attr("__version__") = SL_VERSION;
  // A capsule holds a pointer to non-const; nobody writes through it.
  m.attr("abi") = nanobind::steal(
      PyCapsule_New(const_cast<sl_python*>(&python::abi_table()), SL_PYTHON_CAPSULE_NAME, nullptr));
  const int added = python::guarded(-1, [&m] {
    python::add_key_class(m.ptr());
    python::add_bytes_class(m.ptr());
    python::add_get_verbs(m.ptr(), python::object_store_type());
    python::add_put_verb(m.ptr(), python::object_store_type());
    python::add_readable_files(m.ptr(), python::object_store_type());
    python::add_writable_files(m.ptr(), python::object_store_type());
    python::add_list_verbs(m.ptr(), python::object_store_type());
    python::add_simple_verbs(m.ptr(), python::object_store_type());
    python::add_parse_scheme(m.ptr());
    return 0;
  });
  if (added < 0) throw nanobind::python_error();
}
