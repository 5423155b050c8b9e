// repr, also for notebooks, equality, pickling and copying of stores.
#include "codec/url.hpp"
#include "embedded.hpp"
#include "store_methods.hpp"
#include "store_object.hpp"

namespace storelink::python {

namespace {

constinit EmbeddedModule store_html("store_html",
#include "store_html.py.inc"
);

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

std::string class_name(PyObject* self) {
  const Ref name = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(self)), "__name__"));
  return to_utf8(name.get());
}

// Both null, or equal.
bool same(PyObject* a, PyObject* b) {
  if (a == nullptr || b == nullptr) return a == b;
  const int equal = PyObject_RichCompareBool(a, b, Py_EQ);
  check(equal);
  return equal != 0;
}

bool equal_stores(const StoreObject& a, const StoreObject& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == StoreKind::memory || a.kind == StoreKind::shared) return a.store == b.store;
  return a.automatic_cleanup == b.automatic_cleanup && a.mkdir == b.mkdir && same(a.prefix, b.prefix) &&
         same(a.config, b.config) && same(a.client_options, b.client_options) &&
         same(a.retry_config, b.retry_config) && same(a.credential_provider, b.credential_provider);
}

void set_if_given(PyObject* dict, const char* key, PyObject* value) {
  if (value != nullptr) check(PyDict_SetItemString(dict, key, value));
}

}  // namespace

PyObject* store_repr(PyObject* self) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    const StoreObject& store = *as_store(self);
    std::string inside;
    if (store.kind == StoreKind::local && store.prefix != nullptr) {
      const Ref path = checked(PyOS_FSPath(store.prefix));
      const Ref encoded = checked(PyUnicode_EncodeFSDefault(path.get()));
      inside = quoted(PyBytes_AsString(encoded.get()));
    } else if (store.kind == StoreKind::http) {
      inside = quoted(codec::redact_url(to_utf8(store.prefix)));
    } else if (store.config != nullptr) {
      const auto add = [&inside](const std::string& name, PyObject* value) {
        if (value != nullptr) inside += (inside.empty() ? "" : ", ") + name + "=" + quoted(to_utf8(value));
      };
      for (const char* name : {"bucket", "container_name", "account_name"})
        add(name, PyDict_GetItemString(store.config, name));
      add("prefix", store.prefix);
    }
    if (store.kind == StoreKind::shared) inside = store.store->describe();
    if (!inside.empty() || store.config != nullptr) inside = "(" + inside + ")";
    return from_file_name(class_name(self) + inside).release();
  });
}

PyObject* store_repr_html(PyObject* self, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr),
                 [&] { return PyObject_CallFunctionObjArgs(store_html.get("table"), self, nullptr); });
}

PyObject* store_compare(PyObject* self, PyObject* other, int operation) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    if ((operation != Py_EQ && operation != Py_NE) || !is_own_store(other))
      return Py_NewRef(Py_NotImplemented);
    const bool equal = equal_stores(*as_store(self), *as_store(other));
    return PyBool_FromLong(equal == (operation == Py_EQ) ? 1 : 0);
  });
}

// In exactly the form that libraries built on pyo3-object_store take: a tuple and a dict, only what the user
// has set, so that the same class in any such library can be called with them.
PyObject* store_getnewargs(PyObject* self, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    const StoreObject& store = *as_store(self);
    if (store.kind == StoreKind::local) {
      return Py_BuildValue("((O){s:O,s:O})", store.prefix != nullptr ? store.prefix : Py_None,
                           "automatic_cleanup", store.automatic_cleanup ? Py_True : Py_False, "mkdir",
                           store.mkdir ? Py_True : Py_False);
    }
    const Ref kwargs = checked(PyDict_New());
    set_if_given(kwargs.get(), "client_options", store.client_options);
    set_if_given(kwargs.get(), "retry_config", store.retry_config);
    if (store.kind == StoreKind::http) return Py_BuildValue("((O)O)", store.prefix, kwargs.get());
    const Ref config = checked(PyDict_Copy(store.config));
    set_if_given(kwargs.get(), "prefix", store.prefix);
    set_if_given(kwargs.get(), "config", config.get());
    set_if_given(kwargs.get(), "credential_provider", store.credential_provider);
    return Py_BuildValue("(()O)", kwargs.get());
  });
}

// object's own __reduce_ex__ knows __getnewargs_ex__ from protocol 2 on; what it gives then
// (copyreg.__newobj_ex__ and its arguments) works with the older protocols, too.
PyObject* store_reduce(PyObject* self, PyObject* protocol) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    const long number = PyLong_AsLong(protocol);
    if (number == -1 && PyErr_Occurred() != nullptr) return nullptr;
    const Ref reduce =
        checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyBaseObject_Type), "__reduce_ex__"));
    return PyObject_CallFunction(reduce.get(), "Ol", self, number < 2 ? 2L : number);
  });
}

PyObject* refuse_reduce(PyObject* self, PyObject*) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    const bool memory = as_store(self)->kind == StoreKind::memory;
    raise(PyExc_TypeError,
          "cannot pickle or copy '" + class_name(self) + "' object: " +
              (memory ? "what it holds is in this process's memory only. Pass the object itself, "
                        "or use a LocalStore"
                      : "it was made by C++ code, which alone knows how. Pass the object itself"));
  });
}

}  // namespace storelink::python
