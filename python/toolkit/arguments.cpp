#include "arguments.hpp"

#include <algorithm>

namespace storelink::python {

namespace {

PyObject* key_class = nullptr;

// Whether parse_path() may have something against it. Cheap, and rather yes than no.
bool may_break_path_rules(std::string_view key) {
  if (key.starts_with('/') || key.starts_with('.') || key.ends_with('/')) return true;
  char before = 0;
  return std::ranges::any_of(key, [&before](char c) {
    const bool suspicious =
        (before == '/' && (c == '/' || c == '.')) || static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    before = c;
    return suspicious;
  });
}

bool is_path(const std::string& key) {
  if (!may_break_path_rules(key)) return true;
  try {
    return parse_path(key) == key;
  } catch (const Error&) {
    return false;
  }
}

// The interned names of a dict's items.
struct MetaNames {
  Ref path, last_modified, size, e_tag, version;
};

const MetaNames& meta_names() {
  static const auto* const names = [] {
    const auto intern = [](const char* text) { return checked(PyUnicode_InternFromString(text)); };
    return new MetaNames{intern("path"), intern("last_modified"), intern("size"), intern("e_tag"),
                         intern("version")};
  }();
  return *names;
}

}  // namespace

std::string path_argument(const char* what, PyObject* argument) {
  std::string text = to_key(what, argument);
  if (key_class != nullptr && PyObject_TypeCheck(argument, reinterpret_cast<PyTypeObject*>(key_class)) != 0)
    return text;
  return parse_path(text);
}

std::vector<std::string> paths_argument(const char* what, PyObject* argument, bool& one) {
  one = PyUnicode_Check(argument) != 0;
  if (one) return {path_argument(what, argument)};
  if (PySequence_Check(argument) == 0 || PyBytes_Check(argument) != 0)
    raise_wrong_type(what, argument, "a str or a sequence of str");
  std::vector<std::string> paths;
  const Py_ssize_t count = PySequence_Size(argument);
  if (count < 0) throw ErrorAlreadySet{};
  paths.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < count; ++i)
    paths.push_back(path_argument(what, checked(PySequence_GetItem(argument, i)).get()));
  return paths;
}

bool flag_argument(const char* what, PyObject* argument, bool otherwise) {
  if (argument == nullptr) return otherwise;
  if (PyBool_Check(argument) == 0) raise_wrong_type(what, argument, "bool");
  return argument == Py_True;
}

std::size_t size_argument(const char* what, PyObject* argument, std::size_t otherwise) {
  return argument == nullptr ? otherwise : to_size(what, argument);
}

std::size_t positive_argument(const char* what, PyObject* argument, std::size_t otherwise) {
  const std::size_t size = size_argument(what, argument, otherwise);
  if (size == 0) raise(PyExc_ValueError, std::string(what) + " is 0; accepted is any number from 1");
  return size;
}

Attributes attributes_argument(const char* what, PyObject* argument) {
  return is_given(argument) ? attributes_from_mapping(what, argument) : Attributes();
}

Tags tags_argument(const char* what, PyObject* argument) {
  Tags tags;
  if (!is_given(argument)) return tags;
  for_each_item(what, argument, [&](std::string name, PyObject* value) {
    std::string text = expect_text("'" + name + "' of " + what, value);
    tags.emplace_back(std::move(name), std::move(text));
  });
  return tags;
}

Ref key_to_python(const std::string& key) {
  Ref text = from_utf8(key);
  if (key_class == nullptr || is_path(key)) return text;
  return checked(PyObject_CallFunctionObjArgs(key_class, text.get(), nullptr));
}

void add_key_class(PyObject* module) {
  static PyType_Slot slots[] = {
      {Py_tp_doc,
       const_cast<char*>(
           "Key(key)\n--\n\n"
           R"doc(A path that operations take as it is: the exact key of an object, also where it breaks the rules for paths.

Paths have no empty segment, no "." and "..", and no slash at either end. Buckets may hold other keys, as "a//b" is
one. Listings give them as Key, a str, so that they can be passed back.)doc")},
      {0, nullptr}};
  static PyType_Spec spec = {"storelink.Key", 0, 0, Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
  if (key_class == nullptr) {
    const Ref bases = checked(PyTuple_Pack(1, &PyUnicode_Type));
    key_class = checked(PyType_FromSpecWithBases(&spec, bases.get())).release();
  }
  check(PyModule_AddObjectRef(module, "Key", key_class));
}

Ref meta_to_dict(const ObjectMeta& meta) {
  const MetaNames& names = meta_names();
  Ref dict = checked(PyDict_New());
  const auto set = [&dict](const Ref& name, const Ref& value) {
    check(PyDict_SetItem(dict.get(), name.get(), value.get()));
  };
  set(names.path, key_to_python(meta.path));
  set(names.last_modified, to_datetime(meta.last_modified));
  set(names.size, checked(PyLong_FromUnsignedLongLong(meta.size)));
  set(names.e_tag, text_or_none(meta.e_tag));
  set(names.version, text_or_none(meta.version));
  return dict;
}

Ref metas_to_list(const std::vector<ObjectMeta>& metas) {
  return list_of(metas, meta_to_dict);
}

Ref keys_to_list(const std::vector<std::string>& keys) {
  return list_of(keys, key_to_python);
}

Ref text_or_none(const std::optional<std::string>& text) {
  return text ? from_utf8(*text) : Ref::borrow(Py_None);
}

}  // namespace storelink::python
