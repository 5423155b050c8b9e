// Keys and the file names that hold them.
//
// A key's segments are names of directories and, the last, of a file. Names that are awkward are
// percent-encoded on disk: control characters, and names that begin like the store's own staged files. A '%'
// that could be mistaken for such an escape becomes "%25", so every key has one file name and the reverse.
#pragma once

#include <string>
#include <string_view>

namespace storelink::local {

// What every staged file's name begins with.
inline constexpr std::string_view staged_marker = ".storelink~";

// The relative file path of a key. Throws Error(invalid_path): the key is empty, has an empty segment, "." or
// "..", a slash at either end, or is not UTF-8.
std::string file_path(std::string_view key);

// The segment that a file or directory name stands for. A name that no key has (a raw control character, put
// there by others) stands for itself, with "%XX" for each byte that is not UTF-8, and file_path() does not
// lead back to it: see raw_path().
std::string segment_of(std::string_view name);

// The path of a key taken as it is, for files that others put there; empty where that is file_path().
std::string raw_path(std::string_view key);

bool is_staged(std::string_view name) noexcept;

}  // namespace storelink::local
