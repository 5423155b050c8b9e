/* The verbs that the first version of the table did not have. */
#include <stdio.h>
#include <string.h>

#include "toy_parts.h"

#ifndef ABI_OLDER

static void tell_ranges_error(operation* op, const sl_error* error) {
  op->callback.ranges(op->user, error, NULL, 0);
}

static void perform_get_ranges(operation* op) {
  sl_bytes pieces[MOST];
  int good = 1;
  pthread_mutex_lock(&op->in->mutex);
  const object* found = find(op->in, op->path);
  for (size_t i = 0; found != NULL && i < op->count; ++i)
    good = good && op->ranges[i].start < op->ranges[i].end && op->ranges[i].end <= found->body->size;
  for (size_t i = 0; found != NULL && good && i < op->count; ++i)
    pieces[i] = blob_give(found->body, op->ranges[i].start, op->ranges[i].end);
  pthread_mutex_unlock(&op->in->mutex);
  if (found == NULL)
    fail(op, SL_NOT_FOUND, "no object has this path");
  else if (!good)
    fail(op, SL_GENERIC, "the range has no bytes");
  else
    op->callback.ranges(op->user, NULL, pieces, op->count);
}

static sl_operation* get_ranges(const sl_store* self, const sl_get_ranges_request* request,
                                sl_ranges_callback callback, void* user) {
  sl_get_ranges_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = operation_make((store*)self, asked.path, perform_get_ranges, tell_ranges_error, user);
  for (; op->count < asked.range_count && op->count < MOST; ++op->count)
    op->ranges[op->count] = asked.ranges[op->count];
  op->callback.ranges = callback;
  return &op->base;
}

/* --- uploads */

typedef struct upload {
  sl_upload base;
  atomic_int references;
  store* in;
  sl_string path;
  pairs attributes, metadata;
  blob* parts[MOST]; /* guarded by the store's mutex */
} upload;

static void upload_empty(upload* of) {
  for (size_t i = 0; i < MOST; ++i) {
    blob_release(of->parts[i]);
    of->parts[i] = NULL;
  }
}

static void upload_drop(void* self) {
  upload* of = self;
  if (atomic_fetch_sub(&of->references, 1) != 1) return;
  upload_empty(of);
  text_free(&of->path);
  pairs_free(&of->attributes);
  pairs_free(&of->metadata);
  store_release(&of->in->base);
  unmake(of);
}

static void upload_release(sl_upload* self) {
  upload_drop(self);
}

static operation* begin_upload(sl_upload* self, void (*perform)(operation*),
                               void (*tell_error)(operation*, const sl_error*), void* user) {
  upload* of = (upload*)self;
  operation* op = operation_make(of->in, of->path, perform, tell_error, user);
  atomic_fetch_add(&of->references, 1);
  op->about.of = of;
  op->about.release = upload_drop;
  return op;
}

static void perform_part(operation* op) {
  upload* of = op->about.of;
  const int fits = op->asked.index < MOST;
  pthread_mutex_lock(&op->in->mutex);
  if (fits) {
    blob_release(of->parts[op->asked.index]);
    of->parts[op->asked.index] = blob_retain(op->body);
  }
  pthread_mutex_unlock(&op->in->mutex);
  tell_end(op, SL_GENERIC, fits ? NULL : "too many parts");
}

static sl_operation* upload_put_part(sl_upload* self, size_t index, sl_bytes* part, sl_done_callback callback,
                                     void* user) {
  operation* op = begin_upload(self, perform_part, tell_done, user);
  op->body = blob_take(part);
  part->release = NULL;
  op->asked.index = index;
  op->callback.done = callback;
  return &op->base;
}

static void perform_complete(operation* op) {
  upload* of = op->about.of;
  size_t size = 0;
  pthread_mutex_lock(&op->in->mutex);
  for (size_t i = 0; i < MOST && of->parts[i] != NULL; ++i) size += of->parts[i]->size;
  blob* whole = blob_make(size);
  size = 0;
  for (size_t i = 0; i < MOST && of->parts[i] != NULL; size += of->parts[i]->size, ++i)
    memcpy(whole->data + size, of->parts[i]->data, of->parts[i]->size);
  object* to = renew(op->in, of->path);
  to->body = whole;
  pairs_copy(&to->attributes, of->attributes.items, of->attributes.count);
  pairs_copy(&to->metadata, of->metadata.items, of->metadata.count);
  upload_empty(of);
  const uint64_t e_tag = to->e_tag;
  pthread_mutex_unlock(&op->in->mutex);
  tell_put(op, e_tag);
}

static sl_operation* upload_complete(sl_upload* self, sl_put_callback callback, void* user) {
  operation* op = begin_upload(self, perform_complete, tell_put_error, user);
  op->callback.put = callback;
  return &op->base;
}

static void perform_abort(operation* op) {
  pthread_mutex_lock(&op->in->mutex);
  upload_empty(op->about.of);
  pthread_mutex_unlock(&op->in->mutex);
  tell_end(op, 0, NULL);
}

static sl_operation* upload_abort(sl_upload* self, sl_done_callback callback, void* user) {
  operation* op = begin_upload(self, perform_abort, tell_done, user);
  op->callback.done = callback;
  return &op->base;
}

static void tell_multipart_error(operation* op, const sl_error* error) {
  op->callback.multipart(op->user, error, NULL);
}

static void perform_multipart(operation* op) {
  upload* made = make(sizeof(upload));
  made->base.struct_size = sizeof(sl_upload);
  made->base.put_part = upload_put_part;
  made->base.complete = upload_complete;
  made->base.abort = upload_abort;
  made->base.release = upload_release;
  atomic_init(&made->references, 1);
  store_retain(&op->in->base);
  made->in = op->in;
  made->path = text_copy(op->path);
  pairs_copy(&made->attributes, op->attributes.items, op->attributes.count);
  pairs_copy(&made->metadata, op->metadata.items, op->metadata.count);
  op->callback.multipart(op->user, NULL, &made->base);
}

static sl_operation* start_multipart(const sl_store* self, const sl_multipart_request* request,
                                     sl_multipart_callback callback, void* user) {
  sl_multipart_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = operation_make((store*)self, asked.path, perform_multipart, tell_multipart_error, user);
  pairs_copy(&op->attributes, asked.attributes, asked.attribute_count);
  pairs_copy(&op->metadata, asked.metadata, asked.metadata_count);
  op->callback.multipart = callback;
  return &op->base;
}

/* --- remove_many */

static void tell_remove_many_error(operation* op, const sl_error* error) {
  op->callback.remove_many(op->user, error, NULL, 0);
}

/* A path that begins with a dot cannot be removed. */
static void perform_remove_many(operation* op) {
  sl_error errors[MOST];
  const sl_error* failures[MOST];
  for (size_t i = 0; i < op->count; ++i) {
    failures[i] = NULL;
    if (text_starts_with(op->paths[i], text_of("."))) {
      errors[i] = error_of(SL_PERMISSION_DENIED, "this path is kept", op->paths[i]);
      failures[i] = &errors[i];
      continue;
    }
    pthread_mutex_lock(&op->in->mutex);
    if (find(op->in, op->paths[i]) != NULL) erase(op->in, op->paths[i]);
    pthread_mutex_unlock(&op->in->mutex);
  }
  op->callback.remove_many(op->user, NULL, failures, op->count);
}

static sl_operation* remove_many(const sl_store* self, const sl_remove_many_request* request,
                                 sl_remove_many_callback callback, void* user) {
  sl_remove_many_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op =
      operation_make((store*)self, text_of(""), perform_remove_many, tell_remove_many_error, user);
  for (; op->count < asked.path_count && op->count < MOST; ++op->count)
    op->paths[op->count] = text_copy(asked.paths[op->count]);
  op->callback.remove_many = callback;
  return &op->base;
}

/* --- sign */

static void tell_sign_error(operation* op, const sl_error* error) {
  op->callback.sign(op->user, error, NULL);
}

static void perform_sign(operation* op) {
  char text[128];
  if (text_compare(op->other, text_of("GET")) != 0) {
    fail(op, 1000, "only GET can be signed"); /* a kind of error that nobody knows yet */
    return;
  }
  snprintf(text, sizeof(text), "toy:%.*s?%llu", (int)op->path.size, op->path.data,
           (unsigned long long)op->asked.seconds);
  const sl_string url = text_of(text);
  op->callback.sign(op->user, NULL, &url);
}

static sl_operation* sign(const sl_store* self, const sl_sign_request* request, sl_sign_callback callback,
                          void* user) {
  sl_sign_request asked;
  read_request(&asked, sizeof(asked), request);
  operation* op = operation_make((store*)self, asked.path, perform_sign, tell_sign_error, user);
  op->other = text_copy(asked.method);
  op->asked.seconds = asked.expires_in;
  op->callback.sign = callback;
  return &op->base;
}

void add_later_verbs(sl_store* to) {
  to->get_ranges = get_ranges;
  to->start_multipart = start_multipart;
  to->remove_many = remove_many;
  to->sign = sign;
}

#else
typedef int toy_has_no_later_verbs; /* a file without any declaration is not C11 */
#endif
