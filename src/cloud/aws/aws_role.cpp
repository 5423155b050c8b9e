// aws_role_credentials: AWS STS AssumeRole.
#include <fmt/format.h>

#include "cloud/aws/aws_request.hpp"
#include "cloud/aws/aws_sources.hpp"
#include "cloud/aws/aws_sts.hpp"
#include "cloud/cloud_store.hpp"
#include "cloud/config_values.hpp"
#include "storelink/aws_credentials.hpp"

namespace storelink {

namespace {

using namespace cloud;

struct Asking {
  Asking(AwsRoleOptions r, http::Client c)
      : role(std::move(r)), client(std::move(c)), signer(role.region, "sts", SigV4Rules::generic) {}
  const AwsRoleOptions role;
  const http::Client client;
  const SigV4Signer signer;
};

Task<AwsCredential> ask(std::shared_ptr<const Asking> asking) {
  const AwsRoleOptions& role = asking->role;
  AwsCredential source = co_await role.source();
  codec::QueryItems fields;
  fields.emplace_back("RoleArn", role.role_arn);
  fields.emplace_back("RoleSessionName", role.session_name);
  if (!role.external_id.empty()) fields.emplace_back("ExternalId", role.external_id);
  HttpRequest request = aws::sts_request(role.endpoint, "AssumeRole", role.duration, fields);
  aws::sign_request(asking->signer, request, aws::checked(std::move(source)));
  AwsCredential credential = co_await aws::ask_sts_async(asking->client, std::move(request));
  co_return credential;
}

Task<AwsCredential> just(AwsCredential credential) {
  co_return credential;
}

}  // namespace

AwsCredentialProvider aws_role_credentials(AwsRoleOptions options) {
  if (options.role_arn.empty() || !options.source)
    refuse_config("to assume a role takes its ARN (role_arn) and who assumes it (source)");
  if (options.duration < std::chrono::minutes(15) || options.duration > std::chrono::hours(12))
    refuse_config("a role is assumed for 15 minutes to 12 hours (duration)");
  if (options.endpoint.empty()) options.endpoint = aws::sts_url(options.region);
  while (options.endpoint.ends_with('/')) options.endpoint.pop_back();
  const http::ClientOptions client = http::parse_client_options(options.client_options);
  check_encrypted(options.endpoint, client);
  http::Client sender = make_client(options.transport, client, options.retry);
  const auto asking = std::make_shared<const Asking>(std::move(options), std::move(sender));
  return [asking] { return ask(asking); };
}

AwsCredentialProvider static_aws_credentials(AwsCredential credential) {
  return [credential = std::move(credential)] { return just(credential); };
}

}  // namespace storelink
