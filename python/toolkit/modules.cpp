#include "modules.hpp"

namespace storelink::python {

Ref make_submodule(PyObject* parent, const char* package, const char* name, const char* doc) {
  const std::string full_name = std::string(package) + "." + name;
  // PyImport_AddModule gives a borrowed reference, and leaves a module that is there already.
  Ref module = Ref::borrow(PyImport_AddModule(full_name.c_str()));
  if (!module) throw ErrorAlreadySet{};
  const Ref package_name = from_utf8(package);
  check(PyObject_SetAttrString(module.get(), "__package__", package_name.get()));
  check(PyObject_SetAttrString(module.get(), "__doc__", from_utf8(doc).get()));
  check(PyObject_SetAttrString(parent, name, module.get()));
  // So that `import my_ext.store; my_ext.store.S3Store` works, whatever my_ext/__init__.py says.
  PyObject* package_module = PyDict_GetItemWithError(PyImport_GetModuleDict(), package_name.get());
  if (package_module == nullptr && PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
  if (package_module != nullptr && !attribute_or_none(package_module, name))
    check(PyObject_SetAttrString(package_module, name, module.get()));
  return module;
}

}  // namespace storelink::python
