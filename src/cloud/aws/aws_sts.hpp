// Requests to AWS STS, version 2011-06-15, and its answers.
#pragma once

#include <string_view>

#include "cloud/token.hpp"

namespace storelink::cloud::aws {

// `url` without "/" at its end. An action that gives credentials for a while; `fields` are its other
// parameters. Unsigned.
HttpRequest sts_request(const std::string& url, std::string_view action, std::chrono::seconds duration,
                        const codec::QueryItems& fields);

// Sends it and reads the <Credentials> of the answer. Throws as send_to_token_service_async() does, and
// Error(generic) for an answer that is none.
Task<AwsCredential> ask_sts_async(http::Client client, HttpRequest request);

// The <Credentials> of an answer. Throws Error(generic) without both keys and their expiry; `what` names it.
AwsCredential parse_xml_credential(std::string_view text, std::string_view what);

}  // namespace storelink::cloud::aws
