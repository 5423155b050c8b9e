// docs/backends: the tables of settings say what the library's own tables say.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <span>
#include <string>
#include <vector>

#include "cloud/azure/azure_config.hpp"
#include "cloud/gcs/gcs_config.hpp"
#include "cloud/s3/s3_config.hpp"
#include "http/client_options.hpp"

namespace storelink::testing {
namespace {

std::string upper(std::string text) {
  for (char& c : text) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return text;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "`" : ", `") + name + "`";
  return text;
}

// How a row of the table begins: the key, its other names, its environment variables.
std::string beginning(const cloud::ConfigKey& key, std::string_view prefix) {
  std::vector<std::string> aliases;
  std::vector<std::string> variables = {upper(std::string(key.name))};
  for (const std::string_view alias : key.aliases) {
    if (alias.empty()) continue;
    aliases.emplace_back(alias);
    if (alias.starts_with(prefix)) variables.push_back(upper(std::string(alias)));
  }
  if (!key.variable.empty()) variables.emplace_back(key.variable);
  const std::string environment = key.in_environment ? joined(variables) : "none";
  return "| `" + std::string(key.name) + "` | " + joined(aliases) + " | " + environment + " | ";
}

void expect_documented(const std::string& document, std::span<const cloud::ConfigKey> keys,
                       std::string_view prefix) {
  std::ifstream file(std::string(STORELINK_SOURCE_DIR) + "/docs/backends/" + document);
  ASSERT_TRUE(file.is_open()) << document;
  std::vector<std::string> rows;
  const std::string row_start = "| `" + std::string(prefix);
  for (std::string line; std::getline(file, line);)
    if (line.starts_with(row_start)) rows.push_back(line);
  ASSERT_EQ(rows.size(), keys.size()) << document;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string expected = beginning(keys[i], prefix);
    EXPECT_EQ(rows[i].substr(0, expected.size()), expected) << document;
    EXPECT_EQ(std::count(rows[i].begin(), rows[i].end(), '|'), 6) << "a default and a meaning: " << rows[i];
  }
}

TEST(BackendDocs, HaveEveryClientOption) {
  std::ifstream file(std::string(STORELINK_SOURCE_DIR) + "/docs/client-options.md");
  ASSERT_TRUE(file.is_open());
  std::vector<std::string> names;
  for (std::string line; std::getline(file, line) && line != "## Retry settings";) {
    if (!line.starts_with("| `")) continue;
    names.push_back(line.substr(3, line.find('`', 3) - 3));
    EXPECT_EQ(std::count(line.begin(), line.end(), '|'), 4) << "a default and a meaning: " << line;
  }
  const auto known = http::client_option_names();
  EXPECT_EQ(names, std::vector<std::string>(known.begin(), known.end()));
}

TEST(BackendDocs, HaveEverySettingOfS3) {
  expect_documented("s3.md", cloud::s3::s3_config_keys(), "aws_");
}

TEST(BackendDocs, HaveEverySettingOfGoogleCloudStorage) {
  expect_documented("gcs.md", cloud::gcs::gcs_config_keys(), "google_");
}

TEST(BackendDocs, HaveEverySettingOfAzure) {
  expect_documented("azure.md", cloud::azure::azure_config_keys(), "azure_");
}

}  // namespace
}  // namespace storelink::testing
