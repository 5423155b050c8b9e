#include "cloud/credential_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/environment.hpp"
#include "storelink/error.hpp"

namespace storelink::cloud {

namespace {

constexpr std::size_t longest = 1u << 20;

struct Close {
  void operator()(std::FILE* file) const { (void)std::fclose(file); }
};

[[noreturn]] void fail(const std::string& path, std::string_view what, std::string_view why,
                       std::string_view doing = "read") {
  throw Error(ErrorKind::generic, fmt::format("cannot {} {}, {:?}: {}", doing, what, path, why));
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

void write_credential_file(const std::string& path, std::string_view text, std::string_view what) {
  std::string unfinished = path + ".XXXXXX";
  const int descriptor = ::mkostemp(unfinished.data(), O_CLOEXEC);  // mode 0600
  if (descriptor < 0) fail(path, what, std::strerror(errno), "write");
  std::unique_ptr<std::FILE, Close> file(::fdopen(descriptor, "w"));
  if (!file) (void)::close(descriptor);
  bool written = file && std::fwrite(text.data(), 1, text.size(), file.get()) == text.size();
  written = file && std::fclose(file.release()) == 0 && written;
  if (written && std::rename(unfinished.c_str(), path.c_str()) == 0) return;
  const int why = errno;
  (void)std::remove(unfinished.c_str());
  fail(path, what, std::strerror(why), "write");
}

std::string home_path(std::string_view below) {
  const std::string home = environment_variable("HOME");
  return home.empty() ? std::string() : fmt::format("{}/{}", home, below);
}

bool file_exists(const std::string& path) noexcept {
  std::error_code ignored;
  return !path.empty() && std::filesystem::exists(path, ignored);
}

}  // namespace storelink::cloud
