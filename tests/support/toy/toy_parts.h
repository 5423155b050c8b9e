/* What toy_store.c is made of: texts, bodies and objects, and operations. The counter of what is alive. */
#ifndef STORELINK_TOY_PARTS_H
#define STORELINK_TOY_PARTS_H

#include <pthread.h>
#include <stdatomic.h>

#include "toy.h"

enum { MOST = 16 }; /* of pairs, ranges, paths and parts */

/* Zeroed memory that toy_alive() counts. */
void* make(size_t size);
void unmake(void* memory);
/* A thread that toy_alive() joins. */
void run_on_thread(void* (*work)(void* user), void* user);

sl_string text_of(const char* literal);
sl_string text_copy(sl_string from); /* null data stays null */
void text_free(sl_string* text);
int text_compare(sl_string a, sl_string b);
int text_starts_with(sl_string text, sl_string with);

typedef struct pairs {
  sl_pair items[MOST];
  size_t count;
} pairs;
void pairs_copy(pairs* to, const sl_pair* from, size_t count);
void pairs_free(pairs* of);

/* Bytes that are shared. */
typedef struct blob {
  atomic_int references;
  size_t size;
  uint8_t data[];
} blob;
blob* blob_make(size_t size);
blob* blob_retain(blob* of);
void blob_release(void* of); /* null: nothing */
blob* blob_take(const sl_bytes* given);
sl_bytes blob_give(blob* of, uint64_t start, uint64_t end);

typedef struct object object;
struct object {
  object* next; /* in the order of keys */
  sl_string key;
  blob* body;
  uint64_t e_tag;
  pairs attributes, metadata;
};

typedef struct store {
  sl_store base;
  atomic_int references;
  pthread_mutex_t mutex; /* guards the objects; not held when a callback is called */
  object* objects;
  uint64_t last_e_tag;
} store;
store* store_make(void); /* without its functions */
void store_retain(const sl_store* self);
void store_release(const sl_store* self);
object* find(store* in, sl_string key);
/* The object with this key, new or emptied, with a new etag. */
object* renew(store* in, sl_string key);
void erase(store* in, sl_string key);

typedef struct operation operation;
/* What an operation is about: the store, a stream, an upload, or null. */
typedef struct subject {
  void* of;
  void (*release)(void* of);
} subject;
struct operation {
  sl_operation base;
  atomic_int references; /* the consumer's, and that of whoever runs it */
  atomic_int cancelled;
  subject about;
  store* in;
  void (*perform)(operation*);                     /* does it and tells the result */
  void (*tell_error)(operation*, const sl_error*); /* or only this */
  union {
    sl_done_callback done;
    sl_get_callback get;
    sl_bytes_callback bytes;
    sl_put_callback put;
    sl_list_callback list;
    sl_ranges_callback ranges;
    sl_multipart_callback multipart;
    sl_remove_many_callback remove_many;
    sl_sign_callback sign;
  } callback;
  void* user;
  /* What was asked; strings are copies. */
  union {
    sl_get_request get;
    sl_list_request list;
    int32_t mode;      /* sl_put_mode */
    int32_t overwrite; /* copy, rename */
    size_t index;      /* of a part */
    uint64_t seconds;  /* sign */
  } asked;
  sl_string path, other; /* `other` is the target, the offset, the etag or the method */
  sl_string page_token;
  blob* body;
  pairs attributes, metadata;
  sl_range ranges[MOST];
  sl_string paths[MOST];
  size_t count;
};
operation* operation_make(store* in, sl_string path, void (*perform)(operation*),
                          void (*tell_error)(operation*, const sl_error*), void* user);
/* As much of a request as both sides know; the rest is zero. */
void read_request(void* to, size_t size, const void* from);
sl_error error_of(int32_t kind, const char* message, sl_string path);
void fail(operation* op, int32_t kind, const char* message);
/* For verbs that tell nothing else, and for those that tell an etag. */
void tell_done(operation* op, const sl_error* error);
void tell_end(operation* op, int32_t kind, const char* failure); /* null: it went well */
void tell_put_error(operation* op, const sl_error* error);
void tell_put(operation* op, uint64_t e_tag);
sl_string number(char buffer[32], uint64_t value);

/* toy_later.c: what the first version of the table did not have. */
void add_later_verbs(sl_store* to);

#endif
