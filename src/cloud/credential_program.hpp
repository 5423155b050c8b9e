// Programs that give credentials.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace storelink::cloud {

// Runs it as run_program() does and gives what it writes. `name` stands in messages: "the program az". Throws
// Error(unauthenticated) with what it says on its standard error, secrets hidden, where it fails. Blocks.
std::string ask_program(const std::vector<std::string>& words, std::chrono::seconds patience,
                        std::string_view name, const std::vector<std::string>& variables = {});

}  // namespace storelink::cloud
