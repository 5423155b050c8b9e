// Reading objects through the methods of obspec's protocols.
#pragma once

#include <utility>
#include <vector>

#include "obspec_verbs.hpp"

namespace storelink::python {

// By head() if only metadata is wanted, without conditions (attributes then stay empty), else by get(). An
// object without get() is read by ranges: with head() everything works but versions, and conditions are
// checked here; without it only ranges with both ends do, and meta.size is where what was read ended.
Task<GetResult> obspec_get(Verbs verbs, GetRequest request);

// By get_ranges(), which has to exist.
Task<std::vector<Bytes>> obspec_get_ranges(Verbs verbs, std::string path,
                                           std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges);

}  // namespace storelink::python
