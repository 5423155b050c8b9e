#include "python_call.hpp"

namespace storelink::python {

PythonFunction find_method(PyObject* object, const std::string& name, bool asynchronous_first) {
  for (const bool asynchronous : {asynchronous_first, !asynchronous_first}) {
    const std::string full_name = asynchronous ? name + "_async" : name;
    const Ref found = attribute_or_none(object, full_name.c_str());
    if (found && PyCallable_Check(found.get()) != 0) return {share(found.get()), full_name, asynchronous};
  }
  return {};
}

PythonFunction builtin_function(const char* name, bool asynchronous) {
  return {share(import_attribute("builtins", name).get()), name, asynchronous};
}

}  // namespace storelink::python
