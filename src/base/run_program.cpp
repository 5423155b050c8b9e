#include "base/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <optional>
#include <thread>
#include <utility>

#include "base/environment.hpp"
#include "base/pipe.hpp"
#include "codec/text.hpp"
#include "storelink/error.hpp"

namespace storelink {

namespace {

constexpr std::size_t longest_output = 1u << 20;

Pipe pipe_to_program() {
  Pipe made = make_pipe();
  if (!made.reading) throw Error(ErrorKind::io, std::string("no pipe: ") + std::strerror(errno));
  return made;
}

class SpawnSettings {
 public:
  SpawnSettings(int out, int error) {
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, error, STDERR_FILENO);
    // Threads of this library block all signals, which the program must not inherit.
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    ::sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
  }
  posix_spawn_file_actions_t actions{};
  posix_spawnattr_t attributes{};
};

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  return pointers;
}

// Whether the variable of "NAME=value" is among `variables`.
bool is_set(const std::vector<std::string>& variables, std::string_view text) {
  const std::string_view name = text.substr(0, text.find('=') + 1);
  return std::any_of(variables.begin(), variables.end(),
                     [name](const std::string& variable) { return variable.starts_with(name); });
}

// A program that was started. Whatever happens, it is waited for.
class Child {
 public:
  Child(const std::vector<std::string>& arguments, const std::vector<std::string>& variables, const Pipe& out,
        const Pipe& error) {
    std::vector<char*> environment = pointers_to(variables);
    for (char** inherited = environment_entries(); inherited != nullptr && *inherited != nullptr; ++inherited)
      if (!is_set(variables, *inherited)) environment.push_back(*inherited);
    environment.push_back(nullptr);
    std::vector<char*> pointers = pointers_to(arguments);
    pointers.push_back(nullptr);
    const SpawnSettings settings(out.writing.get(), error.writing.get());
    const int failure = ::posix_spawnp(&id_, pointers.front(), &settings.actions, &settings.attributes,
                                       pointers.data(), environment.data());
    if (failure != 0) {
      throw Error(ErrorKind::io,
                  "the program " + arguments.front() + " cannot be started: " + std::strerror(failure));
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    if (id_ <= 0) return;
    ::kill(id_, SIGKILL);
    int status = 0;
    while (::waitpid(id_, &status, 0) < 0 && errno == EINTR) continue;
  }
  // Its status, once it has ended.
  std::optional<int> ended() {
    int status = 0;
    const pid_t ended = ::waitpid(id_, &status, WNOHANG);
    if (ended == 0 || (ended < 0 && errno == EINTR)) return {};
    id_ = -1;
    // Where the process ignores SIGCHLD nobody learns how its children end.
    if (ended < 0)
      throw Error(ErrorKind::io, std::string("the end of a program is not known: ") + std::strerror(errno));
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t id_ = -1;
};

// False at the end.
bool read_some(int descriptor, std::string& text) {
  std::array<char, 4096> piece;
  const ssize_t size = ::read(descriptor, piece.data(), piece.size());
  if (size > 0) text.append(piece.data(), static_cast<std::size_t>(size));
  return size > 0 || (size < 0 && errno == EINTR);
}

[[noreturn]] void throw_late(const std::string& program, std::chrono::seconds patience) {
  throw Error(ErrorKind::timeout,
              "the program " + program + " did not end within " + std::to_string(patience.count()) + " s");
}

}  // namespace

std::vector<std::string> split_command(std::string_view text) {
  std::vector<std::string> words;
  char quote = '\0';
  bool in_word = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote == '\0' && codec::is_ascii_space(c)) {
      in_word = false;
      continue;
    }
    if (!in_word) words.emplace_back();
    in_word = true;
    if (quote != '\0' ? c == quote : c == '"' || c == '\'') {
      quote = quote != '\0' ? '\0' : c;
    } else if (c == '\\' && quote != '\'' && i + 1 < text.size()) {
      words.back().push_back(text[++i]);
    } else {
      words.back().push_back(c);
    }
  }
  return words;
}

ProgramOutput run_program(const std::vector<std::string>& arguments, std::chrono::seconds patience,
                          const std::vector<std::string>& variables) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  ProgramOutput output;
  Pipe out = pipe_to_program();
  Pipe error = pipe_to_program();
  Child child(arguments, variables, out, error);
  out.writing = Descriptor();
  error.writing = Descriptor();
  std::array<pollfd, 2> waiting = {pollfd{out.reading.get(), POLLIN, 0},
                                   pollfd{error.reading.get(), POLLIN, 0}};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left =
        std::chrono::duration_cast<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw_late(arguments.front(), patience);
    if (::poll(waiting.data(), waiting.size(), static_cast<int>(left.count())) <= 0) continue;
    if (waiting[0].revents != 0 && !read_some(waiting[0].fd, output.text)) waiting[0].fd = -1;
    if (waiting[1].revents != 0 && !read_some(waiting[1].fd, output.error)) waiting[1].fd = -1;
    if (output.text.size() + output.error.size() > longest_output)
      throw Error(ErrorKind::generic, "the program " + arguments.front() + " writes more than 1 MiB");
  }
  // It may have closed its outputs and go on.
  for (;;) {
    if (const auto status = child.ended()) {
      output.status = *status;
      return output;
    }
    if (std::chrono::steady_clock::now() >= deadline) throw_late(arguments.front(), patience);
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

}  // namespace storelink
