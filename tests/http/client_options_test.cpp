// Client options: what their values may be, and what is said about others.
#include "http/client_options.hpp"

#include <gtest/gtest.h>

#include "support/kind_thrown.hpp"

namespace storelink::http {
namespace {

using testing::error_of;

TEST(ClientOptions, ValuesOfAnotherFormAreRefusedWithTheAcceptedOne) {
  const std::vector<std::pair<std::string_view, std::vector<std::string>>> wrong = {
      {"accepted are true and false",
       {"allow_http", "allow_invalid_certificates", "http1_only", "http2_only", "disable_system_certificates",
        "http2_keep_alive_while_idle", "randomize_addresses"}},
      {"accepted is a time",
       {"connect_timeout", "http2_keep_alive_interval", "http2_keep_alive_timeout", "pool_idle_timeout",
        "read_timeout", "timeout"}},
      {"accepted is a number", {"http2_max_frame_size", "pool_max_idle_per_host"}},
      {"holds no PEM certificate", {"proxy_ca_certificate", "root_certificate"}},
      {"accepted is \"name: value\"", {"default_headers"}},
  };
  for (const auto& [accepted, names] : wrong) {
    for (const std::string& name : names) {
      for (const std::string value : {"perhaps", "-1", ""}) {
        if (name == "default_headers" && value.empty()) continue;  // no headers
        const Error error = error_of([&] { (void)parse_client_options({{name, value}}); });
        EXPECT_EQ(error.kind(), ErrorKind::generic) << name;
        EXPECT_NE(error.message().find("client option " + name), std::string::npos) << error.message();
        EXPECT_NE(error.message().find(accepted), std::string::npos) << error.message();
      }
    }
  }
}

TEST(ClientOptions, AFrameHasASizeThatHttp2Allows) {
  for (const char* size : {"16384", "16777215"})
    EXPECT_EQ(parse_client_options({{"http2_max_frame_size", size}}).http2_max_frame_size, std::stoul(size));
  for (const char* size : {"0", "16383", "16777216"}) {
    const Error error = error_of([&] { (void)parse_client_options({{"http2_max_frame_size", size}}); });
    EXPECT_NE(error.message().find("from 16384 to 16777215"), std::string::npos) << error.message();
  }
}

TEST(ClientOptions, NamesAreTakenInAnyCaseAndOnce) {
  EXPECT_TRUE(parse_client_options({{"Allow_HTTP", "true"}}).allow_http);
  const Error twice = error_of([] { (void)parse_client_options({{"timeout", "1s"}, {"TIMEOUT", "2s"}}); });
  EXPECT_NE(twice.message().find("timeout was given twice"), std::string::npos) << twice.message();
  const Error unknown = error_of([] { (void)parse_client_options({{"conect_timeout", "1s"}}); });
  EXPECT_EQ(unknown.kind(), ErrorKind::unknown_config_key);
  EXPECT_NE(unknown.message().find("\"connect_timeout\""), std::string::npos) << unknown.message();
}

TEST(ClientOptions, OnlyOneVersionOfHttpCanBeTheOnlyOne) {
  const Error error =
      error_of([] { (void)parse_client_options({{"http2_only", "true"}, {"http1_only", "true"}}); });
  EXPECT_NE(error.message().find("exclude each other"), std::string::npos) << error.message();
  EXPECT_FALSE(parse_client_options({{"http2_only", "true"}}).http1_only);
}

}  // namespace
}  // namespace storelink::http
