#include "embedded.hpp"

namespace storelink::python {

Ref run_embedded(const char* name, const char* source) {
  const std::string full_name = std::string("storelink.") + name;
  Ref globals = checked(PyDict_New());
  check(PyDict_SetItemString(globals.get(), "__builtins__", PyEval_GetBuiltins()));
  check(PyDict_SetItemString(globals.get(), "__name__", from_utf8(full_name).get()));
  const Ref code = checked(Py_CompileString(source, ("<" + full_name + ">").c_str(), Py_file_input));
  (void)checked(PyEval_EvalCode(code.get(), globals.get(), globals.get()));
  return globals;
}

Ref embedded_attribute(PyObject* globals, const char* name) {
  PyObject* found = PyDict_GetItemString(globals, name);
  if (found == nullptr) raise(PyExc_AttributeError, std::string("no ") + name);
  return Ref::borrow(found);
}

}  // namespace storelink::python
