/* The toolkit for extensions in plain C, against CPython's limited API (3.10 or later).
 *
 *   static PyObject* size(PyObject* self, PyObject* args) {
 *     const sl_store* store = NULL;
 *     const char* path = NULL;
 *     if (!PyArg_ParseTuple(args, "O&s", sl_convert_any_store, &store, &path)) return NULL;
 *     ...                        // verbs of abi.h: make an operation, sl_python_drive() it
 *     store->release(store);
 *   }
 *
 * examples/my_ext_c is a whole extension. In the module's exec function: sl_register_store_module(module,
 * "my_ext", "store") and sl_register_exceptions_module(module, "my_ext", "exceptions").
 *
 * Every function needs the GIL and leaves a Python exception set where it fails.
 */
#ifndef STORELINK_PYTHON_CAPI_H
#define STORELINK_PYTHON_CAPI_H

#include <Python.h>
#include <stdlib.h>
#include <string.h>

#include "storelink/abi.h"
#include "storelink/version.h"

#ifdef __cplusplus
extern "C" {
#endif

#ifdef STORELINK_RUNTIME

/* What this extension knows of the runtime; one for all its source files. */
__attribute__((weak, visibility("hidden"))) const sl_python* sl_python_loaded = NULL;

/* "0.1.0" … as a number that grows with the version. */
static inline long sl_version_number(const char* text) {
  long number = 0;
  int part;
  for (part = 0; part < 3; ++part) {
    long value = 0;
    while (*text >= '0' && *text <= '9') value = value * 10 + (*text++ - '0');
    number = number * 1000 + value;
    if (*text == '.') ++text;
  }
  return number;
}

/* The table of the installed package `storelink`; null with ImportError set when it is missing or too old. An
 * extension that needs more than its first release has STORELINK_MINIMUM_RUNTIME defined as "1.2.3". */
static inline const sl_python* sl_python_load(void) {
  const sl_python* table = sl_python_loaded;
  const char* minimum = "0.1.0";
  if (table != NULL) return table;
#ifdef STORELINK_MINIMUM_RUNTIME
  minimum = STORELINK_MINIMUM_RUNTIME;
#endif
  table = (const sl_python*)PyCapsule_Import(SL_PYTHON_CAPSULE_NAME, 0);
  if (table == NULL) {
    if (PyErr_ExceptionMatches(PyExc_ImportError)) {
      PyErr_Clear();
      PyErr_Format(
          PyExc_ImportError,
          "this extension needs the Python package storelink (version %s or later, of the same ABI), which "
          "cannot be imported: pip install storelink",
          minimum);
    }
    return NULL;
  }
  if (table->abi_version != SL_ABI_VERSION || !SL_HAS(table, sl_python, awaitable_done) ||
      sl_version_number(table->runtime->version) < sl_version_number(minimum)) {
    PyErr_Format(PyExc_ImportError,
                 "this extension was built with storelink " SL_VERSION
                 " (ABI %u) and needs version %s or later; installed is %s (ABI %u): %s",
                 SL_ABI_VERSION, minimum, table->runtime->version, table->abi_version,
                 table->abi_version > SL_ABI_VERSION ? "install a release of it that was built for that ABI"
                                                     : "pip install -U storelink");
    return NULL;
  }
  sl_python_loaded = table;
  return table;
}

#else

/* The table that is compiled into this extension (the embedded way). */
const sl_python* sl_python_load(void);

#endif

/* What this extension has registered; one for all its source files. */
__attribute__((weak, visibility("hidden"))) const sl_registration* sl_registered = NULL;

/* Null options: a warning when a foreign store is built anew, no obspec or fsspec objects, unless
 * storelink_add_module() was told otherwise. 0, or -1. */
static inline int sl_register_store_module(PyObject* module, const char* package, const char* name,
                                           const sl_register_options* options) {
  sl_register_options usual = {sizeof(sl_register_options), 1, 0, 0};
  const sl_python* python = sl_python_load();
  PyObject* made = NULL;
#ifdef STORELINK_NO_RECREATE_WARNING
  usual.warn_on_recreate = 0;
#endif
#ifdef STORELINK_ACCEPT_PYTHON_STORES
  usual.accept_python_stores = 1;
#endif
  if (python != NULL)
    made = python->register_store_module(module, package, name, options != NULL ? options : &usual,
                                         &sl_registered);
  Py_XDECREF(made);
  return made != NULL ? 0 : -1;
}

static inline int sl_register_exceptions_module(PyObject* module, const char* package, const char* name) {
  const sl_python* python = sl_python_load();
  PyObject* made = python != NULL ? python->register_exceptions_module(module, package, name) : NULL;
  Py_XDECREF(made);
  return made != NULL ? 0 : -1;
}

/* The store with one reference, which is the caller's; `accept` is an sl_accept. */
static inline const sl_store* sl_store_from_python(PyObject* object, int32_t accept) {
  const sl_python* python = sl_python_load();
  return python != NULL ? python->store_from_python(object, accept, sl_registered) : NULL;
}

static inline int sl_convert_store(PyObject* object, void* out, int32_t accept) {
  const sl_store** store = (const sl_store**)out;
  if (object == NULL) { /* a later argument was wrong */
    if (*store != NULL) (*store)->release(*store);
    *store = NULL;
    return 1;
  }
  *store = sl_store_from_python(object, accept);
  return *store != NULL ? Py_CLEANUP_SUPPORTED : 0;
}

/* For "O&" of PyArg_ParseTuple and its like, with the address of a `const sl_store*`, which the function
 * releases. */
static inline int sl_convert_shared_store(PyObject* object, void* out) {
  return sl_convert_store(object, out, SL_ACCEPT_SHARED);
}
static inline int sl_convert_external_store(PyObject* object, void* out) {
  return sl_convert_store(object, out, SL_ACCEPT_EXTERNAL);
}
static inline int sl_convert_any_store(PyObject* object, void* out) {
  return sl_convert_store(object, out, SL_ACCEPT_ANY);
}

/* An object of this extension's class SharedStore; takes a reference of its own. */
static inline PyObject* sl_store_to_python(const sl_store* store) {
  const sl_python* python = sl_python_load();
  return python != NULL ? python->store_to_python(store, sl_registered) : NULL;
}

/* For sl_operation's drive(): ends it after Ctrl-C. `user` is not looked at. Needs no GIL. */
static inline int32_t sl_python_interrupt(void* user) {
  const sl_python* python = sl_python_load();
  (void)user;
  return python != NULL ? python->interrupted() : 0;
}

/* Runs an operation on this thread, without the GIL and until Ctrl-C, and releases it. Its callback runs
 * meanwhile, on this thread. 0; -1 if an exception is set then: the callback's, KeyboardInterrupt, also when
 * the operation succeeded all the same, or MemoryError for a null operation, whose callback never runs. */
static inline int sl_python_drive(sl_operation* operation) {
  PyThreadState* thread;
  if (operation == NULL) {
    PyErr_NoMemory();
    return -1;
  }
  thread = PyEval_SaveThread();
  operation->drive(operation, sl_python_interrupt, NULL);
  operation->release(operation);
  PyEval_RestoreThread(thread);
  return PyErr_Occurred() == NULL ? 0 : -1;
}

/* Sets the exception that stands for `error`. In the callback of a driven operation, too: takes the GIL, and
 * the exception is there when sl_python_drive() has returned. */
static inline void sl_python_raise(const sl_error* error) {
  const PyGILState_STATE state = PyGILState_Ensure();
  const sl_python* python = sl_python_load();
  if (python != NULL) python->raise(error);
  PyGILState_Release(state);
}

static inline sl_string sl_place_string(char** at, sl_string from) {
  const sl_string placed = {*at, from.size};
  if (from.size != 0) memcpy(*at, from.data, from.size);
  *at += from.size;
  return placed;
}

/* A copy that outlives the callback, for a started operation whose failure is raised elsewhere later; null
 * when memory is out. Neither this nor sl_error_free() needs the GIL. */
static inline sl_error* sl_error_copy(const sl_error* error) {
  sl_error known, *copy;
  char* at;
  memset(&known, 0, sizeof(known));
  memcpy(&known, error, error->struct_size < sizeof(known) ? error->struct_size : sizeof(known));
  known.struct_size = sizeof(known);
  copy = (sl_error*)malloc(sizeof(known) + known.message.size + known.store.size + known.path.size +
                           known.request_id.size);
  if (copy == NULL) return NULL;
  at = (char*)(copy + 1);
  known.message = sl_place_string(&at, known.message);
  known.store = sl_place_string(&at, known.store);
  known.path = sl_place_string(&at, known.path);
  known.request_id = sl_place_string(&at, known.request_id);
  if (known.cause.object != NULL) {
    known.cause.owner = known.cause.copy(known.cause.owner);
    if (known.cause.owner == NULL) memset(&known.cause, 0, sizeof(known.cause));
  }
  *copy = known;
  return copy;
}

static inline void sl_error_free(sl_error* copy) {
  if (copy != NULL && copy->cause.object != NULL) copy->cause.release(copy->cause.owner);
  free(copy);
}

#ifdef __cplusplus
}
#endif
#endif
