// What the arguments of operations mean, and keys on their way to Python.
//
// Wrong ones are a TypeError, ValueError or InvalidPathError that names the argument.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "call_arguments.hpp"
#include "values.hpp"
#include "verb.hpp"

namespace storelink::python {

inline bool is_given(PyObject* argument) noexcept {
  return argument != nullptr && argument != Py_None;
}

// A path under the rules of parse_path(), or a Key as it is.
std::string path_argument(const char* what, PyObject* argument);

// The same for one that may be left out.
inline std::string optional_path_argument(const char* what, PyObject* argument) {
  return is_given(argument) ? path_argument(what, argument) : std::string();
}

// A str or a sequence of them; `one` says which it was.
std::vector<std::string> paths_argument(const char* what, PyObject* argument, bool& one);

bool flag_argument(const char* what, PyObject* argument, bool otherwise);
std::size_t size_argument(const char* what, PyObject* argument, std::size_t otherwise);
// The same, and ValueError for 0.
std::size_t positive_argument(const char* what, PyObject* argument, std::size_t otherwise);

Attributes attributes_argument(const char* what, PyObject* argument);
Tags tags_argument(const char* what, PyObject* argument);

// A key as Python gets it: a str, or a Key where the rules for paths would refuse it.
Ref key_to_python(const std::string& key);

// The class Key; adds it to the module.
void add_key_class(PyObject* module);

// obstore's ObjectMeta, a dict: path, last_modified, size, e_tag, version.
Ref meta_to_dict(const ObjectMeta& meta);
// A list of them.
Ref metas_to_list(const std::vector<ObjectMeta>& metas);
// A list of keys.
Ref keys_to_list(const std::vector<std::string>& keys);

// None or the text.
Ref text_or_none(const std::optional<std::string>& text);

}  // namespace storelink::python
