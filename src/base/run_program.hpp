// Running another program and taking what it writes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace storelink {

struct ProgramOutput {
  std::string text;   // its standard output
  std::string error;  // its standard error
  int status = 0;     // as a shell tells it: 128 + the signal's number where one ended it
};

// Finds `arguments[0]` on PATH and runs it without a shell, with no input and this process's environment,
// where `variables` ("NAME=value") replace those of the same name. Blocks. Throws Error(io) when it cannot be
// started, Error(timeout) after `patience`, when it is killed, and Error(generic) when it writes more than 1
// MiB.
ProgramOutput run_program(const std::vector<std::string>& arguments, std::chrono::seconds patience,
                          const std::vector<std::string>& variables = {});

// The words of a command line: separated by white space, which quotes ("…" and '…') keep; a backslash keeps
// the character behind it, but not within '…'.
std::vector<std::string> split_command(std::string_view text);

}  // namespace storelink
