// AWS credentials that a store takes only when it is told to: S3Options::credential_provider = one of these,
// or the setting "aws_profile", which stands for aws_profile_credentials().
//
// The providers are asked before their credentials expire and may outlive what made them. Files are read each
// time, on a thread of the pool. Errors, thrown by the request that needs the credentials: unauthenticated or
// permission_denied where a service refuses (with its words) and for tokens that have expired; generic for
// files, settings and answers that cannot be used. No message has a secret.
#pragma once

#ifdef STORELINK_RUNTIME
#error \
    "storelink/aws_credentials.hpp is of the linked library: build with storelink_add_module(<name> EMBED <source>...)"
#endif

#include "storelink/stores.hpp"

namespace storelink {

struct AwsRoleOptions {
  AwsRoleOptions() {}
  std::string role_arn;          // "arn:aws:iam::123456789012:role/reader"
  AwsCredentialProvider source;  // who assumes the role
  std::string session_name = "storelink";
  std::string external_id;           // as the role's trust policy may want it; empty: none
  std::string region = "us-east-1";  // of the token service
  std::string endpoint;              // its URL; empty: the region's. http needs the client option allow_http
  std::chrono::seconds duration = std::chrono::hours(1);  // 15 minutes to 12 hours, as the role allows
  Settings client_options;
  RetryConfig retry;
  std::shared_ptr<Transport> transport;  // null: libcurl with `client_options`
};
// A role, assumed with the credentials that `source` gives (AWS STS AssumeRole, signed with SigV4).
// Throws Error(generic) at once where the role or the source is missing, or the duration is out of bounds.
AwsCredentialProvider aws_role_credentials(AwsRoleOptions options);

// Credentials that stay as they are: a source for aws_role_credentials().
AwsCredentialProvider static_aws_credentials(AwsCredential credential);

struct AwsProfileOptions {
  AwsProfileOptions() {}
  std::string profile;               // empty: AWS_PROFILE, then "default"
  std::string config_file;           // empty: AWS_CONFIG_FILE, then ~/.aws/config
  std::string credentials_file;      // empty: AWS_SHARED_CREDENTIALS_FILE, then ~/.aws/credentials
  std::string region = "us-east-1";  // of the token service where the profile names none
  std::string sts_endpoint;          // the token service's URL; empty: the region's
  Settings client_options;
  RetryConfig retry;
  std::shared_ptr<Transport> transport;  // null: libcurl with `client_options`; also for services of the host
};
// A profile of the files that the AWS command line shares with the SDKs ("Shared config and credentials
// files" in the AWS SDKs and tools reference). What both files say of a profile, the credentials file says.
// By the first that the profile has of:
//   role_arn with source_profile (another profile or itself, with keys) or credential_source (Environment,
//     Ec2InstanceMetadata, EcsContainer); also role_session_name, external_id, duration_seconds;
//   role_arn with web_identity_token_file;
//   sso_session (or sso_start_url) with sso_account_id and sso_role_name: the token that "aws sso login" left
//     in ~/.aws/sso/cache. That of an sso_session is renewed when it has less than five minutes left
//     (CreateToken of the SSO OIDC service), and the file replaced, with mode 0600. Where that fails, an old
//     token that is still valid is used;
//   aws_access_key_id with aws_secret_access_key, and aws_session_token;
//   credential_process: a program, run without a shell for at most a minute, that writes JSON of Version 1.
// mfa_serial is not_implemented, since nobody can be asked for a code: take the role by the AWS command line,
// and keep what it prints in a profile. Variables that hold credentials are read for "Environment" alone.
// Throws nothing until it is asked.
AwsCredentialProvider aws_profile_credentials(AwsProfileOptions options = AwsProfileOptions());

}  // namespace storelink
