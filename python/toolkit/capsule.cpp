// __storelink_store__(): the store as a pointer to the C ABI, for other extensions.
#include "capsule.hpp"

#include "store_methods.hpp"
#include "store_object.hpp"
#include "storelink/abi.hpp"

namespace storelink::python {

namespace {

void release_exported(PyObject* capsule) {
  const auto* exported = static_cast<const sl_store*>(PyCapsule_GetPointer(capsule, SL_CAPSULE_NAME));
  if (exported != nullptr) exported->release(exported);
}

}  // namespace

PyObject* store_capsule(PyObject* self, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    const sl_store* exported = export_store(as_store(self)->store);
    // A capsule holds a pointer to non-const; nobody writes through it.
    PyObject* capsule = PyCapsule_New(const_cast<sl_store*>(exported), SL_CAPSULE_NAME, release_exported);
    if (capsule == nullptr) exported->release(exported);
    return capsule;
  });
}

std::shared_ptr<ObjectStore> store_from_capsule(PyObject* capsule) {
  if (PyCapsule_IsValid(capsule, SL_CAPSULE_NAME) == 0)
    raise(PyExc_TypeError, std::string("__storelink_store__() returned an object of type ") +
                               type_name(capsule) +
                               "; it has to be a PyCapsule named \"" SL_CAPSULE_NAME "\"");
  return import_store(static_cast<const sl_store*>(PyCapsule_GetPointer(capsule, SL_CAPSULE_NAME)));
}

}  // namespace storelink::python
