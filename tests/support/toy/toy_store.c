/* A store in memory, in plain C, as a library of its own would export one. Started operations run each on a
 * thread of their own. Compiled against several versions of abi.h: with ABI_OLDER it lacks what came later,
 * with ABI_NEWER it also says what only a newer consumer understands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "toy_parts.h"

/* The operation whose subject is the store itself. */
static operation* begin(const sl_store* self, sl_string path, void (*perform)(operation*),
                        void (*tell_error)(operation*, const sl_error*), void* user) {
  return operation_make((store*)self, path, perform, tell_error, user);
}

static sl_object_meta meta_of(const object* of, sl_string e_tag) {
  sl_object_meta meta;
  memset(&meta, 0, sizeof(meta));
  meta.struct_size = sizeof(meta);
  meta.path = of->key;
  meta.last_modified = 1000000000000000000;
  meta.size = of->body->size;
  meta.e_tag = e_tag;
  FILL_NEWER(meta);
  return meta;
}

/* --- streams: a body in pieces of four bytes */

#ifndef ABI_OLDER
typedef struct stream {
  sl_stream base;
  atomic_int references;
  store* in;
  blob* body;
  uint64_t next, end;
} stream;

static void stream_drop(void* self) {
  stream* of = self;
  if (atomic_fetch_sub(&of->references, 1) != 1) return;
  blob_release(of->body);
  store_release(&of->in->base);
  unmake(of);
}

static void stream_release(sl_stream* self) {
  stream_drop(self);
}

static void tell_bytes_error(operation* op, const sl_error* error) {
  op->callback.bytes(op->user, error, NULL);
}

static void perform_next(operation* op) {
  stream* of = op->about.of;
  const uint64_t start = of->next;
  of->next = of->end - start < 4 ? of->end : start + 4;
  sl_bytes piece = blob_give(of->body, start, of->next);
  op->callback.bytes(op->user, NULL, &piece);
}

static sl_operation* stream_next(sl_stream* self, sl_bytes_callback callback, void* user) {
  stream* of = (stream*)self;
  operation* op = operation_make(of->in, text_of(""), perform_next, tell_bytes_error, user);
  atomic_fetch_add(&of->references, 1);
  op->about.of = of;
  op->about.release = stream_drop;
  op->callback.bytes = callback;
  return &op->base;
}

static sl_stream* stream_make(store* in, blob* body, uint64_t start, uint64_t end) {
  stream* made = make(sizeof(stream));
  made->base.struct_size = sizeof(sl_stream);
  made->base.next = stream_next;
  made->base.release = stream_release;
  atomic_init(&made->references, 1);
  store_retain(&in->base);
  made->in = in;
  made->body = blob_retain(body);
  made->next = start;
  made->end = end;
  return &made->base;
}
#endif

/* --- get */

static void tell_get_error(operation* op, const sl_error* error) {
  op->callback.get(op->user, error, NULL);
}

/* 0 when the range has no bytes. */
static int resolve(const sl_get_request* asked, uint64_t size, uint64_t* start, uint64_t* end) {
  *start = 0;
  *end = size;
  switch (asked->range_kind) {
    case SL_RANGE_ALL: return 1;
    case SL_RANGE_BOUNDED:
      *start = asked->range_start;
      *end = asked->range_end < size ? asked->range_end : size;
      break;
    case SL_RANGE_OFFSET: *start = asked->range_start; break;
    case SL_RANGE_SUFFIX: *start = asked->range_start < size ? size - asked->range_start : 0; break;
    default: return 0;
  }
  return *start < *end;
}

/* Where the body goes; null, or why it cannot go there. */
static const char* deliver(operation* op, blob* body, uint64_t start, uint64_t end, sl_get_result* result) {
  switch (op->asked.get.sink) {
    case SL_SINK_COLLECT: result->body = blob_give(body, start, end); return NULL;
#ifndef ABI_OLDER
    case SL_SINK_INTO:
      if (op->asked.get.buffer_size < end - start) return "the buffer is too small";
      memcpy(op->asked.get.buffer, body->data + start, (size_t)(end - start));
      return NULL;
    case SL_SINK_STREAM: result->stream = stream_make(op->in, body, start, end); return NULL;
#endif
    default: return "this sink is not known here";
  }
}

static void perform_get(operation* op) {
  char e_tag[32];
  sl_get_result result;
  sl_object_meta meta;
  pairs attributes = {.count = 0};
  pairs metadata = {.count = 0};
  const char* failure = NULL;
  int32_t kind = SL_GENERIC;
  memset(&result, 0, sizeof(result));
  pthread_mutex_lock(&op->in->mutex);
  const object* found = find(op->in, op->path);
  if (found == NULL) {
    failure = "no object has this path";
    kind = SL_NOT_FOUND;
  } else if (op->other.data != NULL && text_compare(op->other, number(e_tag, found->e_tag)) != 0) {
    failure = "the etag is another";
    kind = SL_PRECONDITION;
  } else if (!resolve(&op->asked.get, found->body->size, &result.start, &result.end)) {
    failure = "the range has no bytes";
  } else {
    meta = meta_of(found, number(e_tag, found->e_tag));
    meta.path = op->path;
    pairs_copy(&attributes, found->attributes.items, found->attributes.count);
    pairs_copy(&metadata, found->metadata.items, found->metadata.count);
    if (!op->asked.get.head) failure = deliver(op, found->body, result.start, result.end, &result);
    if (failure != NULL) kind = SL_NOT_SUPPORTED;
  }
  pthread_mutex_unlock(&op->in->mutex);
  if (failure != NULL) {
    fail(op, kind, failure);
  } else {
    result.struct_size = sizeof(result);
    result.meta = &meta;
    result.attributes = attributes.items;
    result.attribute_count = attributes.count;
    result.metadata = metadata.items;
    result.metadata_count = metadata.count;
    FILL_NEWER(result);
#ifdef ABI_NEWER
    /* An attribute that older consumers do not know. */
    sl_pair more[MOST + 1];
    memcpy(more, attributes.items, attributes.count * sizeof(sl_pair));
    more[attributes.count].name = text_of("content-newer");
    more[attributes.count].value = text_of("x");
    result.attributes = more;
    result.attribute_count = attributes.count + 1;
#endif
    op->callback.get(op->user, NULL, &result);
  }
  pairs_free(&attributes);
  pairs_free(&metadata);
}

static sl_operation* get(const sl_store* self, const sl_get_request* request, sl_get_callback callback,
                         void* user) {
  sl_get_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = begin(self, asked.path, perform_get, tell_get_error, user);
  op->asked.get = asked;
  op->other = text_copy(asked.if_match);
  op->callback.get = callback;
  return &op->base;
}

/* --- put */

static void perform_put(operation* op) {
  char e_tag[32];
  int32_t kind = 0;
  uint64_t written = 0;
  pthread_mutex_lock(&op->in->mutex);
  const object* found = find(op->in, op->path);
  if (op->asked.mode < SL_PUT_OVERWRITE || op->asked.mode > SL_PUT_UPDATE) {
    kind = SL_NOT_SUPPORTED;
  } else if (op->asked.mode == SL_PUT_CREATE && found != NULL) {
    kind = SL_ALREADY_EXISTS;
  } else if (op->asked.mode == SL_PUT_UPDATE &&
             (found == NULL || text_compare(op->other, number(e_tag, found->e_tag)) != 0)) {
    kind = SL_PRECONDITION;
  } else {
    object* to = renew(op->in, op->path);
    to->body = blob_retain(op->body);
    pairs_copy(&to->attributes, op->attributes.items, op->attributes.count);
    pairs_copy(&to->metadata, op->metadata.items, op->metadata.count);
    written = to->e_tag;
  }
  pthread_mutex_unlock(&op->in->mutex);
  if (kind != 0)
    fail(op, kind, "the object is not as it must be, or the mode is not known");
  else
    tell_put(op, written);
}

static sl_operation* put(const sl_store* self, const sl_put_request* request, sl_put_callback callback,
                         void* user) {
  sl_put_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = begin(self, asked.path, perform_put, tell_put_error, user);
  op->asked.mode = asked.mode;
  op->other = text_copy(asked.e_tag);
  op->body = blob_take(&asked.body);
  pairs_copy(&op->attributes, asked.attributes, asked.attribute_count);
  pairs_copy(&op->metadata, asked.metadata, asked.metadata_count);
  op->callback.put = callback;
  return &op->base;
}

/* --- list */

static void tell_list_error(operation* op, const sl_error* error) {
  op->callback.list(op->user, error, NULL);
}

/* The part of the key before the first slash behind the prefix, or the whole key. */
static sl_string group_of(sl_string key, size_t prefix, int delimiter) {
  for (size_t i = prefix; delimiter && i < key.size; ++i) {
    if (key.data[i] != '/') continue;
    const sl_string group = {key.data, i};
    return group;
  }
  return key;
}

/* Greater than the key, or than all keys of the group, and less than what comes next. */
static sl_string token_of(sl_string last, int is_group) {
  char* data = make(last.size + 2);
  memcpy(data, last.data, last.size);
  /* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its size says where it ends */
  if (is_group) memcpy(data + last.size, "/\xff", 2);
  const sl_string token = {data, last.size + (is_group ? 2 : 0)};
  return token;
}

static void perform_list(operation* op) {
  const sl_list_request* asked = &op->asked.list;
#ifdef ABI_OLDER
  const int delimiter = 0;
#else
  const int delimiter = asked->delimiter;
#endif
  const size_t limit = asked->max_keys != 0 && asked->max_keys < MOST ? asked->max_keys : MOST;
  /* Whole segments: "a" and "a/" stand for the same. */
  const int lacks_slash = !asked->raw_prefix && op->path.size != 0 && op->path.data[op->path.size - 1] != '/';
  const size_t prefix = op->path.size + (lacks_slash ? 1 : 0);
  sl_object_meta* objects = make(MOST * sizeof(sl_object_meta)); /* no byte too many: readers are watched */
  char e_tags[MOST][32];
  sl_string groups[MOST];
  sl_list_page page;
  memset(&page, 0, sizeof(page));
  page.struct_size = sizeof(page);
  page.object_size = sizeof(sl_object_meta);
  FILL_NEWER(page);
  sl_string last = {NULL, 0};
  int last_is_group = 0;
  pthread_mutex_lock(&op->in->mutex);
  for (const object* at = op->in->objects; at != NULL; at = at->next) {
    if (!text_starts_with(at->key, op->path) || text_compare(at->key, op->other) <= 0) continue;
    if (at->key.size < prefix || (prefix != op->path.size && at->key.data[op->path.size] != '/')) continue;
    if (!asked->raw_prefix && prefix != 0 && at->key.size == prefix) continue; /* "a/" is not below "a" */
    if (text_compare(at->key, op->page_token) <= 0) continue;
    const sl_string group = group_of(at->key, prefix, delimiter);
    if (group.size != at->key.size && page.common_prefix_count != 0 &&
        text_compare(group, groups[page.common_prefix_count - 1]) == 0)
      continue;
    if (page.object_count + page.common_prefix_count == limit) {
      page.next_page_token = token_of(last, last_is_group);
      break;
    }
    last = group;
    last_is_group = group.size != at->key.size;
    if (last_is_group) {
      groups[page.common_prefix_count++] = text_copy(group);
    } else {
      objects[page.object_count] = meta_of(at, number(e_tags[page.object_count], at->e_tag));
      objects[page.object_count].path = text_copy(at->key);
      ++page.object_count;
    }
  }
  pthread_mutex_unlock(&op->in->mutex);
  page.objects = objects;
  page.common_prefixes = groups;
  op->callback.list(op->user, NULL, &page);
  for (size_t i = 0; i < page.object_count; ++i) text_free(&objects[i].path);
  for (size_t i = 0; i < page.common_prefix_count; ++i) text_free(&groups[i]);
  text_free(&page.next_page_token);
  unmake(objects);
}

static sl_operation* list_page(const sl_store* self, const sl_list_request* request,
                               sl_list_callback callback, void* user) {
  sl_list_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = begin(self, asked.prefix, perform_list, tell_list_error, user);
  op->asked.list = asked;
  op->other = text_copy(asked.offset);
  op->page_token = text_copy(asked.page_token);
  op->callback.list = callback;
  return &op->base;
}

/* --- remove, copy, rename */

static void perform_remove(operation* op) {
  pthread_mutex_lock(&op->in->mutex);
  const int found = find(op->in, op->path) != NULL;
  if (found) erase(op->in, op->path);
  pthread_mutex_unlock(&op->in->mutex);
  tell_end(op, SL_NOT_FOUND, found ? NULL : "no object has this path");
}

static sl_operation* remove_object(const sl_store* self, sl_string path, sl_done_callback callback,
                                   void* user) {
  operation* op = begin(self, path, perform_remove, tell_done, user);
  op->callback.done = callback;
  return &op->base;
}

/* 0, or what kind of error. */
static int32_t copy_object(operation* op) {
  const object* from = find(op->in, op->path);
  if (from == NULL) return SL_NOT_FOUND;
  if (!op->asked.overwrite && find(op->in, op->other) != NULL) return SL_ALREADY_EXISTS;
  if (text_compare(op->path, op->other) == 0) return 0;
  object* to = renew(op->in, op->other);
  to->body = blob_retain(from->body);
  pairs_copy(&to->attributes, from->attributes.items, from->attributes.count);
  pairs_copy(&to->metadata, from->metadata.items, from->metadata.count);
  return 0;
}

static void perform_copy(operation* op) {
  pthread_mutex_lock(&op->in->mutex);
  const int32_t kind = copy_object(op);
  pthread_mutex_unlock(&op->in->mutex);
  tell_end(op, kind, kind != 0 ? "the object cannot be copied" : NULL);
}

static void perform_rename(operation* op) {
  pthread_mutex_lock(&op->in->mutex);
  const int32_t kind = copy_object(op);
  if (kind == 0 && text_compare(op->path, op->other) != 0) erase(op->in, op->path);
  pthread_mutex_unlock(&op->in->mutex);
  tell_end(op, kind, kind != 0 ? "the object cannot be renamed" : NULL);
}

static sl_operation* begin_copy(const sl_store* self, const sl_copy_request* request,
                                sl_done_callback callback, void* user, void (*perform)(operation*)) {
  sl_copy_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = begin(self, asked.from, perform, tell_done, user);
  op->other = text_copy(asked.to);
  op->asked.overwrite = asked.overwrite;
  op->callback.done = callback;
  return &op->base;
}

static sl_operation* copy(const sl_store* self, const sl_copy_request* request, sl_done_callback callback,
                          void* user) {
  return begin_copy(self, request, callback, user, perform_copy);
}

static sl_operation* rename_object(const sl_store* self, const sl_copy_request* request,
                                   sl_done_callback callback, void* user) {
  return begin_copy(self, request, callback, user, perform_rename);
}

/* --- the table */

static uint64_t capabilities(const sl_store* self) {
  (void)self;
  uint64_t bits = SL_CAN_PUT_CREATE | SL_CAN_PUT_UPDATE | SL_CAN_COPY_CREATE | SL_LISTS_IN_ORDER;
#ifndef ABI_OLDER
  bits |= SL_CAN_SIGN;
#endif
#ifdef ABI_NEWER
  bits |= UINT64_C(1) << 40; /* what nobody knows yet */
#endif
  return bits;
}

static size_t describe(const sl_store* self, char* text, size_t size) {
  (void)self;
  const sl_string name = text_of("ToyStore");
  if (size != 0) memcpy(text, name.data, name.size < size ? name.size : size);
  return name.size;
}

static const sl_executor* executor(const sl_store* self) {
  (void)self;
  return NULL;
}

#ifdef ABI_NEWER
static void newer_function(void) {
  abort(); /* nobody knows it */
}
#endif

const sl_store* toy_make(void) {
  store* made = store_make();
  made->base.struct_size = sizeof(sl_store);
  made->base.abi_version = SL_ABI_VERSION;
  made->base.retain = store_retain;
  made->base.release = store_release;
  made->base.capabilities = capabilities;
  made->base.describe = describe;
  made->base.executor = executor;
  made->base.get = get;
  made->base.put = put;
  made->base.list_page = list_page;
  made->base.remove = remove_object;
  made->base.copy = copy;
  made->base.rename = rename_object;
#ifndef ABI_OLDER
  add_later_verbs(&made->base);
#endif
#ifdef ABI_NEWER
  made->base.newer_function = newer_function;
#endif
  return &made->base;
}
