/* What the modules toy_store.c and toy_consumer.c export. Each is compiled against several versions of abi.h
 * and knows its own alone, so nothing here depends on any but by pointer. */
#ifndef STORELINK_TOY_H
#define STORELINK_TOY_H

#include <stddef.h>

#include "storelink/abi.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TOY_EXPORT __attribute__((visibility("default")))

/* Nobody may look at what only a newer library knows. */
#ifdef ABI_NEWER
#define FILL_NEWER(item) ((item).newer_field = UINT64_MAX)
#else
#define FILL_NEWER(item) ((void)0)
#endif

/* An empty store with one reference, which is the caller's. */
TOY_EXPORT const sl_store* toy_make(void);
/* How many stores, objects, operations, streams, uploads and bodies there are. Ends only when the threads of
 * started operations have ended. */
TOY_EXPORT long toy_alive(void);

/* Uses an empty store with every verb, as a program in C would: driving its operations, or starting them.
 * Empties it again. Returns 0, or the line of toy_consumer.c where something was not as it should be. */
TOY_EXPORT int toy_consume(const sl_store* store, int started);
/* How many of the bodies that it gave away have not been released. */
TOY_EXPORT long toy_given(void);

#ifdef __cplusplus
}
#endif
#endif
