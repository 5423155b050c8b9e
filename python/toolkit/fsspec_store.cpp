#include "fsspec_store.hpp"

#include "embedded.hpp"
#include "obspec_store.hpp"

namespace storelink::python {

namespace {

constinit EmbeddedModule fsspec_adapter("fsspec_adapter",
#include "fsspec_adapter.py.inc"
);

}  // namespace

std::shared_ptr<ObjectStore> fsspec_store(PyObject* object) {
  const Ref adapter = checked(PyObject_CallFunctionObjArgs(fsspec_adapter.get("adapt"), object, nullptr));
  if (adapter.is_none()) return nullptr;
  Capabilities can;
  can.put_create = checked(PyObject_GetAttrString(adapter.get(), "can_create")).get() == Py_True;
  can.ordered_list = true;
  const std::string type = type_name(object);
  return adapted_store(adapter.get(), "FsspecStore(" + type + ")", type, can);
}

}  // namespace storelink::python
