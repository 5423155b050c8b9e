// The process's environment.
#pragma once

#ifdef __APPLE__
#include <crt_externs.h>
#else
#include <unistd.h>
extern char** environ;  // NOLINT: POSIX declares it nowhere
#endif

#include <cstdlib>
#include <string>

namespace storelink {

// The variable's text; empty where it is not set.
inline std::string environment_variable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::string() : value;
}

// All variables, as "NAME=value", with a null pointer behind the last.
inline char** environment_entries() noexcept {
#ifdef __APPLE__
  return *_NSGetEnviron();  // what is loaded at run time may not name `environ` there
#else
  return environ;
#endif
}

}  // namespace storelink
