#include "embedded.hpp"

namespace storelink::python {

namespace {

Ref run(const char* name, const char* source) {
  const std::string full_name = std::string("storelink.") + name;
  Ref globals = checked(PyDict_New());
  check(PyDict_SetItemString(globals.get(), "__builtins__", PyEval_GetBuiltins()));
  check(PyDict_SetItemString(globals.get(), "__name__", from_utf8(full_name).get()));
  const Ref code = checked(Py_CompileString(source, ("<" + full_name + ">").c_str(), Py_file_input));
  (void)checked(PyEval_EvalCode(code.get(), globals.get(), globals.get()));
  return globals;
}

}  // namespace

PyObject* EmbeddedModule::get(const char* name) {
  if (globals_ == nullptr) {
    // Importing lets other threads run: whoever is here last keeps what the first has made.
    Ref fresh = run(name_, source_);
    if (globals_ == nullptr) globals_ = fresh.release();
  }
  PyObject* found = PyDict_GetItemString(globals_, name);
  if (found == nullptr) raise(PyExc_AttributeError, std::string("no ") + name);
  return found;
}

}  // namespace storelink::python
