// What every Python store object holds. Nothing in it changes after __new__.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "support.hpp"

namespace storelink::python {

enum class StoreKind : std::uint8_t {
  s3,
  gcs,
  azure,
  http,
  local,
  memory,
  shared,  // made by C++: it has no constructor
};
inline constexpr std::size_t store_kinds = 7;

struct StoreObject {
  PyObject ob_base;  // what PyObject_HEAD stands for
  PyObject* weak_references;
  // What the constructor was given, as the getters show it; null where nothing was.
  PyObject* prefix;               // str, for LocalStore pathlib.Path; for HTTPStore the URL
  PyObject* config;               // dict, clouds only
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

}  // namespace storelink::python

// What one call of register_store_module() made. Never freed, like the classes.
struct sl_registration {
  std::string module_name;  // "my_ext.store"
  storelink::RegisterOptions options;
  std::array<PyTypeObject*, storelink::python::store_kinds> types{};  // by StoreKind
  // CPython before 3.11 keeps pointers into them.
  std::array<std::string, storelink::python::store_kinds> type_names;
};

namespace storelink::python {

using Registration = sl_registration;

// The first one of this library: its classes are the bases of those that later registrations make. Null
// before.
Registration* first_registration() noexcept;

// By the name of the module; null if there is none.
Registration* find_registration(std::string_view module_name) noexcept;

// ObjectStore, the abstract base class of all store classes of this library; null before a registration.
PyTypeObject* object_store_type() noexcept;

// The class of that name, "S3Store" (borrowed); null for a name we have no class for.
PyTypeObject* store_type(const Registration& registration, std::string_view name) noexcept;
inline PyTypeObject* store_type(const Registration& registration, StoreKind kind) noexcept {
  return registration.types[static_cast<std::size_t>(kind)];
}

inline bool is_own_store(PyObject* object) noexcept {
  PyTypeObject* base = object_store_type();
  return base != nullptr && PyObject_TypeCheck(object, base) != 0;
}

// register_store_module() of toolkit.hpp, any number of times with different modules.
PyObject* register_stores(PyObject* parent, const char* package, const char* name,
                          const RegisterOptions& options, Registration** registration);

// store_from_python() of toolkit.hpp, for one of several registrations.
std::shared_ptr<ObjectStore> accept_store(PyObject* object, Accept accept,
                                          const Registration& registration) noexcept;

// An object of the class SharedStore; null with an exception set.
PyObject* shared_store_object(std::shared_ptr<ObjectStore> store, const Registration& registration) noexcept;

}  // namespace storelink::python
