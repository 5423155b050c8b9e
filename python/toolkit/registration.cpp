// register_store_module(): the module with the store classes, for one extension or, in the runtime, for many.
#include "registration.hpp"

#include <algorithm>
#include <vector>

#include "interrupt.hpp"
#include "modules.hpp"
#include "store_methods.hpp"

namespace storelink::python {

namespace {

constexpr std::array<const char*, store_kinds> class_names = {"S3Store",    "GCSStore",   "AzureStore",
                                                              "HTTPStore",  "LocalStore", "MemoryStore",
                                                              "SharedStore"};  // by StoreKind

struct Registrations {
  std::vector<std::unique_ptr<Registration>> all;
  PyTypeObject* object_store = nullptr;
  std::string object_store_name;
};

// Guarded by the GIL; in a free-threaded Python by the import lock, under which extensions register.
Registrations& registrations() {
  static auto* instance = new Registrations();
  return *instance;
}

// The first registration's classes derive from ObjectStore, those of later ones from the first one's: so each
// extension has classes under its own name, and all of them are the same kind of store.
void make_classes(PyObject* module, Registration& registration) {
  Registrations& known = registrations();
  if (known.object_store == nullptr) {
    known.object_store_name = registration.module_name + ".ObjectStore";
    known.object_store = make_object_store_type(module, known.object_store_name);
  }
  const Registration* first = first_registration();
  for (std::size_t i = 0; i < store_kinds; ++i) {
    if (registration.types[i] != nullptr) continue;
    PyTypeObject* base = first != nullptr && first != &registration ? first->types[i] : known.object_store;
    registration.type_names[i] = registration.module_name + "." + class_names[i];
    registration.types[i] =
        make_store_type(module, static_cast<StoreKind>(i), registration.type_names[i], base);
  }
}

void add_from_url(PyObject* module, const std::string& module_name) {
  static PyMethodDef from_url = {
      "from_url", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(any_from_url)),
      METH_VARARGS | METH_KEYWORDS,
      "from_url(url, *, config=None, client_options=None, retry_config=None, credential_provider=None, "
      "**kwargs)\n--\n\n"
      R"doc(The store for a URL, whose path is the prefix: s3://bucket/prefix, gs://bucket/prefix, az://container/prefix,
https://host/path, file:///directory, memory:/// and what else the classes' own `from_url()` take.

config, client_options, retry_config, credential_provider and the keywords are those of the store's constructor, and
so are the errors; what they say wins over what the URL says. Default: none. With file:/// there are
automatic_cleanup and mkdir in their place, both False by default.

GenericError for a URL of no store, ValueError for text that is no URL, BaseError for an argument that the kind of
store does not have.)doc"};
  const Ref name = from_utf8(module_name);
  const Ref function = checked(PyCFunction_NewEx(&from_url, module, name.get()));
  check(PyModule_AddObjectRef(module, "from_url", function.get()));
}

}  // namespace

Registration* first_registration() noexcept {
  const auto& all = registrations().all;
  return all.empty() ? nullptr : all.front().get();
}

Registration* find_registration(std::string_view module_name) noexcept {
  for (const auto& registration : registrations().all)
    if (registration->module_name == module_name) return registration.get();
  return nullptr;
}

PyTypeObject* object_store_type() noexcept {
  return registrations().object_store;
}

PyTypeObject* store_type(const Registration& registration, std::string_view name) noexcept {
  for (std::size_t i = 0; i < store_kinds; ++i)
    if (name == class_names[i]) return registration.types[i];
  return nullptr;
}

bool is_registered_class(PyObject* type) noexcept {
  if (type == reinterpret_cast<PyObject*>(object_store_type())) return true;
  return std::ranges::any_of(registrations().all, [type](const auto& registration) {
    return std::ranges::any_of(
        registration->types, [type](PyTypeObject* own) { return type == reinterpret_cast<PyObject*>(own); });
  });
}

PyObject* register_stores(PyObject* parent, const char* package, const char* name,
                          const RegisterOptions& options, Registration** registration) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    Ref module = make_submodule(parent, package, name, R"doc(Stores, and the types of their configuration.

The TypedDicts, protocols and aliases exist for type checkers only: import them under `if TYPE_CHECKING:`.)doc");
    const std::string module_name = std::string(package) + "." + name;
    // An extension may be imported again (after its removal from sys.modules): its classes stay the same.
    Registration* mine = find_registration(module_name);
    if (mine == nullptr) {
      auto fresh = std::make_unique<Registration>();
      fresh->module_name = module_name;
      make_classes(module.get(), *fresh);
      mine = fresh.get();
      registrations().all.push_back(std::move(fresh));
    }
    mine->options = options;
    check(
        PyModule_AddObjectRef(module.get(), "ObjectStore", reinterpret_cast<PyObject*>(object_store_type())));
    for (std::size_t i = 0; i < store_kinds; ++i)
      check(PyModule_AddObjectRef(module.get(), class_names[i], reinterpret_cast<PyObject*>(mine->types[i])));
    add_from_url(module.get(), module_name);
    install_interrupt_hook();
    *registration = mine;
    return module.release();
  });
}

PyObject* register_store_module(PyObject* parent, const char* package, const char* name,
                                const RegisterOptions& options) {
  const Registration* first = first_registration();
  if (first != nullptr && first->module_name != std::string(package) + "." + name) {
    const std::string message = "this extension has the store module " + first->module_name +
                                "; it cannot have " + package + "." + name + " as well";
    PyErr_SetString(PyExc_RuntimeError, message.c_str());
    return nullptr;
  }
  Registration* registration = nullptr;
  return register_stores(parent, package, name, options, &registration);
}

}  // namespace storelink::python
