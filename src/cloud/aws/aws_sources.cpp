#include "cloud/aws/aws_sources.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/environment.hpp"
#include "cloud/aws/aws_sts.hpp"
#include "cloud/credential_file.hpp"
#include "cloud/headers.hpp"
#include "codec/json.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"

namespace storelink::cloud::aws {

namespace {

constexpr std::string_view no_credentials =
    "there are no AWS credentials: set aws_access_key_id and aws_secret_access_key (settings, or "
    "environment variables AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), aws_web_identity_token_file with "
    "aws_role_arn or aws_container_credentials_full_uri, give a credential provider, or set "
    "aws_skip_signature to true for anonymous access";

template <class Source>
struct Asking {
  Asking(Source s, http::Client c) : source(std::move(s)), client(std::move(c)) {}
  const Source source;
  const http::Client client;
};
template <class Source>
using SharedAsking = std::shared_ptr<const Asking<Source>>;

HttpRequest get(std::string url) {
  HttpRequest request;
  request.method = "GET";
  request.url = std::move(url);
  return request;
}

Task<AwsCredential> ask(SharedAsking<WebIdentity> asking) {
  const WebIdentity& identity = asking->source;
  const std::string token = read_credential_file(identity.token_file, "the web identity token file");
  codec::QueryItems fields;
  fields.emplace_back("RoleArn", identity.role_arn);
  fields.emplace_back("RoleSessionName", identity.session_name);
  fields.emplace_back("WebIdentityToken", codec::trim(token));
  HttpRequest request =
      sts_request(identity.sts_url, "AssumeRoleWithWebIdentity", std::chrono::hours(1), fields);
  AwsCredential credential = co_await ask_sts_async(asking->client, std::move(request));
  co_return credential;
}

Task<AwsCredential> ask(SharedAsking<ContainerSource> asking) {
  const ContainerSource& container = asking->source;
  HttpRequest request = get(container.url);
  if (!container.token_file.empty()) {
    const std::string file =
        read_credential_file(container.token_file, "the container's authorization token file");
    const std::string_view token = codec::trim(file);
    check_header_value("the container's authorization token", token);
    request.headers.emplace_back("authorization", token);
  }
  std::string service = fmt::format("the container's credential server {}", codec::redact_url(container.url));
  HttpResponse response =
      co_await send_to_token_service_async(asking->client, std::move(request), std::move(service));
  co_return parse_json_credential(response.body.view(), "the answer of the container's credential server",
                                  "Token");
}

// The token of an IMDSv2 session; empty where the service has none and that is allowed.
Task<std::string> session_token(SharedAsking<InstanceSource> asking) {
  const InstanceSource& instance = asking->source;
  HttpRequest request;
  request.method = "PUT";
  request.url = instance.endpoint + "/latest/api/token";
  request.headers.emplace_back("x-aws-ec2-metadata-token-ttl-seconds", "600");
  try {
    HttpResponse response = co_await send_to_token_service_async(
        asking->client, std::move(request), fmt::format("the metadata service {}", instance.endpoint));
    std::string token(codec::trim(response.body.view()));
    if (!is_token_text(token)) throw Error(ErrorKind::generic, "the metadata service gave no session token");
    co_return token;
  } catch (const Error& error) {
    const int status = error.status();
    if (!instance.imdsv1_fallback || (status != 403 && status != 404 && status != 405)) throw;
  }
  co_return std::string();
}

// `item`: its path below /latest/meta-data/.
Task<HttpResponse> ask_metadata(SharedAsking<InstanceSource> asking, std::string item, std::string token) {
  const std::string& endpoint = asking->source.endpoint;
  HttpRequest request = get(fmt::format("{}/latest/meta-data/{}", endpoint, item));
  if (!token.empty()) request.headers.emplace_back("x-aws-ec2-metadata-token", token);
  HttpResponse response = co_await send_to_token_service_async(
      asking->client, std::move(request), fmt::format("the metadata service {}", endpoint));
  co_return response;
}

Task<AwsCredential> ask_instance(SharedAsking<InstanceSource> asking) {
  std::string token = co_await session_token(asking);
  std::string item = "iam/security-credentials/";
  HttpResponse names = co_await ask_metadata(asking, item, token);
  const std::string_view text = codec::trim(names.body.view());
  const std::string role(text.substr(0, text.find('\n')));
  if (role.empty()) throw Error(ErrorKind::unauthenticated, "the machine has no role");
  item += codec::percent_encode(role, codec::Keep::unreserved);
  HttpResponse response = co_await ask_metadata(asking, std::move(item), std::move(token));
  co_return parse_json_credential(response.body.view(), "the answer of the metadata service", "Token");
}

// The last resort: its failure means that there are no credentials at all.
Task<AwsCredential> ask(SharedAsking<InstanceSource> asking) {
  std::optional<Error> failure;
  try {
    AwsCredential credential = co_await ask_instance(asking);
    co_return credential;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    failure = error;
  }
  refuse_without_credentials(*failure, no_credentials);
}

template <class Source>
AwsCredentialProvider provider(const Source& source, const http::Client& client) {
  const auto asking = std::make_shared<const Asking<Source>>(source, client);
  return [asking] { return ask(asking); };
}

}  // namespace

std::string sts_url(const std::string& region) {
  return fmt::format("https://sts.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

bool is_container_url(std::string_view url) {
  try {
    const codec::Url parsed = codec::parse_url(url);
    if (!parsed.user.empty() || !parsed.password.empty() || !parsed.fragment.empty()) return false;
    if (parsed.scheme == "https") return true;
    const std::string_view near[] = {"localhost",     "127.0.0.1",      "::1",
                                     "169.254.170.2", "169.254.170.23", "fd00:ec2::23"};
    return parsed.scheme == "http" &&
           std::find(std::begin(near), std::end(near), parsed.host) != std::end(near);
  } catch (const Error&) {
    return false;
  }
}

bool is_near(const AwsSource& source) {
  return std::holds_alternative<ContainerSource>(source) || std::holds_alternative<InstanceSource>(source);
}

AwsCredentialProvider source_credentials(const AwsSource& source, const http::Client& client) {
  if (const auto* identity = std::get_if<WebIdentity>(&source)) return provider(*identity, client);
  if (const auto* container = std::get_if<ContainerSource>(&source)) return provider(*container, client);
  if (const auto* instance = std::get_if<InstanceSource>(&source)) return provider(*instance, client);
  return {};
}

AwsCredential environment_keys() {
  AwsCredential keys;
  keys.access_key_id = environment_variable("AWS_ACCESS_KEY_ID");
  keys.secret_access_key = environment_variable("AWS_SECRET_ACCESS_KEY");
  keys.session_token = environment_variable("AWS_SESSION_TOKEN");
  return keys;
}

Task<std::string> instance_region_async(http::Client client, InstanceSource instance) {
  const auto asking = std::make_shared<const Asking<InstanceSource>>(std::move(instance), std::move(client));
  std::string token = co_await session_token(asking);
  HttpResponse response = co_await ask_metadata(asking, "placement/region", std::move(token));
  co_return std::string(codec::trim(response.body.view()));
}

AwsCredential parse_json_credential(std::string_view text, const std::string& what,
                                    std::string_view token_member) {
  const auto answer = codec::JsonObject::parse(text, what);
  AwsCredential credential;
  credential.access_key_id = answer.required_text("AccessKeyId");
  credential.secret_access_key = answer.required_text("SecretAccessKey");
  credential.session_token = answer.text(token_member).value_or("");
  if (const auto expiry = answer.text("Expiration")) {
    credential.expires_at = codec::parse_rfc3339(*expiry);
    if (!credential.expires_at)
      throw Error(ErrorKind::generic, fmt::format("{} has an \"Expiration\" that is no time", what));
  }
  return credential;
}

}  // namespace storelink::cloud::aws
