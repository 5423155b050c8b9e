/* abi.h as it is frozen, for 64-bit systems: every struct with the place and the type of every field, every
 * callback type, every number. Whoever changes one of them cannot compile this file. A new field changes the
 * size of its struct, and so cannot be missed either; fields are only ever appended, which adds lines here
 * and changes none but the SIZE. That nothing is left out is checked by abi_header.py.
 *
 * abi.h comes first and alone: this is also the proof that it is complete C11. */
#include "storelink/abi.h"

_Static_assert(sizeof(void*) == 8 && sizeof(size_t) == 8, "the numbers below are those of 64-bit systems");

/* `...` is the type; _Generic looks at it without evaluating the expression. */
#define FIELD(type, field, place, ...)                                             \
  _Static_assert(offsetof(type, field) == (place), #type "." #field " has moved"); \
  _Static_assert(_Generic(((type*)0)->field, __VA_ARGS__: 1, default: 0),          \
                 #type "." #field " has another type")
#define SIZE(type, size) _Static_assert(sizeof(type) == (size), #type " has another size")
#define CALLBACK(type, ...) \
  _Static_assert(_Generic((type)0, __VA_ARGS__: 1, default: 0), #type " is another type")
#define VALUE(name, value) _Static_assert((name) == (value), #name " has another value")
#define TEXT(name, length) _Static_assert(sizeof(name) == (length) + 1, #name " is another text")

FIELD(sl_string, data, 0, const char*);
FIELD(sl_string, size, 8, size_t);
SIZE(sl_string, 16);

FIELD(sl_bytes, data, 0, const uint8_t*);
FIELD(sl_bytes, size, 8, size_t);
FIELD(sl_bytes, owner, 16, void*);
FIELD(sl_bytes, release, 24, void (*)(void*));
SIZE(sl_bytes, 32);

FIELD(sl_pair, name, 0, sl_string);
FIELD(sl_pair, value, 16, sl_string);
SIZE(sl_pair, 32);

FIELD(sl_range, start, 0, uint64_t);
FIELD(sl_range, end, 8, uint64_t);
SIZE(sl_range, 16);

FIELD(sl_object, object, 0, void*);
FIELD(sl_object, owner, 8, void*);
FIELD(sl_object, copy, 16, void* (*)(void*));
FIELD(sl_object, release, 24, void (*)(void*));
SIZE(sl_object, 32);

FIELD(sl_error, struct_size, 0, uint32_t);
FIELD(sl_error, kind, 4, int32_t);
FIELD(sl_error, message, 8, sl_string);
FIELD(sl_error, store, 24, sl_string);
FIELD(sl_error, path, 40, sl_string);
FIELD(sl_error, request_id, 56, sl_string);
FIELD(sl_error, status, 72, int32_t);
FIELD(sl_error, reserved, 76, int32_t);
FIELD(sl_error, cause, 80, sl_object);
SIZE(sl_error, 112);

FIELD(sl_operation, struct_size, 0, uint32_t);
FIELD(sl_operation, reserved, 4, uint32_t);
FIELD(sl_operation, start, 8, void (*)(sl_operation*));
FIELD(sl_operation, drive, 16, void (*)(sl_operation*, sl_interrupt, void*));
FIELD(sl_operation, cancel, 24, void (*)(sl_operation*));
FIELD(sl_operation, release, 32, void (*)(sl_operation*));
SIZE(sl_operation, 40);

FIELD(sl_object_meta, struct_size, 0, uint32_t);
FIELD(sl_object_meta, reserved, 4, uint32_t);
FIELD(sl_object_meta, path, 8, sl_string);
FIELD(sl_object_meta, last_modified, 24, int64_t);
FIELD(sl_object_meta, size, 32, uint64_t);
FIELD(sl_object_meta, e_tag, 40, sl_string);
FIELD(sl_object_meta, version, 56, sl_string);
SIZE(sl_object_meta, 72);

FIELD(sl_stream, struct_size, 0, uint32_t);
FIELD(sl_stream, reserved, 4, uint32_t);
FIELD(sl_stream, next, 8, sl_operation* (*)(sl_stream*, sl_bytes_callback, void*));
FIELD(sl_stream, release, 16, void (*)(sl_stream*));
SIZE(sl_stream, 24);

FIELD(sl_get_request, struct_size, 0, uint32_t);
FIELD(sl_get_request, range_kind, 4, int32_t);
FIELD(sl_get_request, range_start, 8, uint64_t);
FIELD(sl_get_request, range_end, 16, uint64_t);
FIELD(sl_get_request, path, 24, sl_string);
FIELD(sl_get_request, if_match, 40, sl_string);
FIELD(sl_get_request, if_none_match, 56, sl_string);
FIELD(sl_get_request, version, 72, sl_string);
FIELD(sl_get_request, if_modified_since, 88, int64_t);
FIELD(sl_get_request, if_unmodified_since, 96, int64_t);
FIELD(sl_get_request, head, 104, int32_t);
FIELD(sl_get_request, sink, 108, int32_t);
FIELD(sl_get_request, buffer, 112, uint8_t*);
FIELD(sl_get_request, buffer_size, 120, size_t);
FIELD(sl_get_request, headers, 128, const sl_pair*);
FIELD(sl_get_request, header_count, 136, size_t);
FIELD(sl_get_request, collect_up_to, 144, uint64_t);
SIZE(sl_get_request, 152);

FIELD(sl_get_result, struct_size, 0, uint32_t);
FIELD(sl_get_result, reserved, 4, uint32_t);
FIELD(sl_get_result, meta, 8, const sl_object_meta*);
FIELD(sl_get_result, start, 16, uint64_t);
FIELD(sl_get_result, end, 24, uint64_t);
FIELD(sl_get_result, attributes, 32, const sl_pair*);
FIELD(sl_get_result, attribute_count, 40, size_t);
FIELD(sl_get_result, metadata, 48, const sl_pair*);
FIELD(sl_get_result, metadata_count, 56, size_t);
FIELD(sl_get_result, body, 64, sl_bytes);
FIELD(sl_get_result, stream, 96, sl_stream*);
SIZE(sl_get_result, 104);

FIELD(sl_get_ranges_request, struct_size, 0, uint32_t);
FIELD(sl_get_ranges_request, reserved, 4, uint32_t);
FIELD(sl_get_ranges_request, path, 8, sl_string);
FIELD(sl_get_ranges_request, ranges, 24, const sl_range*);
FIELD(sl_get_ranges_request, range_count, 32, size_t);
SIZE(sl_get_ranges_request, 40);

FIELD(sl_put_request, struct_size, 0, uint32_t);
FIELD(sl_put_request, mode, 4, int32_t);
FIELD(sl_put_request, path, 8, sl_string);
FIELD(sl_put_request, body, 24, sl_bytes);
FIELD(sl_put_request, e_tag, 56, sl_string);
FIELD(sl_put_request, version, 72, sl_string);
FIELD(sl_put_request, attributes, 88, const sl_pair*);
FIELD(sl_put_request, attribute_count, 96, size_t);
FIELD(sl_put_request, metadata, 104, const sl_pair*);
FIELD(sl_put_request, metadata_count, 112, size_t);
FIELD(sl_put_request, tags, 120, const sl_pair*);
FIELD(sl_put_request, tag_count, 128, size_t);
FIELD(sl_put_request, headers, 136, const sl_pair*);
FIELD(sl_put_request, header_count, 144, size_t);
SIZE(sl_put_request, 152);

FIELD(sl_put_result, struct_size, 0, uint32_t);
FIELD(sl_put_result, reserved, 4, uint32_t);
FIELD(sl_put_result, e_tag, 8, sl_string);
FIELD(sl_put_result, version, 24, sl_string);
SIZE(sl_put_result, 40);

FIELD(sl_upload, struct_size, 0, uint32_t);
FIELD(sl_upload, reserved, 4, uint32_t);
FIELD(sl_upload, put_part, 8, sl_operation* (*)(sl_upload*, size_t, sl_bytes*, sl_done_callback, void*));
FIELD(sl_upload, complete, 16, sl_operation* (*)(sl_upload*, sl_put_callback, void*));
FIELD(sl_upload, abort, 24, sl_operation* (*)(sl_upload*, sl_done_callback, void*));
FIELD(sl_upload, release, 32, void (*)(sl_upload*));
SIZE(sl_upload, 40);

FIELD(sl_multipart_request, struct_size, 0, uint32_t);
FIELD(sl_multipart_request, reserved, 4, uint32_t);
FIELD(sl_multipart_request, path, 8, sl_string);
FIELD(sl_multipart_request, attributes, 24, const sl_pair*);
FIELD(sl_multipart_request, attribute_count, 32, size_t);
FIELD(sl_multipart_request, metadata, 40, const sl_pair*);
FIELD(sl_multipart_request, metadata_count, 48, size_t);
FIELD(sl_multipart_request, tags, 56, const sl_pair*);
FIELD(sl_multipart_request, tag_count, 64, size_t);
SIZE(sl_multipart_request, 72);

FIELD(sl_list_request, struct_size, 0, uint32_t);
FIELD(sl_list_request, raw_prefix, 4, int32_t);
FIELD(sl_list_request, prefix, 8, sl_string);
FIELD(sl_list_request, offset, 24, sl_string);
FIELD(sl_list_request, page_token, 40, sl_string);
FIELD(sl_list_request, max_keys, 56, size_t);
FIELD(sl_list_request, delimiter, 64, int32_t);
FIELD(sl_list_request, reserved, 68, int32_t);
SIZE(sl_list_request, 72);

FIELD(sl_list_page, struct_size, 0, uint32_t);
FIELD(sl_list_page, object_size, 4, uint32_t);
FIELD(sl_list_page, objects, 8, const sl_object_meta*);
FIELD(sl_list_page, object_count, 16, size_t);
FIELD(sl_list_page, common_prefixes, 24, const sl_string*);
FIELD(sl_list_page, common_prefix_count, 32, size_t);
FIELD(sl_list_page, next_page_token, 40, sl_string);
SIZE(sl_list_page, 56);

FIELD(sl_remove_many_request, struct_size, 0, uint32_t);
FIELD(sl_remove_many_request, reserved, 4, uint32_t);
FIELD(sl_remove_many_request, paths, 8, const sl_string*);
FIELD(sl_remove_many_request, path_count, 16, size_t);
SIZE(sl_remove_many_request, 24);

FIELD(sl_copy_request, struct_size, 0, uint32_t);
FIELD(sl_copy_request, overwrite, 4, int32_t);
FIELD(sl_copy_request, from, 8, sl_string);
FIELD(sl_copy_request, to, 24, sl_string);
SIZE(sl_copy_request, 40);

FIELD(sl_sign_request, struct_size, 0, uint32_t);
FIELD(sl_sign_request, reserved, 4, uint32_t);
FIELD(sl_sign_request, method, 8, sl_string);
FIELD(sl_sign_request, path, 24, sl_string);
FIELD(sl_sign_request, expires_in, 40, uint64_t);
SIZE(sl_sign_request, 48);

FIELD(sl_executor, struct_size, 0, uint32_t);
FIELD(sl_executor, reserved, 4, uint32_t);
FIELD(sl_executor, post, 8, void (*)(const sl_executor*, void (*)(void*), void*));
FIELD(sl_executor, spawn_blocking, 16, void (*)(const sl_executor*, void (*)(void*), void*));
SIZE(sl_executor, 24);

FIELD(sl_store, struct_size, 0, uint32_t);
FIELD(sl_store, abi_version, 4, uint32_t);
FIELD(sl_store, retain, 8, void (*)(const sl_store*));
FIELD(sl_store, release, 16, void (*)(const sl_store*));
FIELD(sl_store, capabilities, 24, uint64_t (*)(const sl_store*));
FIELD(sl_store, describe, 32, size_t (*)(const sl_store*, char*, size_t));
FIELD(sl_store, executor, 40, const sl_executor* (*)(const sl_store*));
FIELD(sl_store, get, 48, sl_operation* (*)(const sl_store*, const sl_get_request*, sl_get_callback, void*));
FIELD(sl_store, put, 56, sl_operation* (*)(const sl_store*, const sl_put_request*, sl_put_callback, void*));
FIELD(sl_store, list_page, 64,
      sl_operation* (*)(const sl_store*, const sl_list_request*, sl_list_callback, void*));
FIELD(sl_store, remove, 72, sl_operation* (*)(const sl_store*, sl_string, sl_done_callback, void*));
FIELD(sl_store, copy, 80,
      sl_operation* (*)(const sl_store*, const sl_copy_request*, sl_done_callback, void*));
FIELD(sl_store, rename, 88,
      sl_operation* (*)(const sl_store*, const sl_copy_request*, sl_done_callback, void*));
FIELD(sl_store, get_ranges, 96,
      sl_operation* (*)(const sl_store*, const sl_get_ranges_request*, sl_ranges_callback, void*));
FIELD(sl_store, start_multipart, 104,
      sl_operation* (*)(const sl_store*, const sl_multipart_request*, sl_multipart_callback, void*));
FIELD(sl_store, remove_many, 112,
      sl_operation* (*)(const sl_store*, const sl_remove_many_request*, sl_remove_many_callback, void*));
FIELD(sl_store, sign, 120,
      sl_operation* (*)(const sl_store*, const sl_sign_request*, sl_sign_callback, void*));
SIZE(sl_store, 128);

FIELD(sl_retry, struct_size, 0, uint32_t);
FIELD(sl_retry, max_retries, 4, uint32_t);
FIELD(sl_retry, init_backoff, 8, uint64_t);
FIELD(sl_retry, max_backoff, 16, uint64_t);
FIELD(sl_retry, retry_timeout, 24, uint64_t);
FIELD(sl_retry, base, 32, double);
SIZE(sl_retry, 40);

FIELD(sl_open_request, struct_size, 0, uint32_t);
FIELD(sl_open_request, reserved, 4, uint32_t);
FIELD(sl_open_request, url, 8, sl_string);
FIELD(sl_open_request, config, 24, const sl_pair*);
FIELD(sl_open_request, config_count, 32, size_t);
FIELD(sl_open_request, client_options, 40, const sl_pair*);
FIELD(sl_open_request, client_option_count, 48, size_t);
FIELD(sl_open_request, retry, 56, const sl_retry*);
SIZE(sl_open_request, 64);

FIELD(sl_runtime, struct_size, 0, uint32_t);
FIELD(sl_runtime, abi_version, 4, uint32_t);
FIELD(sl_runtime, version, 8, const char*);
FIELD(sl_runtime, executor, 16, const sl_executor*);
FIELD(sl_runtime, open_url, 24, void (*)(const sl_open_request*, sl_open_callback, void*));
SIZE(sl_runtime, 32);

FIELD(sl_register_options, struct_size, 0, uint32_t);
FIELD(sl_register_options, warn_on_recreate, 4, int32_t);
FIELD(sl_register_options, accept_python_stores, 8, int32_t);
FIELD(sl_register_options, reserved, 12, int32_t);
SIZE(sl_register_options, 16);

FIELD(sl_python, struct_size, 0, uint32_t);
FIELD(sl_python, abi_version, 4, uint32_t);
FIELD(sl_python, runtime, 8, const sl_runtime*);
FIELD(sl_python, register_store_module, 16,
      struct _object* (*)(struct _object*, const char*, const char*, const sl_register_options*,
                          const sl_registration**));
FIELD(sl_python, register_exceptions_module, 24,
      struct _object* (*)(struct _object*, const char*, const char*));
FIELD(sl_python, store_from_python, 32,
      const sl_store* (*)(struct _object*, int32_t, const sl_registration*));
FIELD(sl_python, is_not_a_store_error, 40, int32_t (*)(void));
FIELD(sl_python, store_to_python, 48, struct _object* (*)(const sl_store*, const sl_registration*));
FIELD(sl_python, raise, 56, void (*)(const sl_error*));
FIELD(sl_python, interrupted, 64, int32_t (*)(void));
FIELD(sl_python, awaitable_new, 72, struct _object* (*)(void (*)(void*), void*, sl_completion**));
FIELD(sl_python, awaitable_complete, 80, void (*)(sl_completion*, struct _object* (*)(void*), void*));
FIELD(sl_python, awaitable_done, 88, struct _object* (*)(struct _object*));
SIZE(sl_python, 96);

CALLBACK(sl_interrupt, int32_t (*)(void*));
CALLBACK(sl_done_callback, void (*)(void*, const sl_error*));
CALLBACK(sl_bytes_callback, void (*)(void*, const sl_error*, sl_bytes*));
CALLBACK(sl_get_callback, void (*)(void*, const sl_error*, sl_get_result*));
CALLBACK(sl_ranges_callback, void (*)(void*, const sl_error*, sl_bytes*, size_t));
CALLBACK(sl_put_callback, void (*)(void*, const sl_error*, const sl_put_result*));
CALLBACK(sl_multipart_callback, void (*)(void*, const sl_error*, sl_upload*));
CALLBACK(sl_list_callback, void (*)(void*, const sl_error*, const sl_list_page*));
CALLBACK(sl_remove_many_callback, void (*)(void*, const sl_error*, const sl_error* const*, size_t));
CALLBACK(sl_sign_callback, void (*)(void*, const sl_error*, const sl_string*));
CALLBACK(sl_open_callback, void (*)(void*, const sl_error*, const sl_store*));
VALUE(SL_GENERIC, 1);
VALUE(SL_NOT_FOUND, 2);
VALUE(SL_ALREADY_EXISTS, 3);
VALUE(SL_PRECONDITION, 4);
VALUE(SL_NOT_MODIFIED, 5);
VALUE(SL_PERMISSION_DENIED, 6);
VALUE(SL_UNAUTHENTICATED, 7);
VALUE(SL_INVALID_PATH, 8);
VALUE(SL_UNKNOWN_CONFIG_KEY, 9);
VALUE(SL_NOT_SUPPORTED, 10);
VALUE(SL_NOT_IMPLEMENTED, 11);
VALUE(SL_JOIN, 12);
VALUE(SL_IO, 13);
VALUE(SL_TIMEOUT, 14);
VALUE(SL_CANCELLED, 15);

VALUE(SL_RANGE_ALL, 0);
VALUE(SL_RANGE_BOUNDED, 1);
VALUE(SL_RANGE_OFFSET, 2);
VALUE(SL_RANGE_SUFFIX, 3);

VALUE(SL_SINK_COLLECT, 0);
VALUE(SL_SINK_INTO, 1);
VALUE(SL_SINK_STREAM, 2);

VALUE(SL_PUT_OVERWRITE, 0);
VALUE(SL_PUT_CREATE, 1);
VALUE(SL_PUT_UPDATE, 2);

VALUE(SL_CAN_PUT_CREATE, 1 << 0);
VALUE(SL_CAN_PUT_UPDATE, 1 << 1);
VALUE(SL_CAN_COPY_CREATE, 1 << 2);
VALUE(SL_CAN_ATTRIBUTES, 1 << 3);
VALUE(SL_CAN_TAGS, 1 << 4);
VALUE(SL_CAN_VERSIONS, 1 << 5);
VALUE(SL_CAN_SIGN, 1 << 6);
VALUE(SL_LISTS_IN_ORDER, 1 << 7);
VALUE(SL_TAKES_HEADERS, 1 << 8);
VALUE(SL_TAKES_NO_PARTS, 1 << 9);

VALUE(SL_ACCEPT_SHARED, 0);
VALUE(SL_ACCEPT_EXTERNAL, 1);
VALUE(SL_ACCEPT_ANY, 2);

VALUE(SL_ABI_VERSION, 1u);
VALUE(SL_NO_TIME, INT64_MIN);
/* Their letters are compared in abi_header_test.cpp: C11 has no constant expression for them. */
TEXT(SL_CAPSULE_NAME, 15);
TEXT(SL_CAPSULE_METHOD, 19);
TEXT(SL_PYTHON_CAPSULE_NAME, 24);
_Static_assert(_Generic(&sl_get_runtime, const sl_runtime* (*)(void): 1, default: 0),
               "sl_get_runtime has another type");
