// URLs that name stores.
#include "storelink/stores.hpp"

#include <gtest/gtest.h>

#include "support/stores.hpp"

namespace storelink::testing {
namespace {

struct Case {
  const char* url;
  const char* kind;
  const char* bucket;
  const char* path;
  Settings config;
};

TEST(StoreUrl, NamesStoreBucketPathAndSettings) {
  const Settings virtual_hosted = {{"virtual_hosted_style_request", "true"}};
  const Case table[] = {
      {"memory:///", "memory", "", "", {}},
      {"memory:///a/b/", "memory", "", "a/b", {}},
      {"file:///tmp/a%20b", "local", "", "/tmp/a b", {}},
      {"file://localhost/tmp", "local", "", "/tmp", {}},
      {"s3://bucket", "s3", "bucket", "", {}},
      {"S3://Bucket/a/b/", "s3", "Bucket", "a/b", {}},
      {"s3a://b/p%3Fq", "s3", "b", "p?q", {}},
      {"gs://bucket_1/a/b/", "gcs", "bucket_1", "a/b", {}},
      {"https://storage.googleapis.com/b/p/q", "gcs", "b", "p/q", {}},
      {"https://b.c.storage.googleapis.com/p", "gcs", "b.c", "p", {}},
      {"https://s3.eu-west-1.amazonaws.com/b/p", "s3", "b", "p", {{"region", "eu-west-1"}}},
      {"https://s3.amazonaws.com/b", "s3", "b", "", {}},
      {"https://b.s3.amazonaws.com/p", "s3", "b", "p", virtual_hosted},
      {"https://b.c.s3.eu-west-1.amazonaws.com/p",
       "s3",
       "b.c",
       "p",
       {{"virtual_hosted_style_request", "true"}, {"region", "eu-west-1"}}},
      {"https://s3.dualstack.eu-west-1.amazonaws.com/b",
       "s3",
       "b",
       "",
       {{"region", "eu-west-1"}, {"endpoint", "https://s3.dualstack.eu-west-1.amazonaws.com"}}},
      {"https://b.s3.dualstack.eu-west-1.amazonaws.com",
       "s3",
       "b",
       "",
       {{"virtual_hosted_style_request", "true"},
        {"region", "eu-west-1"},
        {"endpoint", "https://s3.dualstack.eu-west-1.amazonaws.com"}}},
      {"https://s3.cn-north-1.amazonaws.com.cn/b", "s3", "b", "", {{"region", "cn-north-1"}}},
      {"https://ACC.r2.cloudflarestorage.com/b/p",
       "s3",
       "b",
       "p",
       {{"region", "auto"}, {"endpoint", "https://acc.r2.cloudflarestorage.com"}}},
      {"https://acc.eu.r2.cloudflarestorage.com/b",
       "s3",
       "b",
       "",
       {{"region", "auto"}, {"endpoint", "https://acc.eu.r2.cloudflarestorage.com"}}},
  };
  for (const Case& expected : table) {
    const ParsedUrl parsed = parse_store_url(expected.url);
    EXPECT_EQ(parsed.kind, expected.kind) << expected.url;
    EXPECT_EQ(parsed.bucket, expected.bucket) << expected.url;
    EXPECT_EQ(parsed.path, expected.path) << expected.url;
    EXPECT_EQ(parsed.config, expected.config) << expected.url;
  }
}

TEST(StoreUrl, OthersAreRefusedNamingWhatIsAccepted) {
  for (const char* url : {"",
                          "bucket/key",
                          "gopher://x",
                          "https://s3.eu-west-1.amazonaws.com",
                          "https://s3.eu-west-1.amazonaws.com/",
                          "https://acc.r2.cloudflarestorage.com/",
                          "https://storage.googleapis.com/",
                          "https://example.com/b?x=1",
                          "https://s3.amazonaws.com:443:1/b",
                          "gs://",
                          "gs://b:80/x",
                          "s3://",
                          "s3:///key",
                          "s3://b:80/x",
                          "memory://host/x",
                          "file://host/x",
                          "file:relative",
                          "s3://b/x?versionId=1",
                          "s3://b/x#y",
                          "s3://user:pass@b/x",
                          "https://user:pass@s3.amazonaws.com/b",
                          "https://.s3.amazonaws.com/b"}) {
    try {
      (void)parse_store_url(url);
      // A bucket of no characters is caught by the store.
      if (std::string_view(url) != "https://.s3.amazonaws.com/b") ADD_FAILURE() << url;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::generic) << url;
      EXPECT_NE(error.message().find("s3://bucket"), std::string::npos) << error.message();
      EXPECT_EQ(error.message().find("pass"), std::string::npos) << error.message();
    }
  }
}

TEST(StoreUrl, OfAzureNamesContainerOrAccountOrBoth) {
  const Settings account = {{"account_name", "acc"}};
  const Settings fabric = {{"account_name", "onelake"}, {"use_fabric_endpoint", "true"}};
  const Case table[] = {
      {"az://cont/a/b", "azure", "cont", "a/b", {}},
      {"adl://cont", "azure", "cont", "", {}},
      {"azure://cont/a%20b/", "azure", "cont", "a b", {}},
      {"abfs://cont/p", "azure", "cont", "p", {}},
      {"abfss://cont@acc.dfs.core.windows.net/p/q", "azure", "cont", "p/q", account},
      {"abfs://cont@acc.blob.core.windows.net", "azure", "cont", "", account},
      {"abfss://My%20Space@onelake.dfs.fabric.microsoft.com/x.Lakehouse/Files", "azure", "My Space",
       "x.Lakehouse/Files", fabric},
      {"https://acc.blob.core.windows.net/cont/p", "azure", "cont", "p", account},
      {"https://acc.dfs.core.windows.net/cont", "azure", "cont", "", account},
      {"https://acc.blob.core.windows.net", "azure", "", "", account},
      {"https://onelake.blob.fabric.microsoft.com/space/item/f", "azure", "space", "item/f", fabric},
      {"https://onelake.dfs.fabric.microsoft.com/", "azure", "", "", fabric},
  };
  for (const Case& expected : table) {
    const ParsedUrl parsed = parse_store_url(expected.url);
    EXPECT_EQ(parsed.kind, expected.kind) << expected.url;
    EXPECT_EQ(parsed.bucket, expected.bucket) << expected.url;
    EXPECT_EQ(parsed.path, expected.path) << expected.url;
    EXPECT_EQ(parsed.config, expected.config) << expected.url;
  }
  for (const char* url : {"az://", "az:///p", "abfss://cont@example.com/p",
                          "abfss://c:pass@acc.dfs.core.windows.net", "az://cont:1/p"}) {
    const Error error = error_of([&] { (void)parse_store_url(url); });
    EXPECT_NE(error.message().find("az://container"), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find("pass@"), std::string::npos) << error.message();
  }
}

TEST(StoreUrl, OfAnyOtherHostIsAWebServers) {
  for (const char* url :
       {"https://example.com/b", "http://user:pass@example.com:8080/a%20b/", "https://example.com",
        "http://s3.eu-west-1.amazonaws.com/b", "https://s3.eu-west-1.amazonaws.com:8443/b",
        "https://ec2.eu-west-1.amazonaws.com/b", "https://amazonaws.com/b",
        "https://notstorage.googleapis.com/b", "https://.storage.googleapis.com/b",
        "https://blob.core.windows.net/c", "https://acc.table.core.windows.net/c",
        "https://acc.blob.core.windows.net:8443/c"}) {
    const ParsedUrl parsed = parse_store_url(url);
    EXPECT_EQ(parsed.kind, "http") << url;
    EXPECT_EQ(parsed.bucket + parsed.path, "") << url;
    EXPECT_EQ(parsed.config, (Settings{{"url", url}})) << url;
  }
}

TEST(OpenUrl, OfAWebServerTakesClientOptionsOnly) {
  EXPECT_EQ(open_url("https://user:pass@example.com/b")->describe(),
            "HTTPStore(url=\"https://example.com/b\")");
  EXPECT_EQ(open_url("http://example.com", {{"allow_http", "true"}}, {{"timeout", "5s"}})->describe(),
            "HTTPStore(url=\"http://example.com/\")");
  EXPECT_EQ(kind_thrown([&] { open_url("http://example.com"); }), ErrorKind::generic);
  EXPECT_EQ(kind_thrown([&] { open_url("https://example.com", {{"bucket", "x"}}); }),
            ErrorKind::unknown_config_key);
}

TEST(OpenUrl, OfAzureNeedsAnAccountAndAContainerFromUrlOrSettings) {
  const Settings key = {{"account_key", "c2VjcmV0"}};
  EXPECT_EQ(open_url("abfss://cont@acc.dfs.core.windows.net", key)->describe(),
            "AzureStore(container_name=\"cont\", account_name=\"acc\")");
  Settings config = key;
  config.emplace_back("azure_storage_account_name", "other");
  config.emplace_back("container_name", "named");
  EXPECT_EQ(open_url("https://acc.blob.core.windows.net", config)->describe(),
            "AzureStore(container_name=\"named\", account_name=\"other\")");
  EXPECT_EQ(kind_thrown([&] { open_url("az://cont", key); }), ErrorKind::generic);
}

TEST(OpenUrl, MakesStoresWithThePathAsPrefix) {
  const auto memory = open_url("memory:///a");
  memory->put("b/c", Bytes::copy("x"));
  EXPECT_EQ(paths(memory->list()), (std::vector<std::string>{"b/c"}));

  const std::string directory = temporary_directory();
  open_url("file://" + directory)->put("k", Bytes::copy("x"));
  EXPECT_EQ(paths(open_url("file://" + directory)->list()), (std::vector<std::string>{"k"}));

  const Settings keys = {{"access_key_id", "a"}, {"secret_access_key", "b"}};
  EXPECT_EQ(open_url("s3://b", keys)->describe(), "S3Store(bucket=\"b\")");
  EXPECT_EQ(open_url("s3://b/p/q", keys)->describe(), "PrefixStore(S3Store(bucket=\"b\"), prefix=\"p/q\")");
}

TEST(OpenUrl, MakesStoresOnGoogleCloudStorage) {
  const Settings token = {{"bearer_token", "t"}};
  EXPECT_EQ(open_url("gs://b/p", token)->describe(), "PrefixStore(GCSStore(bucket=\"b\"), prefix=\"p\")");
  EXPECT_EQ(kind_thrown([&] { open_url("gs://b", {{"region", "x"}}); }), ErrorKind::unknown_config_key);
}

TEST(OpenUrl, GivenSettingsWinOverTheUrl) {
  const Settings keys = {{"access_key_id", "a"}, {"secret_access_key", "b"}};
  Settings config = keys;
  config.emplace_back("AWS_REGION", "eu-west-9");
  const auto store = open_url("https://b.s3.eu-west-1.amazonaws.com", config);
  EXPECT_TRUE(store->sign(SignRequest("GET", "k", std::chrono::seconds(1)))
                  .starts_with("https://b.s3.eu-west-9.amazonaws.com/k?"));
  config = keys;
  config.emplace_back("bucket", "z");
  EXPECT_EQ(open_url("s3://b", config)->describe(), "S3Store(bucket=\"z\")");
}

TEST(OpenUrl, SettingsThatDoNotFitAreErrors) {
  EXPECT_EQ(kind_thrown([] { open_url("memory:///", {{"region", "x"}}); }), ErrorKind::unknown_config_key);
  EXPECT_EQ(kind_thrown([] { open_url("s3://b", {{"regionn", "x"}}); }), ErrorKind::unknown_config_key);
  EXPECT_EQ(kind_thrown([] { open_url("s3://b", {}, {{"timeoutt", "x"}}); }), ErrorKind::unknown_config_key);
}

}  // namespace
}  // namespace storelink::testing
