// Files that hold credentials, and where they lie by default.
#pragma once

#include <string>
#include <string_view>

namespace storelink::cloud {

// The file's text. `what` says in messages what it is for ("the service account file"). Throws Error(generic)
// that names the path and the reason when it cannot be read or has more than 1 MiB. Blocks.
std::string read_credential_file(const std::string& path, std::string_view what);

// Replaces the file by one with this text, at once for who reads it meanwhile, and with no access for other
// users (mode 0600). Throws Error(generic) as above; nothing is left behind then. Blocks.
void write_credential_file(const std::string& path, std::string_view text, std::string_view what);

// `below` the user's home directory ($HOME); empty where there is none.
std::string home_path(std::string_view below);

bool file_exists(const std::string& path) noexcept;

}  // namespace storelink::cloud
