// Keys, and the stricter paths of the obstore-compatible API.
//
// A key is whatever the service allows: stores take keys as they are, and listings return them as they
// are (`a//b`, `a/../b` exist in real buckets). A *path* is a key built under `object_store`'s rules:
// segments separated by one `/`, none empty, none `.` or `..`, no ASCII control characters, no leading or
// trailing slash. Paths are applied where the Python API takes one from the user, and by LocalStore.
#pragma once

#include <string>
#include <string_view>

namespace storelink {

// The path that `text` names: one leading and one trailing slash are dropped, the empty path is allowed.
// Throws Error(invalid_path) that quotes `text` and says which rule it breaks.
std::string parse_path(std::string_view text);

// Whether `key` lies below `prefix` by whole segments: "foo" covers "foo/bar" but neither "foo", "foo/" nor
// "foo.bar/x". The empty prefix covers every key. A slash that closes `prefix` makes no difference, except
// behind an empty segment: "/" covers what begins with a slash, "foo//" what begins with "foo//".
bool prefix_covers(std::string_view prefix, std::string_view key) noexcept;

// The prefix as the services take it, who know no segments: empty, or with the slash that closes it.
std::string segment_prefix(std::string_view prefix);

// The reverse, for a common prefix as the services give it: without the slash that closes it, except behind
// an empty segment ("foo//", "/"). segment_prefix() of the result is `prefix` again, so whoever lists every
// common prefix in turn reaches every key below it.
std::string without_closing_slash(std::string prefix);

}  // namespace storelink

#include "storelink/detail/path.hpp"  // IWYU pragma: export
