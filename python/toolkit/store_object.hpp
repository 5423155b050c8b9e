// What every Python store object holds. Nothing in it changes after __new__.
#pragma once

#include <cstdint>
#include <memory>

#include "support.hpp"

namespace storelink::python {

enum class StoreKind : std::uint8_t { s3, local, memory };

struct StoreObject {
  PyObject ob_base;  // what PyObject_HEAD stands for
  PyObject* weak_references;
  // What the constructor was given, as the getters show it; null where nothing was.
  PyObject* prefix;               // str, for LocalStore pathlib.Path
  PyObject* config;               // dict, S3 only
  PyObject* client_options;       // dict
  PyObject* retry_config;         // dict
  PyObject* credential_provider;  // callable
  bool automatic_cleanup;         // LocalStore
  bool mkdir;                     // LocalStore
  StoreKind kind;
  std::shared_ptr<ObjectStore> store;
};

inline StoreObject* as_store(PyObject* self) noexcept {
  return reinterpret_cast<StoreObject*>(self);
}

// The abstract base class of this extension's store classes; null before a store module is registered.
PyTypeObject* object_store_type() noexcept;

// This extension's class for a kind of store (borrowed).
PyTypeObject* store_type(StoreKind kind) noexcept;

// The class by its name, "S3Store" (borrowed); null for a name we have no class for.
PyTypeObject* store_type(std::string_view name) noexcept;

inline bool is_own_store(PyObject* object) noexcept {
  PyTypeObject* base = object_store_type();
  return base != nullptr && PyObject_TypeCheck(object, base) != 0;
}

// Whether the RuntimeWarning about recreated stores is wanted.
bool warns_on_recreate() noexcept;

// "my_ext.store"
const std::string& store_module_name() noexcept;

}  // namespace storelink::python
