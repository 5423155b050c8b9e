// Which sanitizer the tests are compiled with.
#pragma once

#if defined(__SANITIZE_THREAD__)
#define STORELINK_THREAD_SANITIZER
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define STORELINK_THREAD_SANITIZER  // which does not follow threads through a fork
#endif
#endif
