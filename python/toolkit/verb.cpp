#include "verb.hpp"

#include <algorithm>

#include "awaitable.hpp"
#include "store_object.hpp"

namespace storelink::python {

namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// How many arguments, in words of Python's own messages.
std::string counted(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " positional argument" : " positional arguments");
}

}  // namespace

Parameters::Parameters(std::string_view function, std::string_view signature)
    : function_(std::string(function) + "()") {
  bool named_only = false;
  for (std::size_t begin = 0; begin < signature.size();) {
    const std::size_t end = std::min(signature.find(',', begin), signature.size());
    const std::string_view part = trimmed(signature.substr(begin, end - begin));
    begin = end + 1;
    if (part == "*") {
      named_only = true;
    } else if (part == "/") {
      positional_only_ = parameters_.size();
    } else if (!part.empty()) {
      const std::string name(part.substr(0, part.find('=')));
      parameters_.push_back({name, checked(PyUnicode_InternFromString(name.c_str())).release(),
                             part.find('=') == std::string_view::npos});
      if (!named_only) positional_ = parameters_.size();
    }
  }
}

Arguments Parameters::read(PyObject* const* given, Py_ssize_t count, PyObject* names) const {
  Arguments arguments{};
  take_positional(arguments, given, static_cast<std::size_t>(count));
  const Py_ssize_t named = names != nullptr ? PyTuple_Size(names) : 0;
  for (Py_ssize_t i = 0; i < named; ++i) take_named(arguments, PyTuple_GetItem(names, i), given[count + i]);
  check_required(arguments);
  return arguments;
}

Arguments Parameters::read(PyObject* args, PyObject* kwargs) const {
  Arguments arguments{};
  std::vector<PyObject*> given(static_cast<std::size_t>(PyTuple_Size(args)));
  for (std::size_t i = 0; i < given.size(); ++i) given[i] = PyTuple_GetItem(args, static_cast<Py_ssize_t>(i));
  take_positional(arguments, given.data(), given.size());
  PyObject* name = nullptr;
  PyObject* value = nullptr;
  if (kwargs != nullptr)
    for (Py_ssize_t position = 0; PyDict_Next(kwargs, &position, &name, &value) != 0;)
      take_named(arguments, name, value);
  check_required(arguments);
  return arguments;
}

void Parameters::take_positional(Arguments& arguments, PyObject* const* given, std::size_t count) const {
  if (count > positional_)
    raise(PyExc_TypeError, function_ + " takes at most " + counted(positional_) + " but " +
                               std::to_string(count) + (count == 1 ? " was given" : " were given"));
  std::copy_n(given, count, arguments.begin());
}

void Parameters::take_named(Arguments& arguments, PyObject* name, PyObject* value) const {
  // Names in a call are interned, so that the first comparison mostly finds them.
  auto found =
      std::ranges::find_if(parameters_, [name](const auto& known) { return known.interned == name; });
  if (found == parameters_.end())
    found = std::ranges::find_if(parameters_, [name](const auto& known) {
      return PyUnicode_CompareWithASCIIString(name, known.name.c_str()) == 0;
    });
  const auto index = static_cast<std::size_t>(found - parameters_.begin());
  if (found == parameters_.end() || index < positional_only_)
    raise(PyExc_TypeError, function_ + " got an unexpected keyword argument '" + to_utf8(name) + "'");
  if (arguments[index] != nullptr)
    raise(PyExc_TypeError, function_ + " got multiple values for argument '" + found->name + "'");
  arguments[index] = value;
}

void Parameters::check_required(const Arguments& arguments) const {
  for (std::size_t i = 0; i < parameters_.size(); ++i)
    if (parameters_[i].required && arguments[i] == nullptr)
      raise(PyExc_TypeError, function_ + " missing required argument '" + parameters_[i].name + "'");
}

Store store_argument(PyObject* object) {
  Store store = store_from_python(object, Accept::any);
  if (!store) throw ErrorAlreadySet{};
  return store;
}

namespace detail {

PyObject* call_function(const Verb& verb, Way way, const Parameters& parameters, PyObject* const* given,
                        Py_ssize_t count, PyObject* names) noexcept {
  return guarded_object([&] {
    const Arguments all = parameters.read(given, count, names);
    Arguments behind{};
    std::copy(all.begin() + 1, all.end(), behind.begin());
    return verb.body(way, store_argument(all[0]), behind);
  });
}

PyObject* call_method(const Verb& verb, Way way, const Parameters& parameters, PyObject* self,
                      PyObject* const* given, Py_ssize_t count, PyObject* names) noexcept {
  return guarded_object([&] {
    Ref result = checked(verb.body(way, as_store(self)->store, parameters.read(given, count, names)));
    if (way == Way::asynchronous) make_coroutine(result.get());
    return result.release();
  });
}

const char* documentation(const std::string& name, std::string_view first, std::string_view signature,
                          std::string_view doc) {
  auto* text = new std::string(name + "(");
  text->append(first);
  if (!signature.empty()) text->append(", ").append(signature);
  text->append(")\n--\n\n").append(doc);
  return text->c_str();
}

void add_function(PyObject* module, PyMethodDef* definition) {
  const Ref module_name = from_utf8("storelink");
  const Ref function = checked(PyCFunction_NewEx(definition, module, module_name.get()));
  check(PyModule_AddObjectRef(module, definition->ml_name, function.get()));
}

void add_method(PyTypeObject* type, PyMethodDef* definition) {
  const Ref descriptor = checked(PyDescr_NewMethod(type, definition));
  check(PyObject_SetAttrString(reinterpret_cast<PyObject*>(type), definition->ml_name, descriptor.get()));
}

}  // namespace detail

}  // namespace storelink::python
