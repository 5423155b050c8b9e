/* An object store from C: opens it by URL, puts two objects, lists them, reads one and removes both.
 *
 *   c_program [URL [NAME=VALUE ...]]     such as: c_program s3://bucket/prefix region=eu-west-1
 *
 * Every verb makes an operation; drive() runs it on this very thread and calls back before it returns. The
 * other way is start(), which returns at once and calls back from one of the library's threads. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <storelink/abi.h>
#include <string.h>

#define MOST_SETTINGS 32

static volatile sig_atomic_t interrupted;

static void on_signal(int number) {
  (void)number;
  interrupted = 1;
}

static int32_t ask(void* user) {
  (void)user;
  return interrupted;
}

static sl_string text(const char* literal) {
  return (sl_string){literal, strlen(literal)};
}

/* What failed, on stderr. */
static void report(const char* what, const sl_error* error) {
  fprintf(stderr, "%s: %.*s", what, (int)error->message.size, error->message.data);
  if (error->path.size != 0) fprintf(stderr, " (%.*s)", (int)error->path.size, error->path.data);
  if (error->status != 0) fprintf(stderr, " (HTTP status %" PRId32 ")", error->status);
  fputc('\n', stderr);
}

/* Runs an operation whose callback sets `*good`. */
static int run(sl_operation* operation, const int* good) {
  if (operation == NULL) {
    fputs("memory is out\n", stderr);
    return 0;
  }
  operation->drive(operation, ask, NULL);
  operation->release(operation);
  return *good;
}

/* --- opening */

static void on_open(void* user, const sl_error* error, const sl_store* store) {
  if (error != NULL) report("open", error);
  *(const sl_store**)user = store; /* with one reference, which is ours */
}

static const sl_store* open_store(const char* url, int count, char** settings) {
  sl_pair config[MOST_SETTINGS];
  sl_open_request request = {.struct_size = sizeof(request), .url = text(url), .config = config};
  for (; request.config_count < (size_t)count && request.config_count < MOST_SETTINGS;
       ++request.config_count) {
    const char* setting = settings[request.config_count];
    const size_t name = strcspn(setting, "=");
    config[request.config_count].name = (sl_string){setting, name};
    config[request.config_count].value = text(setting[name] == '=' ? setting + name + 1 : "");
  }
  const sl_store* store = NULL;
  sl_get_runtime()->open_url(&request, on_open, &store);
  return store;
}

/* --- putting */

static void on_put(void* user, const sl_error* error, const sl_put_result* result) {
  if (error != NULL) {
    report("put", error);
    return;
  }
  printf("put, etag %.*s\n", (int)result->e_tag.size, result->e_tag.data);
  *(int*)user = 1;
}

static int put(const sl_store* store, const char* path, const char* body) {
  int good = 0;
  const sl_put_request request = {
      .struct_size = sizeof(request),
      .mode = SL_PUT_OVERWRITE,
      .path = text(path),
      .body = {(const uint8_t*)body, strlen(body), NULL, NULL}, /* static memory: nothing to release */
  };
  return run(store->put(store, &request, on_put, &good), &good);
}

/* --- listing */

struct listing {
  int good;
  char token[1024]; /* of the next page; empty when there is none */
};

static void on_list(void* user, const sl_error* error, const sl_list_page* page) {
  struct listing* listing = user;
  listing->token[0] = '\0';
  if (error != NULL) {
    report("list", error);
    return;
  }
  /* The library's sl_object_meta may be longer than ours: walk by the size that comes with the page. */
  const char* item = (const char*)page->objects;
  for (size_t i = 0; i < page->object_count; ++i, item += page->object_size) {
    const sl_object_meta* meta = (const sl_object_meta*)(const void*)item;
    printf("%.*s, %" PRIu64 " bytes\n", (int)meta->path.size, meta->path.data, meta->size);
  }
  if (page->next_page_token.size >= sizeof(listing->token)) {
    fputs("list: the page's token is too long\n", stderr);
    return;
  }
  memcpy(listing->token, page->next_page_token.data, page->next_page_token.size);
  listing->token[page->next_page_token.size] = '\0';
  listing->good = 1;
}

static int list(const sl_store* store, const char* prefix) {
  struct listing listing = {.token = ""};
  do {
    const sl_list_request request = {
        .struct_size = sizeof(request), .prefix = text(prefix), .page_token = text(listing.token)};
    listing.good = 0;
    if (!run(store->list_page(store, &request, on_list, &listing), &listing.good)) return 0;
  } while (listing.token[0] != '\0');
  return 1;
}

/* --- reading and removing */

static void on_get(void* user, const sl_error* error, sl_get_result* result) {
  if (error != NULL) {
    report("get", error);
    return;
  }
  printf("%.*s\n", (int)result->body.size, (const char*)result->body.data);
  if (result->body.release != NULL) result->body.release(result->body.owner);
  result->body.release = NULL; /* taken */
  *(int*)user = 1;
}

static int get(const sl_store* store, const char* path) {
  int good = 0;
  const sl_get_request request = {
      .struct_size = sizeof(request),
      .path = text(path),
      .if_modified_since = SL_NO_TIME,
      .if_unmodified_since = SL_NO_TIME,
      .sink = SL_SINK_COLLECT,
  };
  return run(store->get(store, &request, on_get, &good), &good);
}

static void on_removed(void* user, const sl_error* error) {
  if (error != NULL) report("remove", error);
  *(int*)user = error == NULL;
}

static int remove_object(const sl_store* store, const char* path) {
  int good = 0;
  return run(store->remove(store, text(path), on_removed, &good), &good);
}

int main(int argc, char** argv) {
  signal(SIGINT, on_signal);
  const char* url = argc > 1 ? argv[1] : "memory:///";
  printf("storelink %s, %s\n", sl_get_runtime()->version, url);
  const sl_store* store = open_store(url, argc > 2 ? argc - 2 : 0, argv + 2);
  if (store == NULL) return EXIT_FAILURE;
  const int good = put(store, "greetings/hello", "Hello from C!") &&
                   put(store, "greetings/bye", "Goodbye.") && list(store, "greetings") &&
                   get(store, "greetings/hello") && remove_object(store, "greetings/hello") &&
                   remove_object(store, "greetings/bye");
  store->release(store);
  return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
