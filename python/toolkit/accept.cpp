// Stores from Python objects: this extension's own, shared through the capsule, built anew, or used as they
// are.
#include <array>

#include "capsule.hpp"
#include "exceptions.hpp"
#include "fsspec_store.hpp"
#include "obspec_store.hpp"
#include "store_object.hpp"
#include "storelink/abi.h"

namespace storelink::python {

namespace {

// The classes of other libraries that there is one of the same name and constructor for here.
constexpr std::array<std::string_view, 5> recreatable = {"S3Store", "GCSStore", "AzureStore", "HTTPStore",
                                                         "LocalStore"};

std::string accepted_text(const Registration& registration, Accept accept) {
  std::string text;
  if (accept != Accept::external)
    text = "a store of " + registration.module_name + ", or an object with __storelink_store__()";
  if (accept == Accept::any) text += ", or ";
  if (accept != Accept::shared)
    text += "a store such as obstore's (S3Store or LocalStore with __getnewargs_ex__())";
  if (accept == Accept::any && registration.options.accept_python_stores)
    text += ", or an object with obspec's methods (get, get_range, ...), or an fsspec filesystem";
  return text;
}

[[noreturn]] void raise_not_a_store(PyObject* object, const Registration& registration, Accept accept) {
  std::string given = "an object of type " + type_name(object);
  if (object == Py_None) given = "None";
  if (PyType_Check(object) != 0) given = "a class, not an instance of it";
  raise(not_a_store_class(),
        "expected an object store, got " + given + "; accepted is " + accepted_text(registration, accept));
}

// The name in `recreatable` of the first such class in the MRO, or "MemoryStore", or empty.
std::string foreign_class_name(PyObject* object) {
  const Ref mro = checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(Py_TYPE(object)), "__mro__"));
  for (Py_ssize_t i = 0, size = PyTuple_Size(mro.get()); i < size; ++i) {
    const Ref name = checked(PyObject_GetAttrString(PyTuple_GetItem(mro.get(), i), "__name__"));
    std::string text = to_utf8(name.get());
    if (text == "MemoryStore") return text;
    for (const std::string_view known : recreatable)
      if (text == known) return text;
  }
  return {};
}

// What the foreign store was made of: its positional and keyword arguments, without those that are None.
struct NewArguments {
  Ref args;
  Ref kwargs;
};

NewArguments new_arguments(PyObject* object, PyObject* getnewargs, const std::string& given) {
  Ref result = Ref::steal(PyObject_CallNoArgs(getnewargs));
  if (!result) {
    TakenError taken;
    if (taken.matches(PyExc_KeyboardInterrupt) || taken.matches(PyExc_SystemExit)) taken.restore_and_throw();
    set_with_cause(exception_class(ErrorKind::generic),
                   "cannot recreate this " + given + ": its __getnewargs_ex__() raised " + taken.message(),
                   taken.value());
    throw ErrorAlreadySet{};
  }
  const bool is_pair = PyTuple_Check(result.get()) != 0 && PyTuple_Size(result.get()) == 2 &&
                       PyTuple_Check(PyTuple_GetItem(result.get(), 0)) != 0 &&
                       PyDict_Check(PyTuple_GetItem(result.get(), 1)) != 0;
  if (!is_pair)
    raise(PyExc_TypeError, "cannot recreate this " + type_name(object) +
                               ": its __getnewargs_ex__() did not return a tuple of a tuple and a dict");
  NewArguments arguments{Ref::borrow(PyTuple_GetItem(result.get(), 0)), checked(PyDict_New())};
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t position = 0; PyDict_Next(PyTuple_GetItem(result.get(), 1), &position, &key, &value) != 0;)
    if (value != Py_None) check(PyDict_SetItem(arguments.kwargs.get(), key, value));
  return arguments;
}

// Says whose store it is about an exception that the constructor has set.
[[noreturn]] void rethrow_recreate_error(const std::string& given, const std::string& ours) {
  TakenError taken;
  const bool configuration =
      taken.matches(base_error_class()) || taken.matches(PyExc_TypeError) || taken.matches(PyExc_ValueError);
  if (!configuration) taken.restore_and_throw();
  const Ref text = checked(PyObject_Str(taken.value()));
  set_with_cause(taken.type(), "cannot recreate this " + given + " as " + ours + ": " + to_utf8(text.get()),
                 taken.value());
  throw ErrorAlreadySet{};
}

std::shared_ptr<ObjectStore> recreate(PyObject* object, PyObject* getnewargs, const std::string& name,
                                      const Registration& registration) {
  const std::string given = type_name(object);
  const std::string ours = registration.module_name + "." + name;
  PyTypeObject* type = store_type(registration, name);
  const NewArguments arguments = new_arguments(object, getnewargs, given);
  const Ref fresh = Ref::steal(
      PyObject_Call(reinterpret_cast<PyObject*>(type), arguments.args.get(), arguments.kwargs.get()));
  if (!fresh) rethrow_recreate_error(given, ours);
  if (registration.options.warn_on_recreate) {
    const std::string warning =
        "built a new " + ours + " from the settings of this " + given +
        ", which belongs to another library: connections and credentials are not shared. "
        "Make a " +
        ours + " once and pass that instead.";
    check(PyErr_WarnEx(PyExc_RuntimeWarning, warning.c_str(), 1));
  }
  return as_store(fresh.get())->store;
}

// A store by its methods, where this extension takes such.
std::shared_ptr<ObjectStore> python_store(PyObject* object, Accept accept, const Registration& registration) {
  if (accept != Accept::any || !registration.options.accept_python_stores) return nullptr;
  if (auto store = obspec_store(object)) return store;
  return fsspec_store(object);
}

std::shared_ptr<ObjectStore> convert(PyObject* object, Accept accept, const Registration& registration) {
  if (PyType_Check(object) != 0) raise_not_a_store(object, registration, accept);
  const bool own = is_own_store(object);
  if (accept != Accept::external) {
    if (own) return as_store(object)->store;
    if (const Ref share = attribute_or_none(object, SL_CAPSULE_METHOD)) {
      const Ref capsule = checked(PyObject_CallNoArgs(share.get()));
      return store_from_capsule(capsule.get());
    }
  }
  if (accept != Accept::shared && !own) {
    const std::string name = foreign_class_name(object);
    const Ref getnewargs =
        name.empty() || name == "MemoryStore" ? Ref() : attribute_or_none(object, "__getnewargs_ex__");
    if (getnewargs) return recreate(object, getnewargs.get(), name, registration);
    if (auto store = python_store(object, accept, registration)) return store;
    if (name == "MemoryStore")
      raise(not_a_store_class(), "cannot recreate this " + type_name(object) +
                                     ": what it holds is in its own library's memory only. Make a " +
                                     registration.module_name + ".MemoryStore instead");
  }
  raise_not_a_store(object, registration, accept);
}

}  // namespace

std::shared_ptr<ObjectStore> accept_store(PyObject* object, Accept accept,
                                          const Registration& registration) noexcept {
  // First what costs nothing but a comparison: the common case.
  if (accept != Accept::external && is_own_store(object)) return as_store(object)->store;
  return guarded(std::shared_ptr<ObjectStore>(), [&] { return convert(object, accept, registration); });
}

std::shared_ptr<ObjectStore> store_from_python(PyObject* object, Accept accept) noexcept {
  static const Registration none;
  const Registration* registration = first_registration();
  return accept_store(object, accept, registration != nullptr ? *registration : none);
}

PyObject* store_to_python(std::shared_ptr<ObjectStore> store) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&]() -> PyObject* {
    if (store == nullptr) return Py_NewRef(Py_None);
    if (first_registration() == nullptr)
      raise(PyExc_RuntimeError, "register_store_module() has to be called before a store is given to Python");
    return shared_store_object(std::move(store), *first_registration());
  });
}

}  // namespace storelink::python
