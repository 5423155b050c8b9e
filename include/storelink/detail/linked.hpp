// What only a program or extension that links the library can use. In the runtime way, where nothing is
// linked, a use of it is an error when compiling and not when loading.
#pragma once

#ifdef STORELINK_RUNTIME
#define STORELINK_LINKED                                                                   \
  __attribute__((                                                                          \
      unavailable("it is not among what the runtime way can do: use open_url(), or build " \
                  "the extension with storelink_add_module(<name> EMBED <source>...)")))
#else
#define STORELINK_LINKED
#endif
