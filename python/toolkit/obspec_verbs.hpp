// The methods of a Python object that has those of obspec's protocols, or some of them.
#pragma once

#include <fmt/format.h>

#include <memory>

#include "python_call.hpp"

namespace storelink::python {

// Nothing in it changes. Shared by the store, its streams and its uploads.
struct ObspecVerbs {
  std::string description;  // what the store calls itself
  std::string type;         // of the object
  Capabilities can;
  bool bulk_delete = true;  // delete() takes a list, too
  PythonFunction get, get_range, get_ranges, head, put, list, list_with_delimiter, remove, copy, rename;

  Error lacks(const char* method) const {
    return Error(ErrorKind::not_supported,
                 fmt::format("{} has neither {}() nor {}_async(), which this needs", type, method, method));
  }
  void require(const PythonFunction& function, const char* method) const {
    if (!function) throw lacks(method);
  }
};

using Verbs = std::shared_ptr<const ObspecVerbs>;

}  // namespace storelink::python
