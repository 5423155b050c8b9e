// Reading objects: whole, in part, or as a stream.
#pragma once

#include <utility>
#include <vector>

#include "local/directory.hpp"

namespace storelink::local {

// What ObjectStore::get_async gives. A stream reads a MiB at a time, each where blocking is allowed.
GetResult read_object(const std::shared_ptr<const Root>& root, const GetRequest& request, Context& context);

// The ranges [start, end) in the order given, each into a buffer of its own, all of one state of the object.
std::vector<Bytes> read_ranges(const Root& root, const std::string& key,
                               const std::vector<std::pair<std::uint64_t, std::uint64_t>>& ranges,
                               Context& context);

}  // namespace storelink::local
