// The modules of support/toy: a store and a program in plain C, compiled against an older, this and a newer
// abi.h.
#pragma once

#include <dlfcn.h>

#include <array>
#include <stdexcept>
#include <string>

#include "support/toy/toy.h"

namespace storelink::testing {

inline const std::array<std::string, 3> abi_versions = {"older", "current", "newer"};

enum class Unload { never, at_end };

// A library of which nothing is visible to others. Usually it stays, as Python's extensions do: a thread that
// has released the last of it may still be on its way out of its code. Unload::at_end unloads it with this
// object.
class Module {
 public:
  explicit Module(const std::string& path, Unload unload = Unload::never)
      : handle_(
            ::dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | (unload == Unload::never ? RTLD_NODELETE : 0))) {
    if (handle_ == nullptr) throw std::runtime_error(::dlerror());
  }
  ~Module() { ::dlclose(handle_); }
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  template <class Function>
  Function* function(const char* name) const {
    void* found = ::dlsym(handle_, name);
    if (found == nullptr) throw std::runtime_error(::dlerror());
    return reinterpret_cast<Function*>(found);
  }

 private:
  void* handle_;
};

class ToyStoreModule : public Module {
 public:
  explicit ToyStoreModule(const std::string& version) : ToyStoreModule(path(version), Unload::never) {}
  ToyStoreModule(const std::string& file, Unload unload)
      : Module(file, unload),
        make(function<decltype(toy_make)>("toy_make")),
        alive(function<decltype(toy_alive)>("toy_alive")) {}
  static std::string path(const std::string& version) {
    return STORELINK_TOY_MODULES "/store_" + version + ".so";
  }
  decltype(toy_make)* const make;
  decltype(toy_alive)* const alive;
};

class ToyConsumerModule : public Module {
 public:
  explicit ToyConsumerModule(const std::string& version)
      : Module(STORELINK_TOY_MODULES "/consumer_" + version + ".so"),
        consume(function<decltype(toy_consume)>("toy_consume")),
        given(function<decltype(toy_given)>("toy_given")) {}
  decltype(toy_consume)* const consume;
  decltype(toy_given)* const given;
};

}  // namespace storelink::testing
