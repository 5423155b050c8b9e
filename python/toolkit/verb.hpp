// Verb: an operation that Python has four times: as a function that takes a store, and as a
// method of the store classes, each blocking and asynchronous.
//
// One string, `signature`, is both what Python shows and what the arguments are checked against.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "storelink/python/awaitable.hpp"
#include "support.hpp"

namespace storelink::python {

using Store = std::shared_ptr<ObjectStore>;

// How a caller wants the result.
enum class Way : std::uint8_t { blocking, asynchronous };

inline constexpr std::size_t most_parameters = 10;

// The arguments of one call in the order of the signature, borrowed; null where nothing was given.
using Arguments = std::array<PyObject*, most_parameters>;

// The parameters of a function, as its signature names them: "path, /, *, start, end=None". Those before `*`
// may be given without a name, those before `/` only so; those without `=` have to be given. A default is
// text for readers: what it means is up to the function.
class Parameters {
 public:
  Parameters(std::string_view function, std::string_view signature);

  // The arguments of a call in CPython's vector convention; TypeError as Python's own functions raise it.
  Arguments read(PyObject* const* given, Py_ssize_t count, PyObject* names) const;
  // Those of a call with a tuple and a dict (which may be null).
  Arguments read(PyObject* args, PyObject* kwargs) const;

 private:
  struct Parameter {
    std::string name;
    PyObject* interned;
    bool required;
  };
  void take_positional(Arguments& arguments, PyObject* const* given, std::size_t count) const;
  void take_named(Arguments& arguments, PyObject* name, PyObject* value) const;
  void check_required(const Arguments& arguments) const;

  std::string function_;
  std::vector<Parameter> parameters_;
  std::size_t positional_ = 0;       // may be given without a name
  std::size_t positional_only_ = 0;  // must be
};

// Throws what guarded() knows; returns a new reference. `store` is the first parameter and not among the
// arguments.
using VerbBody = PyObject* (*)(Way way, Store store, const Arguments& arguments);

struct Verb {
  const char* name;
  const char* signature;  // behind the store
  const char* doc;
  VerbBody body;
};

// The store that an argument stands for: any that the toolkit takes. Throws.
Store store_argument(PyObject* object);

namespace detail {

PyObject* call_function(const Verb& verb, Way way, const Parameters& parameters, PyObject* const* given,
                        Py_ssize_t count, PyObject* names) noexcept;
PyObject* call_method(const Verb& verb, Way way, const Parameters& parameters, PyObject* self,
                      PyObject* const* given, Py_ssize_t count, PyObject* names) noexcept;

// "name(first, signature)\n--\n\ndoc": lives for ever.
const char* documentation(const std::string& name, std::string_view first, std::string_view signature,
                          std::string_view doc);

void add_function(PyObject* module, PyMethodDef* definition);
void add_method(PyTypeObject* type, PyMethodDef* definition);

template <const Verb& V, Way W>
std::string name_of() {
  return W == Way::blocking ? V.name : std::string(V.name) + "_async";
}

template <const Verb& V, Way W>
PyObject* function(PyObject*, PyObject* const* given, Py_ssize_t count, PyObject* names) noexcept {
  static const Parameters parameters(name_of<V, W>(), std::string("store, ") + V.signature);
  return call_function(V, W, parameters, given, count, names);
}

template <const Verb& V, Way W>
PyObject* method_of_store(PyObject* self, PyObject* const* given, Py_ssize_t count,
                          PyObject* names) noexcept {
  static const Parameters parameters(name_of<V, W>(), V.signature);
  return call_method(V, W, parameters, self, given, count, names);
}

template <const Verb& V, Way W>
void add_one_function(PyObject* module) {
  static const std::string* const name = new std::string(name_of<V, W>());
  static PyMethodDef definition = {name->c_str(), method(&function<V, W>), METH_FASTCALL | METH_KEYWORDS,
                                   documentation(*name, "$module, store", V.signature, V.doc)};
  add_function(module, &definition);
}

template <const Verb& V, Way W>
void add_one_method(PyTypeObject* type) {
  static const std::string* const name = new std::string(name_of<V, W>());
  static PyMethodDef definition = {name->c_str(), method(&method_of_store<V, W>),
                                   METH_FASTCALL | METH_KEYWORDS,
                                   documentation(*name, "$self", V.signature, V.doc)};
  add_method(type, &definition);
}

}  // namespace detail

// Adds name() and name_async() to the module.
template <const Verb& V>
void add_functions(PyObject* module) {
  detail::add_one_function<V, Way::blocking>(module);
  detail::add_one_function<V, Way::asynchronous>(module);
}

// Adds both to the store classes.
template <const Verb& V>
void add_methods(PyTypeObject* store_class) {
  detail::add_one_method<V, Way::blocking>(store_class);
  detail::add_one_method<V, Way::asynchronous>(store_class);
}

template <const Verb& V>
void add_verb(PyObject* module, PyTypeObject* store_class) {
  add_functions<V>(module);
  add_methods<V>(store_class);
}

// The same for one whose result is both blocking and asynchronous: name_async() is a method only, and gives
// what name() does.
template <const Verb& V>
void add_stream_verb(PyObject* module, PyTypeObject* store_class) {
  detail::add_one_function<V, Way::blocking>(module);
  add_methods<V>(store_class);
}

// The result of a task as `way` wants it: converted (PyObject* convert(T&&), or convert() where T is void)
// after waiting for it without the GIL, or an awaitable. The task must keep its store alive. What `convert`
// holds is destroyed with the GIL. It may throw. `translate` is for exceptions that guarded() does not know,
// as in into_awaitable().
template <class T, class Convert>
PyObject* finish(Way way, Task<T> task, Convert convert, TranslateException translate = nullptr) {
  if (way == Way::asynchronous)
    return into_awaitable(std::move(task), std::move(convert), Start::on_loop, translate);
  try {
    if constexpr (std::is_void_v<T>) {
      {
        const GilReleased released;
        drive(std::move(task));
      }
      return convert();
    } else {
      std::optional<T> result;
      {
        const GilReleased released;
        result.emplace(drive(std::move(task)));
      }
      return convert(std::move(*result));
    }
  } catch (...) {
    if (translate == nullptr || !translate(std::current_exception())) throw;
    throw ErrorAlreadySet{};
  }
}

}  // namespace storelink::python
