/* An extension in plain C: every way to take a store from Python, and to give one back. */
#define PY_SSIZE_T_CLEAN
#include <stdlib.h>
#include <storelink/python/awaitable.h>
#include <string.h>

static sl_string text(const char* chars) {
  const sl_string string = {chars, strlen(chars)};
  return string;
}

/* --- verbs: a callback each, which runs inside sl_python_drive() on the same thread, without the GIL --- */

static void on_put(void* user, const sl_error* error, const sl_put_result* result) {
  (void)user;
  (void)result;
  if (error != NULL) sl_python_raise(error);
}

static PyObject* put(PyObject* self, PyObject* args) {
  const sl_store* store = NULL;
  const char *path, *data;
  Py_ssize_t size;
  char* copy;
  (void)self;
  if (!PyArg_ParseTuple(args, "O&sy#:put", sl_convert_any_store, &store, &path, &data, &size)) return NULL;
  copy = (char*)malloc(size > 0 ? (size_t)size : 1);
  if (copy == NULL) {
    PyErr_NoMemory();
  } else {
    const sl_put_request request = {.struct_size = sizeof(sl_put_request),
                                    .path = text(path),
                                    .body = {(const uint8_t*)copy, (size_t)size, copy, free}};
    memcpy(copy, data, (size_t)size);
    sl_python_drive(store->put(store, &request, on_put, NULL));
  }
  store->release(store);
  if (PyErr_Occurred()) return NULL;
  Py_RETURN_NONE;
}

/* Of the whole object, or with `head` of what is known about it. */
static sl_get_request get_request(const char* path, int32_t head) {
  const sl_get_request request = {.struct_size = sizeof(sl_get_request),
                                  .range_kind = SL_RANGE_ALL,
                                  .path = text(path),
                                  .if_modified_since = SL_NO_TIME,
                                  .if_unmodified_since = SL_NO_TIME,
                                  .head = head,
                                  .sink = SL_SINK_COLLECT};
  return request;
}

typedef struct {
  uint64_t size; /* of the object */
  sl_bytes body; /* for the function to release */
} got;

static void on_get(void* user, const sl_error* error, sl_get_result* result) {
  got* out = (got*)user;
  if (error != NULL) {
    sl_python_raise(error);
    return;
  }
  out->size = result->meta->size;
  out->body = result->body;
  result->body.release = NULL; /* taken */
}

/* Reads an object, or with `head` its size only. Python's arguments are a store and a path. */
static int get_object(PyObject* args, int32_t head, got* out) {
  const sl_store* store = NULL;
  const char* path;
  sl_get_request request;
  memset(out, 0, sizeof(*out));
  if (!PyArg_ParseTuple(args, "O&s", sl_convert_any_store, &store, &path)) return -1;
  request = get_request(path, head);
  sl_python_drive(store->get(store, &request, on_get, out));
  store->release(store);
  return PyErr_Occurred() ? -1 : 0;
}

static void release_bytes(sl_bytes* bytes) {
  if (bytes->release != NULL) bytes->release(bytes->owner);
}

static PyObject* get(PyObject* self, PyObject* args) {
  got object;
  PyObject* result;
  (void)self;
  if (get_object(args, 0, &object) != 0) return NULL;
  result = PyBytes_FromStringAndSize((const char*)object.body.data, (Py_ssize_t)object.body.size);
  release_bytes(&object.body);
  return result;
}

static PyObject* size(PyObject* self, PyObject* args) {
  got object;
  (void)self;
  if (get_object(args, 1, &object) != 0) return NULL;
  release_bytes(&object.body);
  return PyLong_FromUnsignedLongLong(object.size);
}

static PyObject* address(PyObject* self, PyObject* args) {
  got object;
  (void)self;
  if (get_object(args, 0, &object) != 0) return NULL;
  release_bytes(&object.body);
  return PyLong_FromVoidPtr((void*)object.body.data);
}

typedef struct {
  PyObject* keys;
  char* next_page; /* for the function to free; null on the last page */
} listing;

static void on_page(void* user, const sl_error* error, const sl_list_page* page) {
  listing* out = (listing*)user;
  const PyGILState_STATE state = PyGILState_Ensure();
  const char* element;
  size_t i;
  if (error != NULL) {
    sl_python_raise(error);
  } else {
    element = (const char*)page->objects; /* their size is the producer's */
    for (i = 0; i < page->object_count && !PyErr_Occurred(); ++i, element += page->object_size) {
      const sl_string path = ((const sl_object_meta*)element)->path;
      PyObject* key = PyUnicode_FromStringAndSize(path.data, (Py_ssize_t)path.size);
      if (key != NULL) PyList_Append(out->keys, key);
      Py_XDECREF(key);
    }
    if (page->next_page_token.size > 0) {
      out->next_page = (char*)calloc(page->next_page_token.size + 1, 1);
      if (out->next_page != NULL)
        memcpy(out->next_page, page->next_page_token.data, page->next_page_token.size);
      else
        PyErr_NoMemory();
    }
  }
  PyGILState_Release(state);
}

static PyObject* list_keys(PyObject* self, PyObject* args) {
  const sl_store* store = NULL;
  const char* prefix = "";
  listing out = {NULL, NULL};
  char* page;
  (void)self;
  if (!PyArg_ParseTuple(args, "O&|s:list_keys", sl_convert_any_store, &store, &prefix)) return NULL;
  out.keys = PyList_New(0);
  if (out.keys != NULL) {
    do {
      sl_list_request request = {.struct_size = sizeof(sl_list_request), .prefix = text(prefix)};
      page = out.next_page;
      out.next_page = NULL;
      if (page != NULL) request.page_token = text(page);
      sl_python_drive(store->list_page(store, &request, on_page, &out));
      free(page);
    } while (out.next_page != NULL && !PyErr_Occurred());
  }
  free(out.next_page);
  store->release(store);
  if (PyErr_Occurred()) Py_CLEAR(out.keys);
  return out.keys;
}

/* --- the same for asyncio: the operation runs on the store's threads --- */

typedef struct {
  sl_operation* operation;
  sl_completion* completion;
  sl_bytes body;
  int failed;
  sl_error* failure; /* null if it failed for want of memory */
} async_get;

static void async_get_free(async_get* state) {
  release_bytes(&state->body);
  sl_error_free(state->failure);
  if (state->operation != NULL) state->operation->release(state->operation);
  free(state);
}

/* With the GIL, once. */
static PyObject* async_get_result(void* user) {
  async_get* state = (async_get*)user;
  PyObject* result = NULL;
  if (!state->failed)
    result = PyBytes_FromStringAndSize((const char*)state->body.data, (Py_ssize_t)state->body.size);
  else if (state->failure != NULL)
    sl_python_raise(state->failure);
  else
    PyErr_NoMemory();
  async_get_free(state);
  return result;
}

static void on_async_get(void* user, const sl_error* error, sl_get_result* result) {
  async_get* state = (async_get*)user;
  if (error != NULL) {
    state->failed = 1;
    state->failure = sl_error_copy(error);
  } else {
    state->body = result->body;
    result->body.release = NULL; /* taken */
  }
  sl_awaitable_complete(state->completion, async_get_result, state);
}

static void cancel_async_get(void* user) {
  sl_operation* operation = ((async_get*)user)->operation;
  operation->cancel(operation);
}

static PyObject* get_async(PyObject* self, PyObject* args) {
  const sl_store* store = NULL;
  const char* path;
  sl_get_request request;
  async_get* state;
  PyObject* awaitable = NULL;
  (void)self;
  if (!PyArg_ParseTuple(args, "O&s:get_async", sl_convert_any_store, &store, &path)) return NULL;
  request = get_request(path, 0);
  state = (async_get*)calloc(1, sizeof(async_get));
  if (state != NULL) state->operation = store->get(store, &request, on_async_get, state);
  store->release(store);
  if (state == NULL || state->operation == NULL)
    PyErr_NoMemory();
  else
    awaitable = sl_awaitable_new(cancel_async_get, state, &state->completion);
  if (awaitable != NULL)
    state->operation->start(state->operation); /* from here on `state` belongs to async_get_result() */
  else if (state != NULL)
    async_get_free(state);
  return awaitable;
}

/* --- parameters --- */

/* What the store says of itself, and releases it. Null when there is none, with the exception that says why.
 */
static PyObject* describe(const sl_store* store) {
  PyObject* description = NULL;
  char* chars;
  size_t length;
  if (store == NULL) return NULL;
  length = store->describe(store, NULL, 0);
  chars = (char*)malloc(length + 1);
  if (chars == NULL) {
    PyErr_NoMemory();
  } else {
    store->describe(store, chars, length);
    description = PyUnicode_FromStringAndSize(chars, (Py_ssize_t)length);
    free(chars);
  }
  store->release(store);
  return description;
}

static PyObject* describe_all_as(PyObject* stores, int32_t accept) {
  PyObject *descriptions, *object, *description;
  Py_ssize_t i;
  const Py_ssize_t count = PySequence_Size(stores);
  if (count < 0) return NULL;
  descriptions = PyList_New(0);
  for (i = 0; descriptions != NULL && i < count; ++i) {
    object = PySequence_GetItem(stores, i);
    description = object != NULL ? describe(sl_store_from_python(object, accept)) : NULL;
    if (description == NULL || PyList_Append(descriptions, description) != 0) Py_CLEAR(descriptions);
    Py_XDECREF(description);
    Py_XDECREF(object);
  }
  return descriptions;
}

static PyObject* describe_any(PyObject* self, PyObject* object) {
  (void)self;
  return describe(sl_store_from_python(object, SL_ACCEPT_ANY));
}
static PyObject* describe_py(PyObject* self, PyObject* object) {
  (void)self;
  return describe(sl_store_from_python(object, SL_ACCEPT_SHARED));
}
static PyObject* describe_external(PyObject* self, PyObject* object) {
  (void)self;
  return describe(sl_store_from_python(object, SL_ACCEPT_EXTERNAL));
}
static PyObject* describe_all(PyObject* self, PyObject* stores) {
  (void)self;
  return describe_all_as(stores, SL_ACCEPT_ANY);
}
static PyObject* describe_all_py(PyObject* self, PyObject* stores) {
  (void)self;
  return describe_all_as(stores, SL_ACCEPT_SHARED);
}
static PyObject* describe_all_external(PyObject* self, PyObject* stores) {
  (void)self;
  return describe_all_as(stores, SL_ACCEPT_EXTERNAL);
}

static PyObject* describe_optional(PyObject* self, PyObject* args) {
  PyObject* object = Py_None;
  (void)self;
  if (!PyArg_ParseTuple(args, "|O:describe_optional", &object)) return NULL;
  if (object == Py_None) return PyUnicode_FromString("none");
  return describe(sl_store_from_python(object, SL_ACCEPT_ANY));
}

/* A store or a str. */
static PyObject* overloaded(PyObject* self, PyObject* object) {
  const sl_store* store = sl_store_from_python(object, SL_ACCEPT_ANY);
  (void)self;
  if (store != NULL) {
    store->release(store);
    return PyUnicode_FromString("store");
  }
  if (!PyUnicode_Check(object) || !sl_python_load()->is_not_a_store_error()) return NULL;
  PyErr_Clear();
  return PyUnicode_FromString("text");
}

/* --- stores for Python --- */

static PyObject* give(const sl_store* store) {
  PyObject* object;
  if (store == NULL) return NULL;
  object = sl_store_to_python(store);
  store->release(store);
  return object;
}

static void on_open(void* user, const sl_error* error, const sl_store* store) {
  *(const sl_store**)user = store;
  if (error != NULL) sl_python_raise(error);
}

static PyObject* make_memory(PyObject* self, PyObject* args) {
  const sl_open_request request = {.struct_size = sizeof(sl_open_request), .url = text("memory:///")};
  const sl_store* store = NULL;
  (void)self;
  (void)args;
  sl_python_load()->runtime->open_url(&request, on_open, (void*)&store);
  return give(store);
}

static PyObject* same(PyObject* self, PyObject* object) {
  (void)self;
  return give(sl_store_from_python(object, SL_ACCEPT_ANY));
}

/* --- the module --- */

static PyMethodDef functions[] = {
    {"put", put, METH_VARARGS, "put(store, path, data)\n\nStore an object."},
    {"get", get, METH_VARARGS, "get(store, path)\n\nThe content of an object."},
    {"get_async", get_async, METH_VARARGS, "get_async(store, path)\n\nThe same as an awaitable."},
    {"list_keys", list_keys, METH_VARARGS, "list_keys(store, prefix='')\n\nThe keys below a prefix."},
    {"size", size, METH_VARARGS, "size(store, path)\n\nThe size of an object."},
    {"address", address, METH_VARARGS, "address(store, path)\n\nWhere in memory an object's bytes are."},
    {"describe_any", describe_any, METH_O, NULL},
    {"describe_py", describe_py, METH_O, NULL},
    {"describe_external", describe_external, METH_O, NULL},
    {"describe_optional", describe_optional, METH_VARARGS, NULL},
    {"describe_all", describe_all, METH_O, NULL},
    {"describe_all_py", describe_all_py, METH_O, NULL},
    {"describe_all_external", describe_all_external, METH_O, NULL},
    {"overloaded", overloaded, METH_O, "overloaded(store_or_text)"},
    {"make_memory", make_memory, METH_NOARGS, "make_memory()\n\nA new store, made in C."},
    {"same", same, METH_O, "same(store)\n\nThe store given."},
    {NULL, NULL, 0, NULL},
};

static int exec(PyObject* module) {
  if (sl_register_store_module(module, "my_ext_c", "store", NULL) != 0) return -1;
  return sl_register_exceptions_module(module, "my_ext_c", "exceptions");
}

static PyModuleDef_Slot slots[] = {{Py_mod_exec, (void*)(uintptr_t)exec}, {0, NULL}};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, "_my_ext_c", "An extension in plain C.", 0, functions, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC PyInit__my_ext_c(void) {
  return PyModuleDef_Init(&definition);
}
