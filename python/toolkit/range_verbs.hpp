// get_range and get_ranges: the verbs that all store classes have, also without the package's operations.
#pragma once

#include <cstdint>
#include <utility>

#include "support.hpp"

namespace storelink::python {

using Range = std::pair<std::uint64_t, std::uint64_t>;  // [start, end)

// Of two arguments of which one has to be given, whether it is the length. ValueError for both or none.
bool is_length(const char* end, PyObject* given_end, const char* length, PyObject* given_length);

// ValueError for an empty range.
Range make_range(std::uint64_t start, std::uint64_t given, bool length);

void add_range_methods(PyTypeObject* store_class);
void add_range_functions(PyObject* module);

}  // namespace storelink::python
