/* The stable C ABI of storelink: one store shared by separately compiled code.
 *
 * A store is a pointer to `sl_store`, a struct of function pointers. A Python object carries one in a
 * PyCapsule named SL_CAPSULE_NAME that its method SL_CAPSULE_METHOD returns. This header is C11 and includes
 * nothing but stdint and stddef.
 *
 * Versions.  `abi_version` changes only if existing fields change meaning; consumers refuse a version they
 *            do not know. Fields are only ever appended: `struct_size` is sizeof the struct where its maker
 * was compiled, and a field beyond it is absent. Whoever receives a struct, in either direction, reads
 *            `struct_size` first; arrays of structs are walked by the `item_size` that comes with them.
 * Threads.   Every function may be called from any thread. A completion callback may run on any thread of the
 * producer, or inside drive() on the calling one; it must not block or throw (longjmp, C++ exceptions).
 * Lifetimes. A request, its strings and arrays are borrowed for the duration of the call that takes them; a
 *            result, its strings and arrays for the duration of the callback. `sl_bytes` and streams are
 * given: whoever receives them releases them, once, at any time and from any thread. Errors.    `error` is
 * null on success and then `result` is not null, or the reverse. Nothing secret is in it.
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

/* UTF-8, not terminated. `data` may be null when `size` is 0, except where null means "not given". */
typedef struct sl_string {
  const char* data;
  size_t size;
} sl_string;

/* Memory with its own release function, called once with `owner`; null: nothing to release. */
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

typedef struct sl_error {
  uint32_t struct_size;
  int32_t kind; /* sl_error_kind; an unknown one counts as SL_GENERIC */
  sl_string message;
  sl_string store;
  sl_string path;
  sl_string request_id;
  int32_t status; /* HTTP status, or 0 */
} sl_error;

/* Returns non-zero to cancel. Called on the thread that drives, at least every 100 ms. */
typedef int32_t (*sl_interrupt)(void* user);

/* One call of a verb, not yet running. The consumer calls start() or drive() once, or neither, and then
 * release() once, at any time. Releasing an operation that was never run drops it without a callback; one
 * that is running goes on. */
typedef struct sl_operation sl_operation;
struct sl_operation {
  uint32_t struct_size;
  uint32_t reserved;
  /* Runs it on the producer's threads. Returns at once; the callback follows exactly once. */
  void (*start)(sl_operation* operation);
  /* Runs it on the calling thread; the callback has run when it returns. `interrupt` may be null. */
  void (*drive)(sl_operation* operation, sl_interrupt interrupt, void* user);
  /* Asks it to end soon, with SL_CANCELLED unless it has already succeeded. The callback still comes exactly
   * once, and until then the operation may use the buffers that it was given. */
  void (*cancel)(sl_operation* operation);
  void (*release)(sl_operation* operation);
};

/* `last_modified` is nanoseconds since 1970, UTC. Null `data` in e_tag or version: there is none. */
typedef struct sl_object_meta {
  sl_string path;
  int64_t last_modified;
  uint64_t size;
  sl_string e_tag;
  sl_string version;
} sl_object_meta;

/* Bodies in pieces, with back-pressure. One next() at a time. An empty piece is the end. */
typedef void (*sl_bytes_callback)(void* user, const sl_error* error, sl_bytes* result);
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
} sl_get_request;

typedef struct sl_get_result {
  uint32_t struct_size;
  uint32_t pair_size; /* sizeof(sl_pair) in the arrays below */
  sl_object_meta meta;
  uint64_t start, end;       /* the bytes that were got */
  const sl_pair* attributes; /* HTTP's names in lower case: content-type … and storage-class */
  size_t attribute_count;
  const sl_pair* metadata; /* the user's own */
  size_t metadata_count;
  sl_bytes body;     /* SL_SINK_COLLECT: given */
  sl_stream* stream; /* SL_SINK_STREAM: given */
} sl_get_result;
typedef void (*sl_get_callback)(void* user, const sl_error* error, sl_get_result* result);

enum sl_put_mode { SL_PUT_OVERWRITE = 0, SL_PUT_CREATE = 1, SL_PUT_UPDATE = 2 };

typedef struct sl_put_request {
  uint32_t struct_size;
  int32_t mode; /* sl_put_mode */
  sl_string path;
  sl_bytes body;   /* given */
  sl_string e_tag; /* SL_PUT_UPDATE */
  sl_string version;
  uint32_t pair_size; /* sizeof(sl_pair) in the arrays below */
  uint32_t reserved;
  const sl_pair* attributes;
  size_t attribute_count;
  const sl_pair* metadata;
  size_t metadata_count;
  const sl_pair* tags;
  size_t tag_count;
} sl_put_request;

typedef struct sl_put_result {
  uint32_t struct_size;
  uint32_t reserved;
  sl_string e_tag;
  sl_string version;
} sl_put_result;
typedef void (*sl_put_callback)(void* user, const sl_error* error, const sl_put_result* result);

typedef struct sl_list_request {
  uint32_t struct_size;
  int32_t raw_prefix; /* 1: any leading part of a key; 0: whole segments */
  sl_string prefix;
  sl_string offset; /* only keys strictly greater */
  sl_string page_token;
  size_t max_keys;   /* 0: as the store likes */
  int32_t delimiter; /* 1: what is directly below the prefix */
  int32_t reserved;
} sl_list_request;

typedef struct sl_list_page {
  uint32_t struct_size;
  uint32_t item_size; /* of an element of `objects` */
  const sl_object_meta* objects;
  size_t object_count;
  const sl_string* common_prefixes;
  size_t common_prefix_count;
  sl_string next_page_token; /* empty on the last page */
} sl_list_page;
typedef void (*sl_list_callback)(void* user, const sl_error* error, const sl_list_page* page);

typedef struct sl_copy_request {
  uint32_t struct_size;
  int32_t overwrite; /* 0: SL_ALREADY_EXISTS where the target exists */
  sl_string from;
  sl_string to;
} sl_copy_request;
typedef void (*sl_done_callback)(void* user, const sl_error* error);

enum sl_capability {
  SL_CAN_PUT_CREATE = 1 << 0,
  SL_CAN_PUT_UPDATE = 1 << 1,
  SL_CAN_COPY_CREATE = 1 << 2,
  SL_CAN_ATTRIBUTES = 1 << 3,
  SL_CAN_TAGS = 1 << 4,
  SL_CAN_VERSIONS = 1 << 5,
  SL_CAN_SIGN = 1 << 6,
  SL_LISTS_IN_ORDER = 1 << 7
};

typedef struct sl_store sl_store;
struct sl_store {
  uint32_t struct_size;
  uint32_t abi_version;
  /* The struct lives until the last release(). An operation that runs and a stream keep what they need. */
  void (*retain)(const sl_store* store);
  void (*release)(const sl_store* store);
  uint64_t (*capabilities)(const sl_store* store); /* sl_capability bits */
  /* Writes at most `size` bytes, returns how many there are. No secrets. */
  size_t (*describe)(const sl_store* store, char* text, size_t size);

  /* Each makes an operation. Never null but when memory is out. */
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
};

#ifdef __cplusplus
}
#endif
#endif
