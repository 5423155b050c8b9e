/* A program in plain C that uses a store that it was given, with every verb of its own version of abi.h. What
 * it receives may be longer or shorter than it knows. */
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "toy.h"

#define CHECK(condition)               \
  do {                                 \
    if (!(condition)) return __LINE__; \
  } while (0)
#define RUN(steps)              \
  do {                          \
    const int line = (steps);   \
    if (line != 0) return line; \
  } while (0)

#define REQUEST(type, name)          \
  type name;                         \
  memset(&(name), 0, sizeof(name));  \
  (name).struct_size = sizeof(name); \
  FILL_NEWER(name)

enum { MOST = 32, LONG = 256 };

/* A text that outlives its callback. */
typedef struct kept {
  char data[LONG];
  size_t size;
  int given;
} kept;

static void keep(kept* to, sl_string from) {
  to->given = from.data != NULL;
  to->size = from.size < LONG ? from.size : LONG;
  if (to->size != 0) memcpy(to->data, from.data, to->size);
}

static sl_string text_of(const char* literal) {
  const sl_string text = {literal, strlen(literal)};
  return text;
}

static sl_string lend(const kept* from) {
  const sl_string text = {from->data, from->size};
  return text;
}

static int same(const kept* a, const char* b) {
  return a->size == strlen(b) && memcmp(a->data, b, a->size) == 0;
}

/* What one operation came to. */
typedef struct outcome {
  pthread_mutex_t mutex;
  pthread_cond_t came;
  int calls;
  int32_t kind; /* of the error; 0: it went well */
  kept body, e_tag, path, error_path, content_type, mine;
  uint64_t size, start, end;
  sl_stream* stream;
  sl_upload* upload;
  kept texts[MOST]; /* keys, pieces */
  kept groups[MOST];
  int32_t failures[MOST];
  size_t count, group_count;
} outcome;

static void come(outcome* out, const sl_error* error) {
  pthread_mutex_lock(&out->mutex);
  if (error != NULL) {
    out->kind = error->kind;
    keep(&out->error_path, error->path);
  }
  ++out->calls;
  pthread_cond_signal(&out->came);
  pthread_mutex_unlock(&out->mutex);
}

/* As much as both sides know. */
static void read_struct(void* to, size_t size, const void* from) {
  uint32_t given = 0;
  memcpy(&given, from, sizeof(given));
  memset(to, 0, size);
  memcpy(to, from, given < size ? given : size);
}

static void take(kept* to, sl_bytes* bytes) {
  const sl_string text = {(const char*)bytes->data, bytes->size};
  keep(to, text);
  if (bytes->release != NULL) bytes->release(bytes->owner);
  bytes->release = NULL;
}

static void on_done(void* user, const sl_error* error) {
  come(user, error);
}

static void on_get(void* user, const sl_error* error, sl_get_result* result) {
  outcome* out = user;
  if (error == NULL) {
    sl_object_meta meta;
    read_struct(&meta, sizeof(meta), result->meta);
    keep(&out->path, meta.path);
    keep(&out->e_tag, meta.e_tag);
    out->size = meta.size;
    out->start = result->start;
    out->end = result->end;
    for (size_t i = 0; i < result->attribute_count; ++i) {
      kept name;
      keep(&name, result->attributes[i].name);
      if (same(&name, "content-type")) keep(&out->content_type, result->attributes[i].value);
    }
    if (result->metadata_count == 1) keep(&out->mine, result->metadata[0].value);
    take(&out->body, &result->body);
#ifndef ABI_OLDER
    /* NOLINTNEXTLINE(bugprone-sizeof-expression): the size of the field, a pointer, is what is meant */
    if (SL_HAS(result, sl_get_result, stream)) {
      out->stream = result->stream;
      result->stream = NULL;
    }
#endif
  }
  come(out, error);
}

static void on_put(void* user, const sl_error* error, const sl_put_result* result) {
  outcome* out = user;
  if (error == NULL) keep(&out->e_tag, result->e_tag);
  come(out, error);
}

/* The pages' objects, one after another. */
static void on_list(void* user, const sl_error* error, const sl_list_page* page) {
  outcome* out = user;
  if (error == NULL) {
    const char* item = (const char*)page->objects;
    for (size_t i = 0; i < page->object_count && out->count < MOST; ++i, item += page->object_size) {
      sl_object_meta meta;
      read_struct(&meta, sizeof(meta), item);
      keep(&out->texts[out->count++], meta.path);
      out->size += meta.size;
    }
    for (size_t i = 0; i < page->common_prefix_count && out->group_count < MOST; ++i)
      keep(&out->groups[out->group_count++], page->common_prefixes[i]);
    keep(&out->body, page->next_page_token);
  }
  come(out, error);
}

static void prepare(outcome* out) {
  memset(out, 0, sizeof(*out));
  pthread_mutex_init(&out->mutex, NULL);
  pthread_cond_init(&out->came, NULL);
}

static void await(outcome* out) {
  pthread_mutex_lock(&out->mutex);
  while (out->calls == 0) pthread_cond_wait(&out->came, &out->mutex);
  pthread_mutex_unlock(&out->mutex);
}

/* 0 when the callback came once. */
static int run(sl_operation* op, outcome* out, int started) {
  CHECK(op != NULL);
  if (started) {
    op->start(op);
    await(out);
  } else {
    op->drive(op, NULL, NULL);
  }
  op->release(op);
  CHECK(out->calls == 1);
  return 0;
}

/* --- puts */

static atomic_long bodies;
long toy_given(void) {
  return atomic_load(&bodies);
}
static void release_body(void* owner) {
  (void)owner;
  atomic_fetch_sub(&bodies, 1);
}

static sl_bytes give(const char* literal) {
  atomic_fetch_add(&bodies, 1);
  const sl_bytes body = {(const uint8_t*)literal, strlen(literal), NULL, release_body};
  return body;
}

static int put(const sl_store* to, int started, const char* path, const char* body, int32_t mode,
               sl_string e_tag, outcome* out) {
  const sl_pair attribute = {text_of("content-type"), text_of("text/plain")};
  const sl_pair mine = {text_of("mine"), text_of("yes")};
  REQUEST(sl_put_request, request);
  request.mode = mode;
  request.path = text_of(path);
  request.body = give(body);
  request.e_tag = e_tag;
  request.attributes = &attribute;
  request.attribute_count = 1;
  request.metadata = &mine;
  request.metadata_count = 1;
  prepare(out);
  return run(to->put(to, &request, on_put, out), out, started);
}

static int try_puts(const sl_store* store, int started) {
  const sl_string none = {NULL, 0};
  outcome out;
  RUN(put(store, started, "a/1", "0123456789", SL_PUT_CREATE, none, &out));
  CHECK(out.kind == 0 && out.e_tag.size != 0);
  const kept e_tag = out.e_tag;
  RUN(put(store, started, "a/1", "other", SL_PUT_CREATE, none, &out));
  CHECK(out.kind == SL_ALREADY_EXISTS);
  CHECK(same(&out.error_path, "a/1"));
  RUN(put(store, started, "a/1", "other", SL_PUT_UPDATE, text_of("\"wrong\""), &out));
  CHECK(out.kind == SL_PRECONDITION);
  RUN(put(store, started, "a/1", "0123456789", SL_PUT_UPDATE, lend(&e_tag), &out));
  CHECK(out.kind == 0);
  RUN(put(store, started, "a/1", "other", 1000, none, &out));
  CHECK(out.kind == SL_NOT_SUPPORTED);
  return 0;
}

/* --- gets */

static sl_get_request get_request(const char* path) {
  REQUEST(sl_get_request, request);
  request.path = text_of(path);
  request.if_modified_since = request.if_unmodified_since = SL_NO_TIME;
  return request;
}

static int get(const sl_store* from, int started, const sl_get_request* request, outcome* out) {
  prepare(out);
  return run(from->get(from, request, on_get, out), out, started);
}

static int get_range(const sl_store* from, int started, int32_t kind, uint64_t start, uint64_t end,
                     outcome* out) {
  sl_get_request request = get_request("a/1");
  request.range_kind = kind;
  request.range_start = start;
  request.range_end = end;
  return get(from, started, &request, out);
}

static int try_gets(const sl_store* store, int started) {
  outcome out;
  sl_get_request request = get_request("a/1");
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == 0 && same(&out.body, "0123456789") && same(&out.path, "a/1"));
  CHECK(out.size == 10 && out.start == 0 && out.end == 10 && out.e_tag.given);
  CHECK(same(&out.content_type, "text/plain") && same(&out.mine, "yes"));
  const kept e_tag = out.e_tag;

  RUN(get_range(store, started, SL_RANGE_BOUNDED, 2, 4, &out));
  CHECK(same(&out.body, "23") && out.size == 10 && out.start == 2 && out.end == 4);
  RUN(get_range(store, started, SL_RANGE_OFFSET, 7, 0, &out));
  CHECK(same(&out.body, "789"));
  RUN(get_range(store, started, SL_RANGE_SUFFIX, 1, 0, &out));
  CHECK(same(&out.body, "9"));
  RUN(get_range(store, started, SL_RANGE_BOUNDED, 100, 200, &out));
  CHECK(out.kind == SL_GENERIC);

  request.if_match = lend(&e_tag);
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == 0);
  request.if_match = text_of("\"wrong\"");
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == SL_PRECONDITION);

  request = get_request("a/1");
  request.head = 1;
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == 0 && out.size == 10 && out.body.size == 0);
  request = get_request("missing");
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == SL_NOT_FOUND && same(&out.error_path, "missing"));
  request = get_request("a/1");
  request.sink = 1000;
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == SL_NOT_SUPPORTED);
  return 0;
}

#ifndef ABI_OLDER
static void on_piece(void* user, const sl_error* error, sl_bytes* piece) {
  outcome* out = user;
  if (error == NULL) take(&out->body, piece);
  come(out, error);
}

/* An older producer knows neither of these sinks. */
static int try_sinks(const sl_store* store, int started) {
  outcome out;
  uint8_t buffer[16];
  memset(buffer, '-', sizeof(buffer));
  sl_get_request request = get_request("a/1");
  request.sink = SL_SINK_INTO;
  request.buffer = buffer;
  request.buffer_size = 12;
  RUN(get(store, started, &request, &out));
  if (out.kind == SL_NOT_SUPPORTED) return 0;
  CHECK(out.kind == 0 && out.end == 10 && memcmp(buffer, "0123456789------", 16) == 0);

  request = get_request("a/1");
  request.sink = SL_SINK_STREAM;
  RUN(get(store, started, &request, &out));
  CHECK(out.kind == 0 && out.stream != NULL && out.body.size == 0);
  sl_stream* stream = out.stream;
  size_t size = 0;
  for (;;) {
    prepare(&out);
    RUN(run(stream->next(stream, on_piece, &out), &out, started));
    CHECK(out.kind == 0);
    if (out.body.size == 0) break;
    CHECK(memcmp(out.body.data, &"0123456789"[size], out.body.size) == 0);
    size += out.body.size;
  }
  CHECK(size == 10);
  stream->release(stream);

  RUN(get(store, started, &request, &out)); /* and one that nobody reads */
  CHECK(out.stream != NULL);
  out.stream->release(out.stream);
  return 0;
}

static void on_ranges(void* user, const sl_error* error, sl_bytes* pieces, size_t count) {
  outcome* out = user;
  for (size_t i = 0; error == NULL && i < count && i < MOST; ++i) take(&out->texts[out->count++], &pieces[i]);
  come(out, error);
}

static int try_ranges(const sl_store* store, int started) {
  if (!SL_HAS(store, sl_store, get_ranges)) return 0;
  const sl_range ranges[] = {{7, 9}, {0, 2}};
  REQUEST(sl_get_ranges_request, request);
  request.path = text_of("a/1");
  request.ranges = ranges;
  request.range_count = 2;
  outcome out;
  prepare(&out);
  RUN(run(store->get_ranges(store, &request, on_ranges, &out), &out, started));
  CHECK(out.kind == 0 && out.count == 2 && same(&out.texts[0], "78") && same(&out.texts[1], "01"));
  request.path = text_of("missing");
  prepare(&out);
  RUN(run(store->get_ranges(store, &request, on_ranges, &out), &out, started));
  CHECK(out.kind == SL_NOT_FOUND);
  return 0;
}

static void on_upload(void* user, const sl_error* error, sl_upload* upload) {
  outcome* out = user;
  out->upload = upload;
  come(out, error);
}

static int put_part(sl_upload* upload, int started, size_t index, const char* text, outcome* out) {
  sl_bytes part = give(text);
  prepare(out);
  return run(upload->put_part(upload, index, &part, on_done, out), out, started);
}

static int try_uploads(const sl_store* store, int started) {
  if (!SL_HAS(store, sl_store, start_multipart)) return 0;
  REQUEST(sl_multipart_request, request);
  request.path = text_of("up");
  outcome out;
  for (int how = 0; how < 3; ++how) { /* completed, aborted, dropped */
    prepare(&out);
    RUN(run(store->start_multipart(store, &request, on_upload, &out), &out, started));
    if (out.kind == SL_NOT_SUPPORTED) return 0; /* a store that stands on an older one */
    CHECK(out.kind == 0 && out.upload != NULL);
    sl_upload* upload = out.upload;
    RUN(put_part(upload, started, 1, "world", &out));
    CHECK(out.kind == 0);
    RUN(put_part(upload, started, 0, "hello ", &out));
    CHECK(out.kind == 0);
    prepare(&out);
    if (how == 0) RUN(run(upload->complete(upload, on_put, &out), &out, started));
    if (how == 1) RUN(run(upload->abort(upload, on_done, &out), &out, started));
    CHECK(out.kind == 0);
    upload->release(upload);
    const sl_get_request back = get_request("up");
    RUN(get(store, started, &back, &out));
    CHECK(how == 0 ? same(&out.body, "hello world") : out.kind == SL_NOT_FOUND);
    prepare(&out);
    RUN(run(store->remove(store, text_of("up"), on_done, &out), &out, started));
  }
  return 0;
}

static void on_failures(void* user, const sl_error* error, const sl_error* const* failures, size_t count) {
  outcome* out = user;
  for (size_t i = 0; error == NULL && i < count && i < MOST; ++i)
    out->failures[out->count++] = failures[i] == NULL ? 0 : failures[i]->kind;
  come(out, error);
}

static void on_signed(void* user, const sl_error* error, const sl_string* url) {
  outcome* out = user;
  if (error == NULL) keep(&out->body, *url);
  come(out, error);
}

static int try_sign(const sl_store* store, int started) {
  if (!SL_HAS(store, sl_store, sign)) return 0;
  REQUEST(sl_sign_request, request);
  request.method = text_of("GET");
  request.path = text_of("a/1");
  request.expires_in = 60;
  outcome out;
  prepare(&out);
  RUN(run(store->sign(store, &request, on_signed, &out), &out, started));
  if ((store->capabilities(store) & SL_CAN_SIGN) == 0)
    CHECK(out.kind == SL_NOT_SUPPORTED);
  else
    CHECK(out.kind == 0 && out.body.size != 0);
  return 0;
}
#endif

/* --- lists, copies, removals */

static int list(const sl_store* of, int started, sl_list_request* request, outcome* out) {
  prepare(out);
  kept token = {.size = 0};
  for (;;) {
    request->page_token = lend(&token);
    out->calls = 0;
    RUN(run(of->list_page(of, request, on_list, out), out, started));
    CHECK(out->kind == 0);
    token = out->body;
    if (token.size == 0) return 0;
  }
}

static int try_lists(const sl_store* store, int started) {
  static const char* const keys[] = {"a/2", "a/3/x", "a/3/y", "ab", "b"};
  const sl_string none = {NULL, 0};
  outcome out;
  for (size_t i = 0; i < 5; ++i) {
    RUN(put(store, started, keys[i], "x", SL_PUT_OVERWRITE, none, &out));
    CHECK(out.kind == 0);
  }
  REQUEST(sl_list_request, request);
  request.max_keys = 2;
  RUN(list(store, started, &request, &out));
  CHECK(out.count == 6 && same(&out.texts[0], "a/1") && same(&out.texts[5], "b") && out.size == 15);
  request.prefix = text_of("a");
  RUN(list(store, started, &request, &out));
  CHECK(out.count == 4 && same(&out.texts[3], "a/3/y"));
  request.raw_prefix = 1;
  RUN(list(store, started, &request, &out));
  CHECK(out.count == 5 && same(&out.texts[4], "ab"));
  request.offset = text_of("a/2");
  RUN(list(store, started, &request, &out));
  CHECK(out.count == 3 && same(&out.texts[0], "a/3/x"));
#ifndef ABI_OLDER
  request.offset = none;
  request.raw_prefix = 0;
  request.delimiter = 1;
  RUN(list(store, started, &request, &out));
  if (out.count == 4) return 0; /* the producer is older and knows no delimiter */
  CHECK(out.count == 2 && same(&out.texts[1], "a/2") && out.group_count == 1 && same(&out.groups[0], "a/3"));
#endif
  return 0;
}

typedef sl_operation* (*copy_verb)(const sl_store* store, const sl_copy_request* request,
                                   sl_done_callback callback, void* user);

static int copy(const sl_store* on, int started, copy_verb verb, const char* from, const char* to,
                int32_t overwrite, int32_t kind) {
  REQUEST(sl_copy_request, request);
  request.overwrite = overwrite;
  request.from = text_of(from);
  request.to = text_of(to);
  outcome out;
  prepare(&out);
  RUN(run(verb(on, &request, on_done, &out), &out, started));
  CHECK(out.kind == kind);
  return 0;
}

static int try_copies(const sl_store* store, int started) {
  RUN(copy(store, started, store->copy, "a/1", "a/2", 0, SL_ALREADY_EXISTS));
  RUN(copy(store, started, store->copy, "a/1", "copied", 0, 0));
  RUN(copy(store, started, store->rename, "copied", "a/2", 0, SL_ALREADY_EXISTS));
  RUN(copy(store, started, store->rename, "copied", "a/2", 1, 0));
  RUN(copy(store, started, store->rename, "copied", "a/2", 1, SL_NOT_FOUND));
  outcome out;
  const sl_get_request request = get_request("a/2");
  RUN(get(store, started, &request, &out));
  CHECK(same(&out.body, "0123456789"));
  return 0;
}

static int remove_all(const sl_store* store, int started) {
  REQUEST(sl_list_request, all);
  outcome found;
  outcome out;
  RUN(list(store, started, &all, &found));
  CHECK(found.count == 6);
  size_t first = 0;
#ifndef ABI_OLDER
  if (SL_HAS(store, sl_store, remove_many)) {
    const sl_string paths[] = {lend(&found.texts[0]), text_of("missing"), lend(&found.texts[1])};
    REQUEST(sl_remove_many_request, request);
    request.paths = paths;
    request.path_count = 3;
    prepare(&out);
    RUN(run(store->remove_many(store, &request, on_failures, &out), &out, started));
    CHECK(out.kind == 0 && out.count == 3 && out.failures[0] == 0 && out.failures[1] == 0);
    first = 2;
  }
#endif
  for (size_t i = first; i < found.count; ++i) {
    prepare(&out);
    RUN(run(store->remove(store, lend(&found.texts[i]), on_done, &out), &out, started));
    CHECK(out.kind == 0);
  }
  RUN(list(store, started, &all, &found));
  CHECK(found.count == 0);
  return 0;
}

/* --- what is not about one verb */

static int try_operations(const sl_store* store, int started) {
  const sl_get_request request = get_request("missing");
  outcome out;
  prepare(&out);
  sl_operation* op = store->get(store, &request, on_get, &out);
  op->release(op); /* never run: nobody is called */
  CHECK(out.calls == 0);
  prepare(&out);
  op = store->get(store, &request, on_get, &out);
  op->cancel(op);
  RUN(run(op, &out, started));
  CHECK(out.kind == SL_CANCELLED);
  if (!started) return 0;
  outcome many[8]; /* at the same time */
  sl_operation* operations[8];
  for (int i = 0; i < 8; ++i) {
    prepare(&many[i]);
    operations[i] = store->get(store, &request, on_get, &many[i]);
    operations[i]->start(operations[i]);
  }
  for (int i = 0; i < 8; ++i) {
    await(&many[i]);
    operations[i]->release(operations[i]);
    CHECK(many[i].calls == 1 && many[i].kind == SL_NOT_FOUND);
  }
  return 0;
}

static int try_table(const sl_store* store) {
  char text[64];
  CHECK(store->abi_version == SL_ABI_VERSION && SL_HAS(store, sl_store, rename));
  const size_t size = store->describe(store, text, sizeof(text));
  CHECK(size != 0 && size <= sizeof(text));
  char shorter[2] = {'-', '-'};
  CHECK(store->describe(store, shorter, 1) == size && shorter[0] == text[0] && shorter[1] == '-');
  CHECK((store->capabilities(store) & SL_CAN_PUT_CREATE) != 0);
  return 0;
}

int toy_consume(const sl_store* store, int started) {
  store->retain(store);
  RUN(try_table(store));
  RUN(try_puts(store, started));
  RUN(try_gets(store, started));
#ifndef ABI_OLDER
  RUN(try_sinks(store, started));
  RUN(try_ranges(store, started));
  RUN(try_uploads(store, started));
  RUN(try_sign(store, started));
#endif
  RUN(try_lists(store, started));
  RUN(try_copies(store, started));
  RUN(remove_all(store, started));
  RUN(try_operations(store, started));
  store->release(store);
  return 0;
}
