// Where AWS credentials come from that were not given: services near the program, and tokens in files.
//
// Sources: "AssumeRoleWithWebIdentity" in the AWS STS API reference; "Container credential provider" in the
// AWS SDKs and tools reference; "Use IMDSv2" and "Retrieve security credentials from instance metadata" in
// the Amazon EC2 user guide.
//
// The providers read their files each time they are asked, since those are replaced from outside, and may
// outlive the store. Errors: unauthenticated or permission_denied where a service refuses, generic for files
// that cannot be read and answers that are none.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "http/client.hpp"
#include "storelink/stores.hpp"

namespace storelink::cloud::aws {

// A role assumed with a token in a file, as in a Kubernetes pod with a service account.
struct WebIdentity {
  WebIdentity() {}
  std::string token_file, role_arn, session_name;
  std::string sts_url;
};

// A server in the same host: that of ECS, or of EKS, which wants a token.
struct ContainerSource {
  ContainerSource() {}
  std::string url;
  std::string token_file;  // empty: no token
};

// The instance metadata service of EC2.
struct InstanceSource {
  InstanceSource() {}
  std::string endpoint = "http://169.254.169.254";  // without "/" at its end
  bool imdsv1_fallback = false;                     // asks without a session token where it gets none
};

// The first: keys, a provider or nothing at all.
using AwsSource = std::variant<std::monostate, WebIdentity, ContainerSource, InstanceSource>;

// The address of STS in a region, without "/" at its end.
std::string sts_url(const std::string& region);

// `https` anywhere, `http` only to this host and to the addresses that ECS and EKS have: it carries
// credentials.
bool is_container_url(std::string_view url);

// Whether the source is a service of the host, to be asked by a metadata_client().
bool is_near(const AwsSource& source);

// Nothing for std::monostate.
AwsCredentialProvider source_credentials(const AwsSource& source, const http::Client& client);

// AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN; each empty where it is not set.
AwsCredential environment_keys();

// The region that the machine is in, from its metadata service.
Task<std::string> instance_region_async(http::Client client, InstanceSource instance);

// {"AccessKeyId": …, "SecretAccessKey": …, `token_member`: …, "Expiration": RFC 3339}; the last two may be
// missing. Throws Error(generic); `what` names the document.
AwsCredential parse_json_credential(std::string_view text, const std::string& what,
                                    std::string_view token_member);

}  // namespace storelink::cloud::aws
