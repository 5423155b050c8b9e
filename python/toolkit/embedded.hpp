// Python code that is part of the toolkit: the .py files beside this one, compiled in as text.
#pragma once

#include "support.hpp"

namespace storelink::python {

// One such file. It is run when it is first used, and what it made is never freed.
class EmbeddedModule {
 public:
  // `name` is what messages call it.
  constexpr EmbeddedModule(const char* name, const char* source) noexcept : name_(name), source_(source) {}

  // The function or class of that name, borrowed.
  PyObject* get(const char* name);

 private:
  const char* name_;
  const char* source_;
  PyObject* globals_ = nullptr;  // dict
};

}  // namespace storelink::python
