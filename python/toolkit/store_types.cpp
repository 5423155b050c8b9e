// The store classes: heap types of the limited API, so that they can be subclassed with any mixin, weakly
// referenced and pickled, and work under every binding library.
#include <Python.h>
#include <structmember.h>

#include <array>
#include <cstddef>
#include <new>

#include "credentials.hpp"
#include "range_verbs.hpp"
#include "registration.hpp"
#include "store_arguments.hpp"
#include "store_methods.hpp"
#include "store_object.hpp"
#include "storelink/abi.h"
#include "storelink/stores.hpp"

namespace storelink::python {

namespace {

// --- construction and destruction ---

// An object of `type` with its store set and everything else empty.
StoreObject* allocate(PyTypeObject* type, StoreKind kind, std::shared_ptr<ObjectStore> store) {
  const auto alloc = reinterpret_cast<allocfunc>(PyType_GetSlot(type, Py_tp_alloc));
  PyObject* self = alloc(type, 0);
  if (self == nullptr) throw ErrorAlreadySet{};
  StoreObject* object = as_store(self);
  object->kind = kind;
  new (&object->store) std::shared_ptr<ObjectStore>(std::move(store));
  return object;
}

PyObject* new_object_store(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_TypeError, "ObjectStore is abstract; make an S3Store, a LocalStore or a MemoryStore");
  return nullptr;
}

PyObject* new_shared(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_TypeError,
                  "a SharedStore is made by C++ code only; make an S3Store, a LocalStore or a MemoryStore");
  return nullptr;
}

template <class Options>
PyObject* new_cloud(PyTypeObject* type, StoreKind kind, CloudArguments<Options> parsed,
                    std::shared_ptr<ObjectStore> (*make)(Options)) {
  if (parsed.credential_provider) set_credential_provider(parsed.options, parsed.credential_provider.get());
  StoreObject* self = allocate(type, kind, make(std::move(parsed.options)));
  self->prefix = parsed.prefix.release();
  self->config = parsed.config.release();
  self->client_options = parsed.client_options.release();
  self->retry_config = parsed.retry_config.release();
  self->credential_provider = parsed.credential_provider.release();
  return reinterpret_cast<PyObject*>(self);
}

PyObject* new_s3(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    return new_cloud(type, StoreKind::s3, parse_s3_arguments(args, kwargs), &make_s3_store);
  });
}

PyObject* new_gcs(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    return new_cloud(type, StoreKind::gcs, parse_gcs_arguments(args, kwargs), &make_gcs_store);
  });
}

PyObject* new_azure(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    return new_cloud(type, StoreKind::azure, parse_azure_arguments(args, kwargs), &make_azure_store);
  });
}

PyObject* new_http(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    HttpArguments parsed = parse_http_arguments(args, kwargs);
    StoreObject* self = allocate(type, StoreKind::http, make_http_store(std::move(parsed.options)));
    self->prefix = parsed.url.release();
    self->client_options = parsed.client_options.release();
    self->retry_config = parsed.retry_config.release();
    return reinterpret_cast<PyObject*>(self);
  });
}

PyObject* new_local(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    LocalArguments parsed = parse_local_arguments(args, kwargs);
    const bool automatic_cleanup = parsed.options.automatic_cleanup;
    const bool mkdir = parsed.options.mkdir;
    std::shared_ptr<ObjectStore> store;
    {
      const GilReleased released;  // the directory may be on a slow disk
      store = make_local_store(std::move(parsed.options));
    }
    StoreObject* self = allocate(type, StoreKind::local, std::move(store));
    self->prefix = parsed.prefix.release();
    self->automatic_cleanup = automatic_cleanup;
    self->mkdir = mkdir;
    return reinterpret_cast<PyObject*>(self);
  });
}

// A subclass may have a constructor with arguments of its own; object.__new__ would let them pass as well.
PyObject* new_memory(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    const bool given = PyTuple_Size(args) > 0 || (kwargs != nullptr && PyDict_Size(kwargs) > 0);
    if (given && is_registered_class(reinterpret_cast<PyObject*>(type)))
      raise(PyExc_TypeError, "MemoryStore() takes no arguments");
    return reinterpret_cast<PyObject*>(allocate(type, StoreKind::memory, make_memory_store()));
  });
}

// __new__ has done everything. What is left is a mixin behind the store class (class S(S3Store, Mixin)): its
// __init__ gets the arguments that this one got, as it would if this class had no __init__.
int init_store(PyObject* self, PyObject* args, PyObject* kwargs) {
  auto* type = reinterpret_cast<PyObject*>(Py_TYPE(self));
  if (is_registered_class(type)) return 0;
  return guarded(-1, [&] {
    const Ref mro = checked(PyObject_GetAttrString(type, "__mro__"));
    bool behind = false;
    for (Py_ssize_t i = 0, size = PyTuple_Size(mro.get()); i < size; ++i) {
      PyObject* base = PyTuple_GetItem(mro.get(), i);
      if (base == reinterpret_cast<PyObject*>(object_store_type())) {
        behind = true;
      } else if (behind && base != reinterpret_cast<PyObject*>(&PyBaseObject_Type)) {
        const Ref init = checked(PyObject_GetAttrString(base, "__init__"));
        const Ref plain =
            checked(PyObject_GetAttrString(reinterpret_cast<PyObject*>(&PyBaseObject_Type), "__init__"));
        if (init.get() == plain.get()) continue;
        const Ref first = checked(PyTuple_Pack(1, self));
        const Ref all = checked(PySequence_Concat(first.get(), args));
        (void)checked(PyObject_Call(init.get(), all.get(), kwargs));
        return 0;
      }
    }
    return 0;
  });
}

int traverse_store(PyObject* self, visitproc visit, void* arg) {
  StoreObject* object = as_store(self);
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(object->prefix);
  Py_VISIT(object->config);
  Py_VISIT(object->client_options);
  Py_VISIT(object->retry_config);
  Py_VISIT(object->credential_provider);
  return 0;
}

int clear_store(PyObject* self) {
  StoreObject* object = as_store(self);
  Py_CLEAR(object->prefix);
  Py_CLEAR(object->config);
  Py_CLEAR(object->client_options);
  Py_CLEAR(object->retry_config);
  Py_CLEAR(object->credential_provider);
  return 0;
}

void dealloc_store(PyObject* self) {
  PyTypeObject* type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  StoreObject* object = as_store(self);
  if (object->weak_references != nullptr) PyObject_ClearWeakRefs(self);
  (void)clear_store(self);
  if (object->store.use_count() == 1) {
    // The last reference: a large MemoryStore takes a while to free, and threads of the store may be waiting
    // for the GIL.
    const GilReleased released;
    object->store.reset();
  }
  object->store.~shared_ptr();
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(self);
  Py_DECREF(reinterpret_cast<PyObject*>(type));
}

// --- getters ---

PyObject* or_none(PyObject* value) {
  return Py_NewRef(value != nullptr ? value : Py_None);
}

// A copy that the caller may change, with the dicts in it.
Ref copy_dict(PyObject* dict) {
  Ref copy = checked(PyDict_Copy(dict));
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  for (Py_ssize_t position = 0; PyDict_Next(dict, &position, &key, &value) != 0;)
    if (PyDict_Check(value) != 0) check(PyDict_SetItem(copy.get(), key, copy_dict(value).get()));
  return copy;
}

PyObject* copy_or_none(PyObject* dict) noexcept {
  if (dict == nullptr) return Py_NewRef(Py_None);
  return guarded(static_cast<PyObject*>(nullptr), [&] { return copy_dict(dict).release(); });
}

PyObject* get_prefix(PyObject* self, void*) {
  return or_none(as_store(self)->prefix);
}
PyObject* get_config(PyObject* self, void*) {
  return copy_or_none(as_store(self)->config);
}
PyObject* get_client_options(PyObject* self, void*) {
  return copy_or_none(as_store(self)->client_options);
}
PyObject* get_retry_config(PyObject* self, void*) {
  return copy_or_none(as_store(self)->retry_config);
}
PyObject* get_credential_provider(PyObject* self, void*) {
  return or_none(as_store(self)->credential_provider);
}

// --- the types ---

constexpr int from_url_flags = METH_VARARGS | METH_KEYWORDS | METH_CLASS;
constexpr const char* reduce_doc =
    "__reduce_ex__($self, protocol, /)\n--\n\n"
    R"doc(For pickle: the settings, secrets included. TypeError for a MemoryStore and a SharedStore.)doc";
constexpr const char* newargs_doc =
    "__getnewargs_ex__($self, /)\n--\n\n"
    R"doc(The constructor's arguments, without what came from the environment. Secrets are among them.)doc";

PyTypeObject* make_type(PyObject* module, const std::string& full_name, PyType_Slot* slots,
                        PyTypeObject* base) {
  PyType_Spec spec = {full_name.c_str(), sizeof(StoreObject), 0,
                      Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
  const Ref bases = base != nullptr ? checked(PyTuple_Pack(1, base)) : Ref();
  return reinterpret_cast<PyTypeObject*>(
      checked(PyType_FromModuleAndSpec(module, &spec, bases.get())).release());
}

// Of a class with arguments. Derived types name the garbage collector's slots again: from 3.11 on they are
// not inherited together with a HAVE_GC flag of the type's own. `methods` and `getters` outlive the type.
PyTypeObject* make_store_type(PyObject* module, const std::string& full_name, PyTypeObject* base,
                              const char* doc, newfunc make, PyMethodDef* methods, PyGetSetDef* getters) {
  PyType_Slot slots[] = {{Py_tp_doc, const_cast<char*>(doc)},
                         {Py_tp_new, slot(make)},
                         {Py_tp_dealloc, slot(dealloc_store)},
                         {Py_tp_traverse, slot(traverse_store)},
                         {Py_tp_clear, slot(clear_store)},
                         {Py_tp_methods, methods},
                         {Py_tp_getset, getters},
                         {0, nullptr}};
  return make_type(module, full_name, slots, base);
}

struct CloudType {
  newfunc make;
  PyCFunctionWithKeywords from_url;
  const char* from_url_doc;
  const char* doc;
};

template <const CloudType& Cloud>
PyTypeObject* make_cloud(PyObject* module, const std::string& full_name, PyTypeObject* base) {
  static PyMethodDef methods[] = {{"from_url", method(Cloud.from_url), from_url_flags, Cloud.from_url_doc},
                                  {"__getnewargs_ex__", store_getnewargs, METH_NOARGS, newargs_doc},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"prefix", get_prefix, nullptr, "What is in front of all paths, or None.", nullptr},
      {"config", get_config, nullptr,
       R"doc(The settings that were given, by name; environment variables are not among them. A copy, secrets included.)doc",
       nullptr},
      {"client_options", get_client_options, nullptr,
       "The client options that were given, or None. A copy, secrets included.", nullptr},
      {"retry_config", get_retry_config, nullptr,
       "The retry settings with their defaults, or None if none were given. A copy.", nullptr},
      {"credential_provider", get_credential_provider, nullptr,
       "The credential provider that was given, or None.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  return make_store_type(module, full_name, base, Cloud.doc, Cloud.make, methods, getters);
}

constexpr CloudType s3_type = {
    new_s3, s3_from_url,
    "from_url($type, /, url, *, config=None, client_options=None, retry_config=None, "
    "credential_provider=None, **kwargs)\n--\n\n"
    R"doc(The store for a URL: s3://bucket/prefix, s3a://bucket/prefix, or an https URL of Amazon S3 or Cloudflare R2.

What `config` and the keywords say wins over what the URL says; they are those of the constructor, and so are the
errors. GenericError for a URL of another kind of store, ValueError for text that is no URL.)doc",
    "S3Store(bucket=None, *, prefix=None, config=None, client_options=None, retry_config=None, "
    "credential_provider=None, **kwargs)\n--\n\n"
    R"doc(A bucket of Amazon S3, or of a service that speaks its protocol.

bucket: its name. Default: what the settings or the environment say.
prefix: what is in front of all paths, which are given and listed without it. Default: none.
config: a dict of settings, see `S3Config`: names in any case, with or without "aws_". They may also be keywords.
    Default: none.
client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
    certificates. They may stand among the settings, too.
retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
    minutes.
credential_provider: a callable, or coroutine function, that returns keys, see `S3Credential`. Default: the keys
    among the settings, otherwise those of a web identity, of a container or of the machine.

What is not given is read from the environment: AWS_REGION, AWS_ENDPOINT, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
and so on, AWS_ and the setting's or client option's name in capitals. Nothing is sent before the first operation.

UnknownConfigurationKeyError for a name that is not known; GenericError for a
value that cannot be used, for one setting given twice, for a missing bucket and for an http:// address without
`allow_http`; InvalidPathError for a prefix that is no path; TypeError and ValueError for arguments of another type.)doc"};

constexpr CloudType gcs_type = {
    new_gcs, gcs_from_url,
    "from_url($type, /, url, *, config=None, client_options=None, retry_config=None, "
    "credential_provider=None, **kwargs)\n--\n\n"
    R"doc(The store for a URL: gs://bucket/prefix, or an https URL of storage.googleapis.com.

What `config` and the keywords say wins over what the URL says; they are those of the constructor, and so are the
errors. GenericError for a URL of another kind of store, ValueError for text that is no URL.)doc",
    "GCSStore(bucket=None, *, prefix=None, config=None, client_options=None, retry_config=None, "
    "credential_provider=None, **kwargs)\n--\n\n"
    R"doc(A bucket of Google Cloud Storage.

bucket: its name. Default: what the settings or the environment say.
prefix: what is in front of all paths, which are given and listed without it. Default: none.
config: a dict of settings, see `GCSConfig`: names in any case, with or without "google_". They may also be
    keywords. Default: none.
client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
    certificates. They may stand among the settings, too.
retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
    minutes.
credential_provider: a callable, or coroutine function, that returns a token, see `GCSCredential`. Default: what the
    settings say, otherwise the credentials of gcloud or of the machine.

What is not given is read from the environment: GOOGLE_SERVICE_ACCOUNT, GOOGLE_APPLICATION_CREDENTIALS and so on,
GOOGLE_ and the setting's or client option's name in capitals. Nothing is sent before the first operation.

UnknownConfigurationKeyError for a name that is not known; GenericError for a
value that cannot be used, for one setting given twice, for a missing bucket and for an http:// address without
`allow_http`; InvalidPathError for a prefix that is no path; TypeError and ValueError for arguments of another type.)doc"};

constexpr CloudType azure_type = {
    new_azure, azure_from_url,
    "from_url($type, /, url, *, config=None, client_options=None, retry_config=None, "
    "credential_provider=None, **kwargs)\n--\n\n"
    R"doc(The store for a URL: az://container/prefix, also adl, azure, abfs and abfss;
abfss://container@account.dfs.core.windows.net/prefix; https://account.blob.core.windows.net/container/prefix, also
dfs, and fabric.microsoft.com.

What `config` and the keywords say wins over what the URL says; they are those of the constructor, and so are the
errors. GenericError for a URL of another kind of store, ValueError for text that is no URL.)doc",
    "AzureStore(container_name=None, *, prefix=None, config=None, client_options=None, retry_config=None, "
    "credential_provider=None, **kwargs)\n--\n\n"
    R"doc(A container of Azure Blob Storage or OneLake.

container_name: its name. Default: what the settings or the environment say.
prefix: what is in front of all paths, which are given and listed without it. Default: none.
config: a dict of settings, see `AzureConfig`: names in any case, with or without "azure_". They may also be
    keywords. Default: none.
client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
    certificates. They may stand among the settings, too.
retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
    minutes.
credential_provider: a callable, or coroutine function, that returns a key, a signature or a token, see
    `AzureCredential`. Default: what the settings say, otherwise the managed identity of the machine.

What is not given is read from the environment: AZURE_STORAGE_ACCOUNT_NAME, AZURE_STORAGE_ACCOUNT_KEY,
AZURE_STORAGE_SAS_KEY and so on, AZURE_ and the setting's or client option's name in capitals. Nothing is sent
before the first operation.

UnknownConfigurationKeyError for a name that is not known; GenericError for a
missing account, for a value that cannot be used, for one setting given twice, for a missing container and for an
http:// address without `allow_http`; InvalidPathError for a prefix that is no path; TypeError and ValueError for
arguments of another type.)doc"};

PyTypeObject* make_http(PyObject* module, const std::string& full_name, PyTypeObject* base) {
  static PyMethodDef methods[] = {
      {"from_url", method(http_from_url), from_url_flags,
       "from_url($type, /, url, *, client_options=None, retry_config=None)\n--\n\nThe same as HTTPStore()."},
      {"__getnewargs_ex__", store_getnewargs, METH_NOARGS, newargs_doc},
      {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"url", get_prefix, nullptr, "The URL that all paths lie below, as it was given.", nullptr},
      {"client_options", get_client_options, nullptr,
       "The client options that were given, or None. A copy, secrets included.", nullptr},
      {"retry_config", get_retry_config, nullptr,
       "The retry settings with their defaults, or None if none were given. A copy.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  return make_store_type(
      module, full_name, base,
      "HTTPStore(url, *, client_options=None, retry_config=None)\n--\n\n"
      R"doc(A web server: get and head, and all but multipart uploads and signed URLs where it speaks WebDAV.

url: what all paths lie below, http or https, without query and fragment. A user and password in it are sent as
    Basic authentication.
client_options: a dict of how connections are made, see `ClientConfig`: timeouts (30 s for a request), proxies,
    certificates; other credentials as `default_headers`. Default: none.
retry_config: a dict of how failed requests are repeated, see `RetryConfig`. Default: at most 10 times within 3
    minutes.

Of the environment only proxies are read. Nothing is sent before the first operation. GenericError for another URL,
for http:// without the client option `allow_http` and for values that cannot be used; UnknownConfigurationKeyError
for client options that are not known; TypeError and ValueError for arguments of another type.)doc",
      new_http, methods, getters);
}

PyTypeObject* make_local(PyObject* module, const std::string& full_name, PyTypeObject* base) {
  static PyMethodDef methods[] = {{"from_url", method(local_from_url), from_url_flags,
                                   "from_url($type, /, url, *, automatic_cleanup=False, mkdir=False)\n--\n\n"
                                   R"doc(The store for file:///directory.

The others are those of the constructor, and so are the errors. ValueError for a URL of another kind of store and
for text that is no URL.)doc"},
                                  {"__getnewargs_ex__", store_getnewargs, METH_NOARGS, newargs_doc},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyGetSetDef getters[] = {
      {"prefix", get_prefix, nullptr, "The directory, or None for the root of the file system.", nullptr},
      {nullptr, nullptr, nullptr, nullptr, nullptr}};
  return make_store_type(module, full_name, base,
                         "LocalStore(prefix=None, *, automatic_cleanup=False, mkdir=False)\n--\n\n"
                         R"doc(A directory of the local file system.

prefix: the directory, a str or Path. Default: the root of the file system.
automatic_cleanup: whether directories that a delete or rename leaves empty are removed. Default: False.
mkdir: whether the directory is made if it is missing. Default: False.

Nothing is read from the environment. NotFoundError for a directory that is missing, PermissionDeniedError for one
that may not be opened, GenericError for "", TypeError and ValueError for arguments of another type.)doc",
                         new_local, methods, getters);
}

PyTypeObject* make_memory(PyObject* module, const std::string& full_name, PyTypeObject* base) {
  static PyMethodDef methods[] = {{"__reduce_ex__", refuse_reduce, METH_O, reduce_doc},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>(
           "MemoryStore()\n--\n\n"
           R"doc(A store in this process's memory. It cannot be pickled or copied. Like obstore's it has no from_url().

Empty at first. TypeError for any argument.)doc")},
      {Py_tp_new, slot(new_memory)},
      {Py_tp_dealloc, slot(dealloc_store)},
      {Py_tp_traverse, slot(traverse_store)},
      {Py_tp_clear, slot(clear_store)},
      {Py_tp_methods, methods},
      {0, nullptr}};
  return make_type(module, full_name, slots, base);
}

PyTypeObject* make_shared_type(PyObject* module, const std::string& full_name, PyTypeObject* base) {
  static PyMethodDef methods[] = {{"__reduce_ex__", refuse_reduce, METH_O, reduce_doc},
                                  {nullptr, nullptr, 0, nullptr}};
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>(
           R"doc(A store that C++ made, such as one that a function of an extension returned. Python cannot construct it.)doc")},
      {Py_tp_new, slot(new_shared)},
      {Py_tp_dealloc, slot(dealloc_store)},
      {Py_tp_traverse, slot(traverse_store)},
      {Py_tp_clear, slot(clear_store)},
      {Py_tp_methods, methods},
      {0, nullptr}};
  return make_type(module, full_name, slots, base);
}

}  // namespace

PyTypeObject* make_object_store_type(PyObject* module, const std::string& full_name) {
  static PyMethodDef methods[] = {
      {"__reduce_ex__", store_reduce, METH_O, reduce_doc},
      {"_repr_html_", store_repr_html, METH_NOARGS,
       "_repr_html_($self, /)\n--\n\nThe store as a table of its settings, for notebooks; secrets are named "
       "only."},
      {SL_CAPSULE_METHOD, store_capsule, METH_NOARGS,
       SL_CAPSULE_METHOD "($self, /)\n--\n\nThe store as a capsule, for other extensions to share."},
      {nullptr, nullptr, 0, nullptr}};
  static PyMemberDef members[] = {
      {"__weaklistoffset__", T_PYSSIZET, offsetof(StoreObject, weak_references), READONLY, nullptr},
      {nullptr, 0, 0, 0, nullptr}};
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>(
           R"doc(The base class of all stores of this module. Stores never change, and cannot be hashed.

Threads and event loops may share a store, also after a fork. TypeError for `ObjectStore()` itself.)doc")},
      {Py_tp_new, slot(new_object_store)},
      {Py_tp_init, slot(init_store)},
      {Py_tp_dealloc, slot(dealloc_store)},
      {Py_tp_traverse, slot(traverse_store)},
      {Py_tp_clear, slot(clear_store)},
      {Py_tp_repr, slot(store_repr)},
      {Py_tp_richcompare, slot(store_compare)},
      {Py_tp_hash, slot(PyObject_HashNotImplemented)},
      {Py_tp_methods, methods},
      {Py_tp_members, members},
      {0, nullptr}};
  PyTypeObject* type = make_type(module, full_name, slots, nullptr);
  add_range_methods(type);
  return type;
}

PyTypeObject* make_store_type(PyObject* module, StoreKind kind, const std::string& full_name,
                              PyTypeObject* base) {
  switch (kind) {
    case StoreKind::s3: return make_cloud<s3_type>(module, full_name, base);
    case StoreKind::gcs: return make_cloud<gcs_type>(module, full_name, base);
    case StoreKind::azure: return make_cloud<azure_type>(module, full_name, base);
    case StoreKind::http: return make_http(module, full_name, base);
    case StoreKind::local: return make_local(module, full_name, base);
    case StoreKind::memory: return make_memory(module, full_name, base);
    case StoreKind::shared: return make_shared_type(module, full_name, base);
  }
  return nullptr;
}

PyObject* shared_store_object(std::shared_ptr<ObjectStore> store, const Registration& registration) noexcept {
  return guarded(static_cast<PyObject*>(nullptr), [&] {
    return reinterpret_cast<PyObject*>(
        allocate(store_type(registration, StoreKind::shared), StoreKind::shared, std::move(store)));
  });
}

}  // namespace storelink::python
