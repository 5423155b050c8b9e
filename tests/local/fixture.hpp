// A store in a fresh directory, and that directory as the file system shows it.
#pragma once

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storelink/stores.hpp"
#include "support/stores.hpp"

namespace storelink::testing {

class LocalFixture : public ::testing::Test {
 protected:
  std::shared_ptr<ObjectStore> open(bool cleanup = false, const std::string& below = {}) const {
    LocalOptions options;
    options.root = root + below;
    options.automatic_cleanup = cleanup;
    return make_local_store(std::move(options));
  }

  void write_file(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(std::filesystem::path(root + "/" + name).parent_path());
    std::ofstream(root + "/" + name) << text;
  }

  // Every name below the root, staged files included.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root))
      names.push_back(entry.path().lexically_relative(root).string());
    std::sort(names.begin(), names.end());
    return names;
  }

  // Whether `action` throws permission_denied in the hands of a user who is not root. In a child process,
  // since root, who may read everything, cannot become someone else and come back.
  static bool is_denied_to_others(const std::function<void()>& action) {
    const pid_t child = ::fork();
    if (child == 0) {
      if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(3);
      try {
        action();
        ::_exit(1);
      } catch (const Error& error) {
        ::_exit(error.kind() == ErrorKind::permission_denied ? 0 : 2);
      }
    }
    int status = -1;
    return ::waitpid(child, &status, 0) == child && status == 0;
  }

  const std::string root = temporary_directory();
};

}  // namespace storelink::testing
