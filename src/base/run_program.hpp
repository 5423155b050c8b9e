// Running another program and taking what it writes.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace storelink {

struct ProgramOutput {
  std::string text;   // its standard output
  std::string error;  // its standard error
  int status = 0;     // as a shell tells it: 128 + the signal's number where one ended it
};

// Finds `arguments[0]` on PATH and runs it without a shell, with this process's environment and no input.
// Blocks. Throws Error(io) when it cannot be started, Error(timeout) after `patience`, when it is killed, and
// Error(generic) when it writes more than 1 MiB.
ProgramOutput run_program(const std::vector<std::string>& arguments, std::chrono::seconds patience);

}  // namespace storelink
