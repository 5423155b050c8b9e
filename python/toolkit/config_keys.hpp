// The names of settings as Python sees them. Which settings exist is the core's business.
#pragma once

#include <string>
#include <string_view>

namespace storelink::python {

// The name under which an S3 setting is kept, and travels to other libraries: lower case, without "aws_", and
// the same for all aliases ("region" for "AWS_REGION"; "session_token" for "token"). A name that nobody knows
// comes back in the same form.
std::string s3_setting_name(std::string_view key);

// Whether a name from s3_setting_name() is that of a client option, which is kept in `client_options`
// wherever it was given: other libraries do not take it back in `config`.
bool is_client_option(std::string_view name);

}  // namespace storelink::python
