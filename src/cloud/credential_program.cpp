#include "cloud/credential_program.hpp"

#include <fmt/format.h>

#include "base/run_program.hpp"
#include "cloud/errors.hpp"
#include "codec/text.hpp"
#include "storelink/error.hpp"

namespace storelink::cloud {

std::string ask_program(const std::vector<std::string>& words, std::chrono::seconds patience,
                        std::string_view name, const std::vector<std::string>& variables) {
  ProgramOutput output = run_program(words, patience, variables);
  if (output.status == 0) return std::move(output.text);
  throw Error(ErrorKind::unauthenticated, fmt::format("{} ended with status {}: {}", name, output.status,
                                                      redact(codec::trim(output.error).substr(0, 500))));
}

}  // namespace storelink::cloud
