#include "cloud/webdav/webdav_config.hpp"

#include <fmt/format.h>

#include "cloud/config_values.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"

namespace storelink::cloud::webdav {

WebDavConfig parse_webdav_config(const HttpOptions& options) {
  const codec::Url url = codec::parse_url(codec::trim(options.url));
  const bool is_web = url.scheme == "http" || url.scheme == "https";
  if (!is_web || !url.query.empty() || !url.fragment.empty()) {
    refuse_config(fmt::format(
        "the URL is {:?}; accepted is one with http or https, without query and fragment, such as "
        "\"https://example.com/data\"",
        codec::redact_url(options.url)));
  }
  if (url.user.find(':') != std::string::npos)
    refuse_config("the URL's user has a colon in it, which Basic authentication cannot carry");
  WebDavConfig config;
  config.origin = fmt::format("{}://{}", url.scheme, url.authority());
  config.path = url.path.empty() ? "/" : codec::encode_unprintable(url.path);
  config.user = url.user;
  config.password = url.password;
  config.client = http::parse_client_options(options.client_options);
  check_encrypted(config.origin, config.client);
  return config;
}

}  // namespace storelink::cloud::webdav
