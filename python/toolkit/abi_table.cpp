// The table `sl_python` of abi.h: the toolkit for extensions that compile headers only, or are written in C.
#include "abi_table.hpp"

#include "exceptions.hpp"
#include "interrupt.hpp"
#include "store_object.hpp"
#include "storelink/abi.hpp"
#include "storelink/detail/runtime_table.hpp"
#include "storelink/python/awaitable.h"

namespace storelink::python {

namespace {

const Registration& or_first(const sl_registration* registration) {
  if (registration != nullptr) return *registration;
  if (first_registration() == nullptr)
    raise(PyExc_RuntimeError, "no store module has been registered: call register_store_module() first");
  return *first_registration();
}

PyObject* register_stores_for(PyObject* parent, const char* package, const char* name,
                              const sl_register_options* given, const sl_registration** registration) {
  RegisterOptions options;
  options.warn_on_recreate = given->warn_on_recreate != 0;
  options.accept_python_stores = given->accept_python_stores != 0;
  Registration* made = nullptr;
  PyObject* module = register_stores(parent, package, name, options, &made);
  if (module != nullptr) *registration = made;
  return module;
}

const sl_store* from_python(PyObject* object, std::int32_t accept, const sl_registration* registration) {
  return guarded(static_cast<const sl_store*>(nullptr), [&]() -> const sl_store* {
    if (accept < SL_ACCEPT_SHARED || accept > SL_ACCEPT_ANY)
      raise(PyExc_SystemError, "storelink: unknown kind of store parameter");
    auto store = accept_store(object, static_cast<Accept>(accept), or_first(registration));
    return store != nullptr ? export_store(std::move(store)) : nullptr;
  });
}

PyObject* to_python(const sl_store* store, const sl_registration* registration) {
  return guarded(static_cast<PyObject*>(nullptr),
                 [&] { return shared_store_object(import_store(store), or_first(registration)); });
}

void raise_error(const sl_error* error) {
  guarded(0, [&] {
    set_python_exception(std::make_exception_ptr(abi::to_error(*error)));
    return 0;
  });
}

}  // namespace

const sl_python& abi_table() noexcept {
  static const sl_python table = {
      sizeof(sl_python),
      SL_ABI_VERSION,
      &runtime_table(),
      register_stores_for,
      register_exceptions_module,
      from_python,
      [] { return static_cast<std::int32_t>(is_not_a_store_error()); },
      to_python,
      raise_error,
      [] { return static_cast<std::int32_t>(interrupted()); },
      sl_awaitable_new,
      sl_awaitable_complete,
      sl_awaitable_done,
  };
  return table;
}

}  // namespace storelink::python

// See storelink/python/capi.h, for extensions in C that embed the library.
extern "C" const sl_python* sl_python_load(void) {
  return &storelink::python::abi_table();
}
