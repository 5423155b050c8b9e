#include "cloud/aws/aws_config_file.hpp"

#include <fmt/format.h>

#include "cloud/credential_file.hpp"
#include "codec/text.hpp"
#include "storelink/error.hpp"

namespace storelink::cloud::aws {

namespace {

// The section that a header "[…]" opens; null for one of a kind that is of no interest here. In the config
// file profiles are called "profile NAME", but for "default".
AwsSection* open_section(AwsFiles& files, std::string_view header, bool config) {
  if (!config || header == "default") return &files.profiles[std::string(header)];
  const std::size_t space = header.find_first_of(" \t");
  if (space == std::string_view::npos) return nullptr;
  const std::string_view kind = header.substr(0, space);
  const std::string name(codec::trim(header.substr(space)));
  if (kind == "profile") return &files.profiles[name];
  if (kind == "sso-session") return &files.sso_sessions[name];
  return nullptr;
}

void read_file(AwsFiles& files, const std::string& path, bool config) {
  if (!file_exists(path)) return;
  const std::string text = read_credential_file(path, "the AWS file");
  AwsSection* section = nullptr;
  int number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view whole = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(whole.size() + 1, rest.size()));
    ++number;
    const std::string_view line = codec::trim(whole);
    if (line.empty() || line.front() == '#' || line.front() == ';') continue;
    const bool is_header = line.front() == '[';
    // Indented lines belong to a setting that has settings of its own; none of those is of interest.
    if (!is_header && codec::is_ascii_space(whole.front())) continue;
    const std::size_t end = line.find(is_header ? ']' : '=');
    if (end == std::string_view::npos) {
      throw Error(ErrorKind::generic,
                  fmt::format("line {} of the AWS file {:?} is neither \"[section]\" nor \"name = value\"",
                              number, path));
    }
    if (is_header) {
      section = open_section(files, codec::trim(line.substr(1, end - 1)), config);
    } else if (section != nullptr) {
      (*section)[codec::to_lower(codec::trim(line.substr(0, end)))] = codec::trim(line.substr(end + 1));
    }
  }
}

}  // namespace

AwsFiles read_aws_files(const std::string& config_file, const std::string& credentials_file) {
  AwsFiles files;
  read_file(files, config_file, true);
  read_file(files, credentials_file, false);
  return files;
}

}  // namespace storelink::cloud::aws
