// aws_profile_credentials: what a profile of the shared files says, and doing it.
#include <fmt/format.h>

#include <algorithm>

#include "base/environment.hpp"
#include "base/run_program.hpp"
#include "cloud/aws/aws_config_file.hpp"
#include "cloud/aws/aws_sources.hpp"
#include "cloud/cloud_store.hpp"
#include "cloud/config_values.hpp"
#include "cloud/credential_file.hpp"
#include "cloud/credential_program.hpp"
#include "cloud/token.hpp"
#include "codec/digest.hpp"
#include "codec/json.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"
#include "storelink/aws_credentials.hpp"

namespace storelink {

namespace {

using namespace cloud;
using aws::AwsFiles;
using aws::AwsSection;

// `given`, else the environment variable, else the default.
std::string first_of(const std::string& given, const char* name, const std::string& otherwise) {
  if (!given.empty()) return given;
  std::string value = environment_variable(name);
  return value.empty() ? otherwise : value;
}

struct Asking {
  Asking(AwsProfileOptions o, http::Client c) : options(std::move(o)), client(std::move(c)) {}
  const AwsProfileOptions options;
  const http::Client client;
};
using SharedAsking = std::shared_ptr<const Asking>;

// --- programs ---

Task<AwsCredential> run(std::string command) {
  const std::vector<std::string> words = split_command(command);
  if (words.empty()) refuse_config("the credential_process of an AWS profile is empty");
  const std::string name = fmt::format("the credential_process {:?}", words.front());
  const std::string text = ask_program(words, std::chrono::seconds(60), name);
  const std::string what = "the answer of " + name;
  if (codec::JsonObject::parse(text, what).integer("Version") != 1)
    throw Error(ErrorKind::generic, what + " is not of Version 1");
  co_return aws::parse_json_credential(text, what, "SessionToken");
}

// --- IAM Identity Center ---

struct SsoAccount {
  SsoAccount() {}
  std::string session;  // its name, or the start URL: the token's file is called by its SHA-1
  std::string region, account_id, role_name;
};

// CreateToken of the SSO OIDC service, for a token that can be renewed. The new one takes the old one's place
// in the file at `path`, as the AWS CLI has it.
Task<std::string> renew_sso_token(http::Client client, SsoAccount sso, std::string path,
                                  codec::JsonObject old) {
  const std::string service = fmt::format("the SSO token service of {}", sso.region);
  HttpRequest request = json_request(
      fmt::format("https://oidc.{}.amazonaws.com/token", sso.region),
      fmt::format(R"({{"clientId":{},"clientSecret":{},"grantType":"refresh_token","refreshToken":{}}})",
                  codec::json_quote(old.required_text("clientId")),
                  codec::json_quote(old.required_text("clientSecret")),
                  codec::json_quote(old.required_text("refreshToken"))));
  HttpResponse response =
      co_await send_to_token_service_async(std::move(client), std::move(request), service);
  const auto answer = codec::JsonObject::parse(response.body.view(), "the answer of " + service);
  std::string token = answer.required_text("accessToken");
  const auto lifetime = std::clamp<std::int64_t>(answer.integer("expiresIn").value_or(0), 0, 1'000'000'000);
  codec::TextMembers changed = {{"accessToken", token},
                                {"expiresAt", codec::format_rfc3339(std::chrono::floor<std::chrono::seconds>(
                                                  signing_time() + std::chrono::seconds(lifetime)))}};
  if (const auto next = answer.text("refreshToken")) changed.emplace_back("refreshToken", *next);
  try {
    write_credential_file(path, old.with(changed), "the SSO token file");
  } catch (const Error&) {
    // The token is good where no file can be written, too.
  }
  co_return token;
}

// Throws Error(unauthenticated) where the token of the last login has expired and cannot be renewed.
Task<std::string> sso_token(http::Client client, SsoAccount sso) {
  std::string path =
      home_path(fmt::format(".aws/sso/cache/{}.json", codec::to_hex(codec::sha1(sso.session))));
  const std::string hint = fmt::format("log in with \"aws sso login\" ({})", sso.session);
  if (!file_exists(path)) throw Error(ErrorKind::unauthenticated, "there is no SSO token: " + hint);
  auto file = codec::JsonObject::parse(read_credential_file(path, "the SSO token file"),
                                       fmt::format("the SSO token file {:?}", path));
  std::string token = file.required_text("accessToken");
  const Timestamp now = signing_time();
  const Timestamp expiry = codec::parse_rfc3339(file.required_text("expiresAt")).value_or(Timestamp());
  const auto registered = codec::parse_rfc3339(file.text("registrationExpiresAt").value_or(""));
  if (expiry - now <= std::chrono::minutes(5) && file.text("refreshToken") &&
      registered.value_or(expiry) > now) {
    try {
      token = co_await renew_sso_token(std::move(client), std::move(sso), std::move(path), std::move(file));
    } catch (const Error& error) {
      if (error.kind() == ErrorKind::cancelled) throw;
      if (expiry <= now)
        refuse_without_credentials(error, "the SSO token has expired and was not renewed: " + hint);
    }
  } else if (expiry <= now) {
    throw Error(ErrorKind::unauthenticated, "the SSO token has expired: " + hint);
  }
  if (!is_token_text(token)) throw Error(ErrorKind::generic, "the SSO token is none that HTTP can carry");
  co_return token;
}

// GetRoleCredentials of the SSO portal.
Task<AwsCredential> ask_sso(http::Client client, SsoAccount sso) {
  codec::QueryItems query;
  query.emplace_back("account_id", sso.account_id);
  query.emplace_back("role_name", sso.role_name);
  HttpRequest request;
  request.method = "GET";
  request.url = fmt::format("https://portal.sso.{}.amazonaws.com/federation/credentials?{}", sso.region,
                            codec::encode_query(query));
  std::string token = co_await sso_token(client, sso);
  request.headers.emplace_back("x-amz-sso_bearer_token", std::move(token));
  HttpResponse response = co_await send_to_token_service_async(
      std::move(client), std::move(request), fmt::format("the SSO portal of {}", sso.region));
  const std::string what = "the answer of the SSO portal";
  const auto found = codec::JsonObject::parse(response.body.view(), what).object("roleCredentials");
  if (!found) throw Error(ErrorKind::generic, what + " has no \"roleCredentials\"");
  AwsCredential credential;
  credential.access_key_id = found->required_text("accessKeyId");
  credential.secret_access_key = found->required_text("secretAccessKey");
  credential.session_token = found->text("sessionToken").value_or("");
  if (const auto milliseconds = found->integer("expiration"))
    credential.expires_at = unix_expiry(*milliseconds / 1000);
  co_return credential;
}

// --- profiles ---

// Makes the provider that a profile describes. Borrows all.
class ProfileReader {
 public:
  ProfileReader(const Asking& asking, const AwsFiles& files) : asking_(asking), files_(files) {}

  // `path`: the profiles that led here.
  AwsCredentialProvider read(const std::string& name, std::vector<std::string> path = {}) const {
    const auto found = files_.profiles.find(name);
    if (found == files_.profiles.end()) {
      refuse_config(fmt::format("there is no AWS profile {:?} in {:?} and {:?}", name,
                                asking_.options.config_file, asking_.options.credentials_file));
    }
    const AwsSection& profile = found->second;
    const bool again = std::find(path.begin(), path.end(), name) != path.end();
    // A profile may be the source of its own role: its keys then.
    if (again && (path.back() != name || !has(profile, "aws_access_key_id"))) {
      refuse_config(
          fmt::format("the AWS profile {:?} is its own source (source_profile) and has no keys", name));
    }
    path.push_back(name);
    if (has(profile, "role_arn") && !again) return read_role(name, profile, path);
    if (!again && (has(profile, "sso_session") || has(profile, "sso_start_url")))
      return read_sso(name, profile);
    if (has(profile, "aws_access_key_id")) {
      AwsCredential keys;
      keys.access_key_id = text(profile, "aws_access_key_id");
      keys.secret_access_key = required(name, profile, "aws_secret_access_key");
      keys.session_token = text(profile, "aws_session_token");
      return static_aws_credentials(std::move(keys));
    }
    if (has(profile, "credential_process"))
      return [command = text(profile, "credential_process")] { return run(command); };
    refuse_config(
        fmt::format("the AWS profile {:?} has no credentials; accepted are role_arn, sso_session, "
                    "aws_access_key_id and credential_process",
                    name));
  }

 private:
  static bool has(const AwsSection& section, std::string_view key) { return !text(section, key).empty(); }
  static std::string text(const AwsSection& section, std::string_view key) {
    const auto found = section.find(key);
    return found == section.end() ? std::string() : found->second;
  }
  static std::string required(const std::string& name, const AwsSection& section, std::string_view key) {
    std::string value = text(section, key);
    if (value.empty()) refuse_config(fmt::format("the AWS profile {:?} has no {}", name, key));
    return value;
  }

  std::string region_of(const AwsSection& profile) const {
    std::string region = text(profile, "region");
    return region.empty() ? asking_.options.region : region;
  }

  AwsCredentialProvider read_role(const std::string& name, const AwsSection& profile,
                                  const std::vector<std::string>& path) const {
    if (has(profile, "mfa_serial")) {
      throw Error(ErrorKind::not_implemented,
                  fmt::format("the AWS profile {:?} wants a second factor (mfa_serial), which nobody can be "
                              "asked for here: keep what \"aws sts assume-role --serial-number ... "
                              "--token-code ...\" prints in a profile of its own, with aws_session_token",
                              name));
    }
    const AwsProfileOptions& options = asking_.options;
    std::string session = text(profile, "role_session_name");
    if (session.empty()) session = "storelink";
    if (has(profile, "web_identity_token_file")) {
      aws::WebIdentity identity;
      identity.token_file = text(profile, "web_identity_token_file");
      identity.role_arn = text(profile, "role_arn");
      identity.session_name = session;
      identity.sts_url =
          options.sts_endpoint.empty() ? aws::sts_url(region_of(profile)) : options.sts_endpoint;
      return aws::source_credentials(identity, asking_.client);
    }
    AwsRoleOptions role;
    role.role_arn = text(profile, "role_arn");
    role.session_name = session;
    role.external_id = text(profile, "external_id");
    role.region = region_of(profile);
    role.endpoint = options.sts_endpoint;
    if (has(profile, "duration_seconds")) {
      const auto seconds = codec::parse_number(text(profile, "duration_seconds"));
      role.duration = std::chrono::seconds(std::min<std::uint64_t>(seconds.value_or(0), 1'000'000));
    }
    role.client_options = options.client_options;
    role.retry = options.retry;
    role.transport = options.transport;
    role.source = has(profile, "source_profile") ? read(text(profile, "source_profile"), path)
                                                 : read_credential_source(name, profile);
    return aws_role_credentials(std::move(role));
  }

  AwsCredentialProvider read_credential_source(const std::string& name, const AwsSection& profile) const {
    const AwsProfileOptions& options = asking_.options;
    const std::string kind = text(profile, "credential_source");
    if (kind == "Environment") return static_aws_credentials(aws::environment_keys());
    aws::AwsSource source;
    if (kind == "Ec2InstanceMetadata") {
      source = aws::InstanceSource();
    } else if (kind == "EcsContainer") {
      aws::ContainerSource container;
      container.url = "http://169.254.170.2" + environment_variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
      source = container;
    } else {
      refuse_config(
          fmt::format("the AWS profile {:?} has a role_arn, but none of source_profile, "
                      "web_identity_token_file and credential_source (Environment, "
                      "Ec2InstanceMetadata or EcsContainer)",
                      name));
    }
    return aws::source_credentials(
        source, metadata_client(options.transport, http::parse_client_options(options.client_options),
                                options.retry));
  }

  AwsCredentialProvider read_sso(const std::string& name, const AwsSection& profile) const {
    SsoAccount sso;
    sso.account_id = required(name, profile, "sso_account_id");
    sso.role_name = required(name, profile, "sso_role_name");
    sso.session = text(profile, "sso_session");
    const AwsSection* place = &profile;
    if (sso.session.empty()) {
      sso.session = text(profile, "sso_start_url");
    } else {
      const auto found = files_.sso_sessions.find(sso.session);
      if (found == files_.sso_sessions.end())
        refuse_config(fmt::format("the AWS profile {:?} names the sso-session {:?}, which is missing", name,
                                  sso.session));
      place = &found->second;
    }
    sso.region = required(name, *place, "sso_region");
    return [client = asking_.client, sso] { return ask_sso(client, sso); };
  }

  const Asking& asking_;
  const AwsFiles& files_;
};

Task<AwsCredential> ask_profile(SharedAsking asking) {
  const AwsFiles files = aws::read_aws_files(asking->options.config_file, asking->options.credentials_file);
  const AwsCredentialProvider provider = ProfileReader(*asking, files).read(asking->options.profile);
  AwsCredential credential = co_await provider();
  co_return credential;
}

}  // namespace

AwsCredentialProvider aws_profile_credentials(AwsProfileOptions options) {
  options.profile = first_of(options.profile, "AWS_PROFILE", "default");
  options.config_file = first_of(options.config_file, "AWS_CONFIG_FILE", home_path(".aws/config"));
  options.credentials_file =
      first_of(options.credentials_file, "AWS_SHARED_CREDENTIALS_FILE", home_path(".aws/credentials"));
  while (options.sts_endpoint.ends_with('/')) options.sts_endpoint.pop_back();
  const http::ClientOptions client = http::parse_client_options(options.client_options);
  check_encrypted(options.sts_endpoint, client);
  http::Client sender = make_client(options.transport, client, options.retry);
  const auto asking = std::make_shared<const Asking>(std::move(options), std::move(sender));
  return [asking] { return ask_profile(asking); };
}

}  // namespace storelink
