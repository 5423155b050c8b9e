// Which credentials a store uses: application default credentials, tokens of users, the metadata server.
//
// Sources: "How Application Default Credentials works" and "View and query VM metadata" in the Google Cloud
// documentation; RFC 6749, section 6 (refresh tokens).
#pragma once

#include <optional>
#include <string>

#include "cloud/gcs/gcs_config.hpp"
#include "cloud/token.hpp"

namespace storelink::cloud::gcs {

struct Credentials {
  Credentials() {}
  TokenSource tokens;  // null: requests go as they are
  // Who signs URLs: the account's e-mail address, and its key; without a key Google signs (signBlob).
  TokenSource email;
  std::optional<codec::RsaKey> key;
  std::string cannot_sign;  // why URLs cannot be signed; empty where they can
};

// The first there is of: the credential provider; none for an anonymous store; a bearer token; a service
// account; the file "google_application_credentials" or, with the environment, the one that gcloud writes;
// the metadata server, which with the environment GCE_METADATA_HOST (or GCE_METADATA_ROOT) and
// GCE_METADATA_IP name. Reads files. Throws Error(generic) for a file that cannot be used.
Credentials find_credentials(const GcsConfig& config, const GcsOptions& options, const http::Client& client);

}  // namespace storelink::cloud::gcs
