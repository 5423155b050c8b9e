// The names of settings as Python sees them: lower case, without the "aws_" of the environment variables.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace storelink::python {

// The name under which an S3 setting is kept and travels to other libraries ("region" for "AWS_REGION" and
// "aws_region"), or nothing if there is no such setting. Any case.
std::optional<std::string> s3_setting_name(std::string_view key);

// The name of a client option, or nothing if there is no such option. Any case; "aws_allow_http" is one, too.
std::optional<std::string> client_option_name(std::string_view key);

// `config key "regionn" is not known … did you mean "region"?` for an unknown S3 setting or client option.
std::string unknown_s3_setting(std::string_view key);
std::string unknown_client_option(std::string_view key);

}  // namespace storelink::python
