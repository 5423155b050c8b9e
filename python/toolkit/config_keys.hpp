// The names of settings as Python sees them. Which settings exist is the core's business.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace storelink::python {

// How the settings of one cloud's stores are called.
struct CloudNames {
  std::string_view class_name;  // "S3Store"
  std::string_view kind;        // ParsedUrl::kind
  std::string_view url;         // what its URLs look like, for messages
  std::string_view bucket;      // the setting that is the first argument of the constructor
  // Of the names that are also environment variables: "aws_". The longest first, as Azure has two.
  std::array<std::string_view, 2> prefixes;
  std::span<const std::pair<std::string_view, std::string_view>> aliases;  // both without prefix
  bool prefix_of_provider = false;  // a credential provider's attribute `prefix` is taken where none is given
};
extern const CloudNames s3_names;
extern const CloudNames gcs_names;
extern const CloudNames azure_names;

// The name under which a setting is kept, and travels to other libraries: lower case, without the cloud's
// prefix, and the same for all aliases ("region" for "AWS_REGION"; "session_token" for "token"). A name that
// nobody knows comes back in the same form.
std::string setting_name(const CloudNames& cloud, std::string_view key);

// Whether a name from setting_name() is that of a client option, which is kept in `client_options` wherever
// it was given: other libraries do not take it back in `config`.
bool is_client_option(std::string_view name);

}  // namespace storelink::python
