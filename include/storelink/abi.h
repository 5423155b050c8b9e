/* The stable C ABI of storelink: one store shared by separately compiled code.
 *
 * A store is a pointer to `sl_store`, a struct of function pointers. A Python object carries one in a
 * PyCapsule named SL_CAPSULE_NAME that its method SL_CAPSULE_METHOD returns. `sl_runtime` is the table with
 * which stores are built, `sl_python` the one with which an extension registers store classes and takes
 * stores from Python. This header is C11 and includes nothing but stdint and stddef.
 *
 * Versions: `abi_version` changes only if existing fields change meaning; consumers refuse a version they do
 * not know. Fields are only ever appended: `struct_size` is sizeof the struct where its maker was compiled,
 * and a field beyond it is absent (SL_HAS). Whoever receives a struct, in either direction, reads
 * `struct_size` first; arrays of such structs are walked by the element size that comes with them. Structs
 * without a `struct_size` never change. In every version the tables begin as they do here, `sl_runtime` up to
 * `version` and `sl_python` up to `runtime`: whoever refuses one can say which release it is of.
 *
 * Threads: every function may be called from any thread. A completion callback may run on any thread of the
 * producer, or inside drive() on the calling one. It must not block or throw (longjmp, C++ exceptions); it
 * may call anything here, also release what it was given and the last reference to the store.
 *
 * Lifetimes: a request, its strings and arrays are borrowed for the duration of the call that takes them; a
 * result, its strings and arrays for the duration of the callback. `sl_bytes`, streams and uploads are given:
 * they are the receiver's from then on, also those it did not want, and it releases them, once, at any time
 * and from any thread. Who gave them never does. A receiver that takes given bytes out of a struct it was
 * lent sets their `release` to null there.
 *
 * Errors: in a callback `error` is null on success and then the result is not null, or the reverse. Nothing
 * secret is in it.
 *
 * Unloading: a producer's code must stay loaded until its last store, operation, stream, upload and bytes
 * have been released, every callback has returned and the threads that were in it have left it.
 *
 * fork(): in a child process the stores that existed either work or fail each operation, and say so
 * (those of a producer whose threads did not survive); they do not hang. Operations, streams and uploads that
 * the parent began may only be released there.
 */
#ifndef STORELINK_ABI_H
#define STORELINK_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SL_ABI_VERSION 1u
#define SL_CAPSULE_NAME "storelink_store"
#define SL_CAPSULE_METHOD "__storelink_store__"

/* Whether a struct that came from elsewhere has this field, and for a function whether it is there. */
#define SL_HAS_FIELD(table, type, field) \
  ((table)->struct_size >= offsetof(type, field) + sizeof((table)->field))
#define SL_HAS(table, type, field) (SL_HAS_FIELD(table, type, field) && (table)->field != NULL)

/* --- what everything is made of --- */

/* UTF-8, not terminated. `data` may be null when `size` is 0, except where null means "not given". */
typedef struct sl_string {
  const char* data;
  size_t size;
} sl_string;

/* Memory with its own release function, called once with `owner`; null: nothing to release. A releaser that
 * needs a lock which callers may hold (Python's GIL) queues the release instead of waiting. */
typedef struct sl_bytes {
  const uint8_t* data;
  size_t size;
  void* owner;
  void (*release)(void* owner);
} sl_bytes;

typedef struct sl_pair {
  sl_string name;
  sl_string value;
} sl_pair;

/* [start, end) in bytes. */
typedef struct sl_range {
  uint64_t start;
  uint64_t end;
} sl_range;

enum sl_error_kind {
  SL_GENERIC = 1,
  SL_NOT_FOUND = 2,
  SL_ALREADY_EXISTS = 3,
  SL_PRECONDITION = 4,
  SL_NOT_MODIFIED = 5,
  SL_PERMISSION_DENIED = 6,
  SL_UNAUTHENTICATED = 7,
  SL_INVALID_PATH = 8,
  SL_UNKNOWN_CONFIG_KEY = 9,
  SL_NOT_SUPPORTED = 10,
  SL_NOT_IMPLEMENTED = 11,
  SL_JOIN = 12,
  SL_IO = 13,
  SL_TIMEOUT = 14,
  SL_CANCELLED = 15
};

/* A Python object (PyObject*, of this process's interpreter), lent; null: none. copy() gives an owner that
 * keeps it until that is given to release(), once. Neither needs the GIL nor waits for it. */
typedef struct sl_object {
  void* object;
  void* owner;
  void* (*copy)(void* owner); /* null: no memory */
  void (*release)(void* copied);
} sl_object;

typedef struct sl_error {
  uint32_t struct_size;
  int32_t kind; /* sl_error_kind; an unknown one counts as SL_GENERIC */
  sl_string message;
  sl_string store;
  sl_string path;
  sl_string request_id;
  int32_t status; /* HTTP status, or 0 */
  int32_t reserved;
  sl_object cause; /* the Python exception that led to it */
} sl_error;

/* --- operations --- */

/* Returns non-zero to cancel. Called on the thread that drives, at least every 100 ms. */
typedef int32_t (*sl_interrupt)(void* user);

/* One call of a verb, not yet running. The consumer calls start() or drive() once, or neither, and then
 * release() once, at any time. Releasing an operation that was never run drops it without a callback; one
 * that is running goes on. */
typedef struct sl_operation sl_operation;
struct sl_operation {
  uint32_t struct_size;
  uint32_t reserved;
  /* Runs it on the producer's threads. Returns at once; the callback follows exactly once, perhaps before the
   * return. */
  void (*start)(sl_operation* operation);
  /* Runs it on the calling thread; the callback has run when it returns. `interrupt` may be null. */
  void (*drive)(sl_operation* operation, sl_interrupt interrupt, void* user);
  /* Asks it to end soon, with SL_CANCELLED unless it has already succeeded; may come before it runs. The
   * callback still comes exactly once, and until then the operation may use the buffers that it was given.
   * Does nothing to one that has ended. */
  void (*cancel)(sl_operation* operation);
  void (*release)(sl_operation* operation);
};

/* For verbs whose success has nothing to tell. */
typedef void (*sl_done_callback)(void* user, const sl_error* error);

/* --- get --- */

/* `last_modified` is nanoseconds since 1970, UTC; `size` that of the whole object, also for a range of it.
 * Null `data` in e_tag or version: there is none. */
typedef struct sl_object_meta {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string path;
  int64_t last_modified;
  uint64_t size;
  sl_string e_tag;
  sl_string version;
} sl_object_meta;

/* Bodies in pieces, with back-pressure: a producer holds a few MiB ready and waits until they are taken. One
 * next() at a time. An empty piece is the end. */
typedef void (*sl_bytes_callback)(void* user, const sl_error* error, sl_bytes* piece);
typedef struct sl_stream sl_stream;
struct sl_stream {
  uint32_t struct_size;
  uint32_t reserved;
  sl_operation* (*next)(sl_stream* stream, sl_bytes_callback callback, void* user);
  void (*release)(sl_stream* stream); /* ends the transfer; not while next() is running */
};

enum sl_range_kind { SL_RANGE_ALL = 0, SL_RANGE_BOUNDED = 1, SL_RANGE_OFFSET = 2, SL_RANGE_SUFFIX = 3 };
enum sl_sink { SL_SINK_COLLECT = 0, SL_SINK_INTO = 1, SL_SINK_STREAM = 2 };

#define SL_NO_TIME INT64_MIN

typedef struct sl_get_request {
  uint32_t struct_size;
  int32_t range_kind;   /* sl_range_kind */
  uint64_t range_start; /* BOUNDED, OFFSET; the length for SUFFIX */
  uint64_t range_end;   /* BOUNDED: exclusive */
  sl_string path;
  sl_string if_match; /* null data: not given; so for the next two */
  sl_string if_none_match;
  sl_string version;
  int64_t if_modified_since;   /* SL_NO_TIME: not given */
  int64_t if_unmodified_since; /* the same */
  int32_t head;                /* 1: metadata only */
  int32_t sink;                /* sl_sink */
  uint8_t* buffer;             /* SL_SINK_INTO; written until the callback comes, never afterwards */
  size_t buffer_size;
  const sl_pair* headers; /* further ones of the HTTP request; none unless SL_TAKES_HEADERS */
  size_t header_count;
  uint64_t collect_up_to; /* SL_SINK_STREAM: a body of up to so many bytes may be given in `body` instead */
} sl_get_request;

typedef struct sl_get_result {
  uint32_t struct_size;
  uint32_t reserved;
  const sl_object_meta* meta;
  uint64_t start, end;       /* the bytes that were got */
  const sl_pair* attributes; /* HTTP's names in lower case: content-type … and storage-class */
  size_t attribute_count;
  const sl_pair* metadata; /* the user's own */
  size_t metadata_count;
  sl_bytes body;     /* SL_SINK_COLLECT: given; see also collect_up_to */
  sl_stream* stream; /* SL_SINK_STREAM: given, unless `body` is; set to null by who takes it */
} sl_get_result;
typedef void (*sl_get_callback)(void* user, const sl_error* error, sl_get_result* result);

typedef struct sl_get_ranges_request {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string path;
  const sl_range* ranges;
  size_t range_count;
} sl_get_ranges_request;
/* `pieces` are given, one for each range, in the order asked. */
typedef void (*sl_ranges_callback)(void* user, const sl_error* error, sl_bytes* pieces, size_t count);

/* --- put --- */

enum sl_put_mode { SL_PUT_OVERWRITE = 0, SL_PUT_CREATE = 1, SL_PUT_UPDATE = 2 };

typedef struct sl_put_request {
  uint32_t struct_size;
  int32_t mode; /* sl_put_mode */
  sl_string path;
  sl_bytes body;   /* given, also when the call returns null */
  sl_string e_tag; /* SL_PUT_UPDATE; null data: not given, so for version */
  sl_string version;
  const sl_pair* attributes;
  size_t attribute_count;
  const sl_pair* metadata;
  size_t metadata_count;
  const sl_pair* tags;
  size_t tag_count;
  const sl_pair* headers; /* as those of sl_get_request */
  size_t header_count;
} sl_put_request;

typedef struct sl_put_result {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string e_tag; /* null data: there is none, so for version */
  sl_string version;
} sl_put_result;
typedef void (*sl_put_callback)(void* user, const sl_error* error, const sl_put_result* result);

/* One multipart upload. Parts may be put in any order and in parallel; they are assembled by index, 0 … n-1.
 * An index that is put again replaces that part, or is SL_NOT_SUPPORTED. The object is invisible until
 * complete(). Releasing an upload that was neither completed nor aborted aborts it in the background. */
typedef struct sl_upload sl_upload;
struct sl_upload {
  uint32_t struct_size;
  uint32_t reserved;
  /* `part` is given. */
  sl_operation* (*put_part)(sl_upload* upload, size_t index, sl_bytes* part, sl_done_callback callback,
                            void* user);
  sl_operation* (*complete)(sl_upload* upload, sl_put_callback callback, void* user);
  sl_operation* (*abort)(sl_upload* upload, sl_done_callback callback, void* user); /* idempotent */
  void (*release)(sl_upload* upload);
};

typedef struct sl_multipart_request {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string path;
  const sl_pair* attributes;
  size_t attribute_count;
  const sl_pair* metadata;
  size_t metadata_count;
  const sl_pair* tags;
  size_t tag_count;
} sl_multipart_request;
/* `upload` is given. */
typedef void (*sl_multipart_callback)(void* user, const sl_error* error, sl_upload* upload);

/* --- list, delete, copy, sign --- */

typedef struct sl_list_request {
  uint32_t struct_size;
  int32_t raw_prefix; /* 1: any leading part of a key; 0: whole segments */
  sl_string prefix;
  sl_string offset;     /* only keys strictly greater */
  sl_string page_token; /* of a page before; the newest may be used more than once */
  size_t max_keys;      /* 0: as the store likes */
  int32_t delimiter;    /* 1: what is directly below the prefix */
  int32_t reserved;
} sl_list_request;

typedef struct sl_list_page {
  uint32_t struct_size;
  uint32_t object_size; /* of an element of `objects` */
  const sl_object_meta* objects;
  size_t object_count;
  const sl_string* common_prefixes;
  size_t common_prefix_count;
  sl_string next_page_token; /* empty on the last page */
} sl_list_page;
typedef void (*sl_list_callback)(void* user, const sl_error* error, const sl_list_page* page);

typedef struct sl_remove_many_request {
  uint32_t struct_size;
  uint32_t reserved;
  const sl_string* paths;
  size_t path_count;
} sl_remove_many_request;
/* `failures` has an element for each path: null where it went well. */
typedef void (*sl_remove_many_callback)(void* user, const sl_error* error, const sl_error* const* failures,
                                        size_t count);

typedef struct sl_copy_request {
  uint32_t struct_size;
  int32_t overwrite; /* 0: SL_ALREADY_EXISTS where the target exists */
  sl_string from;
  sl_string to;
} sl_copy_request;

typedef struct sl_sign_request {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string method; /* GET, PUT, HEAD, DELETE, POST … */
  sl_string path;
  uint64_t expires_in; /* seconds */
} sl_sign_request;
typedef void (*sl_sign_callback)(void* user, const sl_error* error, const sl_string* url);

/* --- stores --- */

/* Threads for an extension's own work. Lives as long as the store or runtime that it came from. `work` runs
 * once, later, never inside the call, on a thread that blocks all signals. */
typedef struct sl_executor sl_executor;
struct sl_executor {
  uint32_t struct_size;
  uint32_t reserved;
  /* Work that computes: the continuation of a coroutine, decoding. */
  void (*post)(const sl_executor* executor, void (*work)(void* user), void* user);
  /* Work that may wait in system calls. */
  void (*spawn_blocking)(const sl_executor* executor, void (*work)(void* user), void* user);
};

enum sl_capability {
  SL_CAN_PUT_CREATE = 1 << 0,
  SL_CAN_PUT_UPDATE = 1 << 1,
  SL_CAN_COPY_CREATE = 1 << 2,
  SL_CAN_ATTRIBUTES = 1 << 3,
  SL_CAN_TAGS = 1 << 4,
  SL_CAN_VERSIONS = 1 << 5,
  SL_CAN_SIGN = 1 << 6,
  SL_LISTS_IN_ORDER = 1 << 7,
  SL_TAKES_HEADERS = 1 << 8, /* of a get or put */
  SL_TAKES_NO_PARTS = 1 << 9 /* has no multipart uploads, though there is an entry for them */
};

/* The verbs are those of storelink/object_store.hpp, with the errors that it names. Each makes an operation,
 * null only when memory is out. A producer that lacks a verb leaves its entry null: the consumer then does
 * without. */
typedef struct sl_store sl_store;
struct sl_store {
  uint32_t struct_size;
  uint32_t abi_version;
  /* The struct lives until the last release(). Operations, streams and uploads keep what they need. */
  void (*retain)(const sl_store* store);
  void (*release)(const sl_store* store);
  uint64_t (*capabilities)(const sl_store* store); /* sl_capability bits */
  /* Writes at most `size` bytes (`text` may be null for none) and returns how many there are; always the same
   * for a store. No secrets. */
  size_t (*describe)(const sl_store* store, char* text, size_t size);
  const sl_executor* (*executor)(const sl_store* store); /* null: none */

  sl_operation* (*get)(const sl_store* store, const sl_get_request* request, sl_get_callback callback,
                       void* user);
  sl_operation* (*put)(const sl_store* store, const sl_put_request* request, sl_put_callback callback,
                       void* user);
  sl_operation* (*list_page)(const sl_store* store, const sl_list_request* request, sl_list_callback callback,
                             void* user);
  sl_operation* (*remove)(const sl_store* store, sl_string path, sl_done_callback callback, void* user);
  sl_operation* (*copy)(const sl_store* store, const sl_copy_request* request, sl_done_callback callback,
                        void* user);
  sl_operation* (*rename)(const sl_store* store, const sl_copy_request* request, sl_done_callback callback,
                          void* user);
  sl_operation* (*get_ranges)(const sl_store* store, const sl_get_ranges_request* request,
                              sl_ranges_callback callback, void* user);
  sl_operation* (*start_multipart)(const sl_store* store, const sl_multipart_request* request,
                                   sl_multipart_callback callback, void* user);
  sl_operation* (*remove_many)(const sl_store* store, const sl_remove_many_request* request,
                               sl_remove_many_callback callback, void* user);
  sl_operation* (*sign)(const sl_store* store, const sl_sign_request* request, sl_sign_callback callback,
                        void* user);
};

/* --- the runtime --- */

/* Durations are nanoseconds. */
typedef struct sl_retry {
  uint32_t struct_size;
  uint32_t max_retries;
  uint64_t init_backoff;
  uint64_t max_backoff;
  uint64_t retry_timeout;
  double base;
} sl_retry;

typedef struct sl_open_request {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string url;         /* memory:///p  file:///p  s3://bucket/p  https://…; its path becomes the prefix */
  const sl_pair* config; /* aws_access_key_id, region … */
  size_t config_count;
  const sl_pair* client_options; /* timeout, allow_http … */
  size_t client_option_count;
  const sl_retry* retry; /* null: the defaults */
} sl_open_request;
/* `store` comes with one reference, which is the receiver's. */
typedef void (*sl_open_callback)(void* user, const sl_error* error, const sl_store* store);

/* What builds stores. Static: never released. */
typedef struct sl_runtime {
  uint32_t struct_size;
  uint32_t abi_version;
  const char* version; /* of the library, "1.2.3" */
  const sl_executor* executor;
  /* Checks everything and sends nothing; the callback has run when it returns. */
  void (*open_url)(const sl_open_request* request, sl_open_callback callback, void* user);
} sl_runtime;

/* The table of the library that a program links. Python extensions take it from `sl_python` instead. */
const sl_runtime* sl_get_runtime(void);

/* --- Python --- */

/* PyObject, without including Python.h. */
struct _object;

/* The capsule with the `sl_python` table of the installed runtime, as PyCapsule_Import() takes it. */
#define SL_PYTHON_CAPSULE_NAME "storelink._storelink.abi"

typedef struct sl_register_options {
  uint32_t struct_size;
  int32_t warn_on_recreate;     /* 1: a RuntimeWarning when a store of another library is built anew */
  int32_t accept_python_stores; /* 1: SL_ACCEPT_ANY takes obspec objects and fsspec file systems as well */
  int32_t reserved;
} sl_register_options;

/* What an extension has registered; static. Null stands for the runtime's own module, storelink.store. */
typedef struct sl_registration sl_registration;

/* One pending awaitable, seen from the side that completes it. */
typedef struct sl_completion sl_completion;

enum sl_accept {
  SL_ACCEPT_SHARED = 0,   /* stores that can be shared as they are: any with SL_CAPSULE_METHOD */
  SL_ACCEPT_EXTERNAL = 1, /* stores of other libraries, built anew from __getnewargs_ex__() */
  SL_ACCEPT_ANY = 2       /* both, in this order */
};

/* What an extension needs of Python's side of the runtime. Static. All but `awaitable_complete` need the GIL
 * (or an attached thread state). A null result means that a Python exception is set. */
typedef struct sl_python {
  uint32_t struct_size;
  uint32_t abi_version;
  const sl_runtime* runtime;

  /* Makes the module `package`.`name` with store classes, and from_url; adds it to `parent`, the extension
   * module, and to sys.modules. A new reference to it; `registration` is what the functions below take. */
  struct _object* (*register_store_module)(struct _object* parent, const char* package, const char* name,
                                           const sl_register_options* options,
                                           const sl_registration** registration);
  /* The same with BaseError and the exceptions that derive from it. */
  struct _object* (*register_exceptions_module)(struct _object* parent, const char* package,
                                                const char* name);

  /* The store that an object stands for, with one reference which is the caller's. */
  const sl_store* (*store_from_python)(struct _object* object, int32_t accept,
                                       const sl_registration* registration);
  /* 1 if the exception that is set says that an object is no store, and not that converting it failed. */
  int32_t (*is_not_a_store_error)(void);
  /* A Python object for a store that was made elsewhere; takes a reference of its own. */
  struct _object* (*store_to_python)(const sl_store* store, const sl_registration* registration);
  /* Sets the exception that stands for `error`. One that is set already is left alone. */
  void (*raise)(const sl_error* error);
  /* 1 when a signal's handler has raised an exception, which is then set. Takes the GIL itself; quick, and 0,
   * on any thread but Python's main one. */
  int32_t (*interrupted)(void);

  /* Awaitables for asyncio and its like, as storelink/python/awaitable.h says it: a new one, which
   * `completion` completes later; completing it, from any thread and without the GIL; one that is complete.
   */
  struct _object* (*awaitable_new)(void (*cancel)(void* user), void* user, sl_completion** completion);
  void (*awaitable_complete)(sl_completion* completion, struct _object* (*convert)(void* user), void* user);
  struct _object* (*awaitable_done)(struct _object* result);
} sl_python;

#ifdef __cplusplus
}
#endif
#endif
