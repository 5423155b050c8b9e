#include "fsspec_store.hpp"

#include "embedded.hpp"
#include "obspec_store.hpp"

namespace storelink::python {

namespace {

constexpr const char* adapter_source =
#include "fsspec_adapter.py.inc"
    ;

PyObject* adapt_function() {
  static PyObject* made = nullptr;
  if (made == nullptr) {
    // Importing lets other threads run: whoever is here last keeps what the first has made.
    const Ref globals = run_embedded("fsspec_adapter", adapter_source);
    Ref fresh = embedded_attribute(globals.get(), "adapt");
    if (made == nullptr) made = fresh.release();
  }
  return made;
}

}  // namespace

std::shared_ptr<ObjectStore> fsspec_store(PyObject* object) {
  const Ref adapter = checked(PyObject_CallFunctionObjArgs(adapt_function(), object, nullptr));
  if (adapter.is_none()) return nullptr;
  Capabilities can;
  can.put_create = checked(PyObject_GetAttrString(adapter.get(), "can_create")).get() == Py_True;
  can.ordered_list = true;
  const std::string type = type_name(object);
  return adapted_store(adapter.get(), "FsspecStore(" + type + ")", type, can);
}

}  // namespace storelink::python
