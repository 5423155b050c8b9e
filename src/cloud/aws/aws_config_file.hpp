// The files that the AWS command line shares with the SDKs: sections of settings.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace storelink::cloud::aws {

// Settings by name (lower case); values are trimmed.
using AwsSection = std::map<std::string, std::string, std::less<>>;

struct AwsFiles {
  AwsFiles() {}
  std::map<std::string, AwsSection, std::less<>> profiles;
  std::map<std::string, AwsSection, std::less<>> sso_sessions;
};

// Reads both; a file that is not there is empty. Settings of the credentials file win. Throws Error(generic)
// that names the path, and the line where it is malformed. Never quotes the text.
AwsFiles read_aws_files(const std::string& config_file, const std::string& credentials_file);

}  // namespace storelink::cloud::aws
