// What obspec's results and arguments mean in C++: times, metadata of objects, attributes.
//
// Whatever does not have the form that is asked for is a TypeError that names it.
#pragma once

#include "support.hpp"

namespace storelink::python {

// datetime.datetime; one without a time zone counts as UTC.
Timestamp from_datetime(PyObject* datetime);
Ref to_datetime(Timestamp time);

// Appends `text`; bytes that are no UTF-8 become U+FFFD. Needs no GIL.
void append_as_utf8(std::string& to, std::string_view text);

// The mapping's item, or an empty Ref where there is none or it is None.
Ref optional_item(PyObject* mapping, const char* key);

// A key; file names that are no UTF-8 keep their bytes.
std::string to_key(const std::string& what, PyObject* text);

// The int, which must not be negative.
std::uint64_t to_size(const std::string& what, PyObject* number);

// obspec's ObjectMeta: path, last_modified, size, e_tag, version; the first and the third are required.
ObjectMeta meta_from_mapping(const std::string& what, PyObject* mapping);

// str to str; names that are not HTTP's are the user's own metadata.
Attributes attributes_from_mapping(const std::string& what, PyObject* mapping);
Ref attributes_to_dict(const Attributes& attributes);

}  // namespace storelink::python
