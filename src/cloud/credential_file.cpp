#include "cloud/credential_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "storelink/error.hpp"

namespace storelink::cloud {

namespace {

constexpr std::size_t longest = 1u << 20;

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

[[noreturn]] void fail(const std::string& path, std::string_view what, std::string_view why) {
  throw Error(ErrorKind::generic, fmt::format("cannot read {}, {:?}: {}", what, path, why));
}

}  // namespace

std::string read_credential_file(const std::string& path, std::string_view what) {
  const std::unique_ptr<std::FILE, Close> file(std::fopen(path.c_str(), "re"));
  if (!file) fail(path, what, std::strerror(errno));
  std::string text(longest + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) fail(path, what, std::strerror(errno));
  if (text.size() > longest) fail(path, what, "it has more than 1 MiB");
  return text;
}

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string() : value;
}

std::string home_path(std::string_view below) {
  const std::string home = variable("HOME");
  return home.empty() ? std::string() : fmt::format("{}/{}", home, below);
}

bool file_exists(const std::string& path) noexcept {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(path, ignored);
}

}  // namespace storelink::cloud
