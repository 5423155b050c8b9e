#include "toy_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_long alive;
static pthread_mutex_t threads_mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t* threads;
static size_t thread_count;

void* make(size_t size) {
  void* memory = calloc(1, size);
  if (memory == NULL) abort();
  atomic_fetch_add(&alive, 1);
  return memory;
}

void unmake(void* memory) {
  free(memory);
  atomic_fetch_sub(&alive, 1);
}

void run_on_thread(void* (*work)(void* user), void* user) {
  pthread_mutex_lock(&threads_mutex);
  pthread_t* grown = realloc(threads, (thread_count + 1) * sizeof(pthread_t));
  if (grown == NULL || pthread_create(&grown[thread_count], NULL, work, user) != 0) abort();
  threads = grown;
  ++thread_count;
  pthread_mutex_unlock(&threads_mutex);
}

long toy_alive(void) {
  for (;;) {
    pthread_mutex_lock(&threads_mutex);
    pthread_t* ended = threads;
    const size_t count = thread_count;
    threads = NULL;
    thread_count = 0;
    pthread_mutex_unlock(&threads_mutex);
    if (count == 0) return atomic_load(&alive);
    for (size_t i = 0; i < count; ++i) pthread_join(ended[i], NULL);
    free(ended);
  }
}

/* --- texts, pairs, bodies */

sl_string text_of(const char* literal) {
  const sl_string text = {literal, strlen(literal)};
  return text;
}

sl_string text_copy(sl_string from) {
  if (from.data == NULL) return from;
  char* data = make(from.size + 1);
  memcpy(data, from.data, from.size);
  const sl_string text = {data, from.size};
  return text;
}

void text_free(sl_string* text) {
  if (text->data != NULL) unmake((void*)text->data);
  memset(text, 0, sizeof(*text));
}

int text_compare(sl_string a, sl_string b) {
  const size_t common = a.size < b.size ? a.size : b.size;
  const int order = common == 0 ? 0 : memcmp(a.data, b.data, common);
  return order != 0 ? order : (a.size > b.size) - (a.size < b.size);
}

int text_starts_with(sl_string text, sl_string with) {
  return with.size == 0 || (text.size >= with.size && memcmp(text.data, with.data, with.size) == 0);
}

void pairs_copy(pairs* to, const sl_pair* from, size_t count) {
  pairs_free(to);
  for (; to->count < count && to->count < MOST; ++to->count) {
    to->items[to->count].name = text_copy(from[to->count].name);
    to->items[to->count].value = text_copy(from[to->count].value);
  }
}

void pairs_free(pairs* of) {
  for (size_t i = 0; i < of->count; ++i) {
    text_free(&of->items[i].name);
    text_free(&of->items[i].value);
  }
  of->count = 0;
}

blob* blob_make(size_t size) {
  blob* made = make(sizeof(blob) + size);
  atomic_init(&made->references, 1);
  made->size = size;
  return made;
}

blob* blob_retain(blob* of) {
  atomic_fetch_add(&of->references, 1);
  return of;
}

void blob_release(void* of) {
  if (of != NULL && atomic_fetch_sub(&((blob*)of)->references, 1) == 1) unmake(of);
}

blob* blob_take(const sl_bytes* given) {
  blob* made = blob_make(given->size);
  if (given->size != 0) memcpy(made->data, given->data, given->size);
  if (given->release != NULL) given->release(given->owner);
  return made;
}

sl_bytes blob_give(blob* of, uint64_t start, uint64_t end) {
  const sl_bytes given = {of->data + start, (size_t)(end - start), blob_retain(of), blob_release};
  return given;
}

/* --- the store */

static void object_empty(object* of) {
  blob_release(of->body);
  of->body = NULL;
  pairs_free(&of->attributes);
  pairs_free(&of->metadata);
}

static void object_free(object* of) {
  object_empty(of);
  text_free(&of->key);
  unmake(of);
}

store* store_make(void) {
  store* made = make(sizeof(store));
  atomic_init(&made->references, 1);
  pthread_mutex_init(&made->mutex, NULL);
  return made;
}

void store_retain(const sl_store* self) {
  atomic_fetch_add(&((store*)self)->references, 1);
}

void store_release(const sl_store* self) {
  store* of = (store*)self;
  if (atomic_fetch_sub(&of->references, 1) != 1) return;
  while (of->objects != NULL) {
    object* next = of->objects->next;
    object_free(of->objects);
    of->objects = next;
  }
  pthread_mutex_destroy(&of->mutex);
  unmake(of);
}

/* Where the object with this key is linked, or would be. */
static object** place_of(store* in, sl_string key) {
  object** place = &in->objects;
  while (*place != NULL && text_compare((*place)->key, key) < 0) place = &(*place)->next;
  return place;
}

object* find(store* in, sl_string key) {
  object* at = *place_of(in, key);
  return at != NULL && text_compare(at->key, key) == 0 ? at : NULL;
}

object* renew(store* in, sl_string key) {
  object* at = find(in, key);
  if (at == NULL) {
    object** place = place_of(in, key);
    at = make(sizeof(object));
    at->key = text_copy(key);
    at->next = *place;
    *place = at;
  }
  object_empty(at);
  at->e_tag = ++in->last_e_tag;
  return at;
}

void erase(store* in, sl_string key) {
  object** place = place_of(in, key);
  object* gone = *place;
  *place = gone->next;
  object_free(gone);
}

/* --- operations */

void read_request(void* to, size_t size, const void* from) {
  uint32_t given = 0;
  memcpy(&given, from, sizeof(given));
  memset(to, 0, size);
  memcpy(to, from, given < size ? given : size);
}

sl_error error_of(int32_t kind, const char* message, sl_string path) {
  sl_error error;
  memset(&error, 0, sizeof(error));
  error.struct_size = sizeof(error);
  error.kind = kind;
  error.message = text_of(message);
  error.store = text_of("ToyStore");
  error.path = path;
  FILL_NEWER(error);
  return error;
}

void fail(operation* op, int32_t kind, const char* message) {
  const sl_error error = error_of(kind, message, op->path);
  op->tell_error(op, &error);
}

void tell_done(operation* op, const sl_error* error) {
  op->callback.done(op->user, error);
}

void tell_end(operation* op, int32_t kind, const char* failure) {
  if (failure != NULL)
    fail(op, kind, failure);
  else
    op->callback.done(op->user, NULL);
}

sl_string number(char buffer[32], uint64_t value) {
  snprintf(buffer, 32, "%llu", (unsigned long long)value);
  return text_of(buffer);
}

void tell_put_error(operation* op, const sl_error* error) {
  op->callback.put(op->user, error, NULL);
}

void tell_put(operation* op, uint64_t e_tag) {
  char buffer[32];
  sl_put_result result;
  memset(&result, 0, sizeof(result));
  result.struct_size = sizeof(result);
  result.e_tag = number(buffer, e_tag);
  FILL_NEWER(result);
  op->callback.put(op->user, NULL, &result);
}

static void operation_drop(operation* op) {
  if (atomic_fetch_sub(&op->references, 1) != 1) return;
  text_free(&op->path);
  text_free(&op->other);
  text_free(&op->page_token);
  blob_release(op->body);
  pairs_free(&op->attributes);
  pairs_free(&op->metadata);
  for (size_t i = 0; i < MOST; ++i) text_free(&op->paths[i]);
  if (op->about.release != NULL) op->about.release(op->about.of);
  store_release(&op->in->base);
  unmake(op);
}

static void run(operation* op) {
  if (atomic_load(&op->cancelled))
    fail(op, SL_CANCELLED, "the operation was cancelled");
  else
    op->perform(op);
  operation_drop(op);
}

static void* run_started(void* op) {
  run(op);
  return NULL;
}

static void operation_start(sl_operation* self) {
  operation* op = (operation*)self;
  atomic_fetch_add(&op->references, 1);
  run_on_thread(run_started, op);
}

static void operation_drive(sl_operation* self, sl_interrupt interrupt, void* user) {
  operation* op = (operation*)self;
  atomic_fetch_add(&op->references, 1);
  if (interrupt != NULL && interrupt(user) != 0) atomic_store(&op->cancelled, 1);
  run(op);
}

static void operation_cancel(sl_operation* self) {
  atomic_store(&((operation*)self)->cancelled, 1);
}

static void operation_release(sl_operation* self) {
  operation_drop((operation*)self);
}

operation* operation_make(store* in, sl_string path, void (*perform)(operation*),
                          void (*tell_error)(operation*, const sl_error*), void* user) {
  operation* op = make(sizeof(operation));
  op->base.struct_size = sizeof(sl_operation);
  op->base.start = operation_start;
  op->base.drive = operation_drive;
  op->base.cancel = operation_cancel;
  op->base.release = operation_release;
  atomic_init(&op->references, 1);
  store_retain(&in->base);
  op->in = in;
  op->path = text_copy(path);
  op->perform = perform;
  op->tell_error = tell_error;
  op->user = user;
  return op;
}
