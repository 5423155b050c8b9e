// Settings: names, addresses, the environment, and that secrets stay out of messages.
#include "cloud/azure/azure_config.hpp"

#include <cstdlib>

#include "cloud/azure_fixture.hpp"
#include "codec/digest.hpp"

namespace storelink::testing {
namespace {

using cloud::azure::AzureConfig;
using cloud::azure::CredentialType;
using cloud::azure::parse_azure_config;

class AzureSettings : public ::testing::Test {
 protected:
  void TearDown() override {
    for (const std::string& name : variables_) ::unsetenv(name.c_str());
  }
  void set_variable(const std::string& name, const std::string& value) {
    variables_.push_back(name);
    ::setenv(name.c_str(), value.c_str(), 1);
  }
  static AzureOptions options(Settings config) { return fake_azure_options(nullptr, std::move(config)); }
  static AzureConfig parse(Settings config) { return parse_azure_config(options(std::move(config))); }
  static AzureConfig parse_with_environment(Settings config = {}) {
    AzureOptions made = options(std::move(config));
    made.read_environment = true;
    return parse_azure_config(made);
  }
  static Error refusal(Settings config) {
    return error_of([&] { parse(std::move(config)); });
  }

 private:
  std::vector<std::string> variables_;
};

TEST_F(AzureSettings, EveryRowOfTheTableIsKnownUnderItsNames) {
  EXPECT_EQ(cloud::azure::azure_config_keys().size(), 25U);
  for (const auto& key : cloud::azure::azure_config_keys()) {
    EXPECT_TRUE(key.name.starts_with("azure_"));
    EXPECT_EQ(cloud::find_config_key(cloud::azure::azure_config_keys(), key.name), &key);
  }
  for (const char* key : {"azure_storage_account_key", "azure_storage_access_key", "azure_storage_master_key",
                          "master_key", "account_key", "ACCESS_KEY"})
    EXPECT_EQ(parse({{key, azure_key}}).fixed.access_key, azure_key) << key;
  for (const char* key : {"azure_storage_tenant_id", "azure_storage_authority_id", "azure_tenant_id",
                          "azure_authority_id", "tenant_id", "authority_id"})
    EXPECT_EQ(parse({{key, "t"}}).tokens.tenant_id, "t") << key;
}

TEST_F(AzureSettings, AddressesFollowAccountContainerAndEndpoint) {
  const std::pair<Settings, const char*> table[] = {
      {{}, "https://acc.blob.core.windows.net/cont/"},
      {{{"use_fabric_endpoint", "true"}}, "https://acc.blob.fabric.microsoft.com/cont/"},
      {{{"endpoint", "https://acc.blob.core.chinacloudapi.cn/"}},
       "https://acc.blob.core.chinacloudapi.cn/cont/"},
      {{{"endpoint", "http://localhost:1/acc"}, {"allow_http", "true"}}, "http://localhost:1/acc/cont/"},
      {{{"use_emulator", "true"}}, "http://127.0.0.1:10000/acc/cont/"},
      {{{"use_emulator", "true"}, {"endpoint", "http://azurite:7"}}, "http://azurite:7/acc/cont/"},
  };
  for (const auto& [config, url] : table) EXPECT_EQ(parse(config).container_url, url);
}

TEST_F(AzureSettings, TheEmulatorHasItsOwnAccountAndKey) {
  AzureOptions made = options({{"use_emulator", "true"}});
  made.config.erase(made.config.begin());
  const AzureConfig config = parse_azure_config(made);
  EXPECT_EQ(config.account, "devstoreaccount1");
  EXPECT_EQ(config.credentials, CredentialType::access_key);
  EXPECT_EQ(config.container_url, "http://127.0.0.1:10000/devstoreaccount1/cont/");
  EXPECT_TRUE(config.client.allow_http);
  set_variable("AZURITE_BLOB_STORAGE_URL", "http://azurite:10000");
  made.read_environment = true;
  EXPECT_EQ(parse_azure_config(made).service_url, "http://azurite:10000/devstoreaccount1/");
}

TEST_F(AzureSettings, AnAccountAndAContainerAreNeeded) {
  AzureOptions made = options({});
  made.config.clear();
  Error error = error_of([&] { parse_azure_config(made); });
  EXPECT_NE(error.message().find("azure_storage_account_name"), std::string::npos) << error.message();
  for (const char* name : {"", "ab", "Abc", "a_b", "a/b", "-ab"}) {
    made = options({});
    made.container = name;
    error = error_of([&] { parse_azure_config(made); });
    EXPECT_EQ(error.kind(), ErrorKind::generic) << name;
    EXPECT_NE(error.message().find("container"), std::string::npos) << error.message();
  }
  for (const char* name : {"$root", "$web", "abc", "a-1"}) {
    made.container = name;
    EXPECT_EQ(parse_azure_config(made).container, name);
  }
  made = options({{"use_fabric_endpoint", "true"}});
  made.container = "My Workspace";
  EXPECT_EQ(parse_azure_config(made).container_url, "https://acc.blob.fabric.microsoft.com/My%20Workspace/");
}

TEST_F(AzureSettings, CredentialsAreChosenInAFixedOrder) {
  const Settings fabric = {{"fabric_token_service_url", "https://f/t"},
                           {"fabric_workload_host", "h"},
                           {"fabric_session_token", "s"},
                           {"fabric_cluster_identifier", "c"}};
  const Settings identity = {{"client_id", "i"}, {"tenant_id", "t"}};
  const auto all_of = [](std::initializer_list<Settings> parts) {
    Settings all;
    for (const Settings& part : parts) all.insert(all.end(), part.begin(), part.end());
    return all;
  };
  const Settings token = {{"token", "t"}}, key = {{"account_key", azure_key}}, sas = {{"sas_key", "sig=x"}},
                 secret = {{"client_secret", "s"}}, file = {{"federated_token_file", "/f"}},
                 cli = {{"use_azure_cli", "true"}};
  const std::pair<Settings, CredentialType> table[] = {
      {all_of({cli, sas, file, secret, identity, key, fabric, token}), CredentialType::bearer_token},
      {all_of({cli, sas, file, secret, identity, key, fabric}), CredentialType::fabric},
      {all_of({cli, sas, file, secret, identity, key}), CredentialType::access_key},
      {all_of({cli, sas, file, secret, identity}), CredentialType::client_secret},
      {all_of({cli, sas, file, identity}), CredentialType::workload_identity},
      {all_of({cli, sas, file}), CredentialType::sas_token},
      {all_of({cli, file}), CredentialType::azure_cli},
      {{}, CredentialType::managed_identity},
      {all_of({token, {{"skip_signature", "true"}}}), CredentialType::anonymous},
      {all_of({token, key, {{"credential_type", "access_key"}}}), CredentialType::access_key},
      {all_of({token, {{"credential_type", "Managed_Identity"}}}), CredentialType::managed_identity},
      {all_of({token, {{"credential_type", "azure_cli"}}}), CredentialType::azure_cli},
  };
  for (const auto& [config, type] : table) EXPECT_EQ(parse(config).credentials, type);
}

TEST_F(AzureSettings, ATypeThatIsNamedNeedsItsSettings) {
  const Error error = refusal({{"credential_type", "client_secret"}, {"client_secret", "hush"}});
  EXPECT_NE(error.message().find("\"azure_storage_client_id\""), std::string::npos) << error.message();
  EXPECT_NE(refusal({{"credential_type", "magic"}}).message().find("\"workload_identity\""),
            std::string::npos);
}

TEST_F(AzureSettings, WhatIsGivenComesBeforeTheEnvironment) {
  set_variable("AZURE_STORAGE_TOKEN", "from-environment");
  set_variable("AZURE_TENANT_ID", "tenant");
  set_variable("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token");
  set_variable("IDENTITY_HEADER", "identity-header");
  set_variable("AZURE_ALLOW_HTTP", "true");
  const AzureConfig config = parse_with_environment();
  EXPECT_EQ(config.credentials, CredentialType::bearer_token);
  EXPECT_EQ(config.fixed.bearer_token, "from-environment");
  EXPECT_EQ(config.tokens.tenant_id, "tenant");
  const AzureConfig machine = parse_with_environment({{"credential_type", "managed_identity"}});
  EXPECT_EQ(machine.tokens.msi_endpoint, "http://localhost:42356/msi/token");
  EXPECT_EQ(machine.tokens.identity_header, "identity-header");
  EXPECT_TRUE(config.client.allow_http);
  EXPECT_EQ(parse_with_environment({{"account_key", azure_key}}).credentials, CredentialType::access_key);
  EXPECT_EQ(parse({}).credentials, CredentialType::managed_identity) << "the environment is not read";
}

TEST_F(AzureSettings, AddressesOfTokenServicesAreLookedAtOnlyWhereTheyAreNeeded) {
  // Other programs take it without "https://".
  set_variable("AZURE_AUTHORITY_HOST", "login.microsoftonline.com");
  EXPECT_EQ(parse_with_environment({{"account_key", azure_key}}).credentials, CredentialType::access_key);
  const Error error = error_of(
      [&] { parse_with_environment({{"client_secret", "s"}, {"client_id", "i"}, {"tenant_id", "t"}}); });
  EXPECT_NE(error.message().find("AZURE_AUTHORITY_HOST"), std::string::npos) << error.message();
}

TEST_F(AzureSettings, BadValuesNameTheKeyAndWhatIsAccepted) {
  const std::tuple<const char*, const char*, const char*> table[] = {
      {"account_key", "no base64!", "base64"},     {"sas_key", "sv=1", "sig="},
      {"encryption_key", "c2hvcnQ=", "32 bytes"},  {"endpoint", "localhost", "https"},
      {"use_emulator", "maybe", "true and false"}, {"token", "a b", "printable"},
      {"account_name", "a/b", "lower-case"},
  };
  for (const auto& [key, value, accepted] : table) {
    AzureOptions made = options({{key, value}});
    if (std::string_view(key) == "account_name") made.config.erase(made.config.begin());
    const Error error = error_of([&] { parse_azure_config(made); });
    EXPECT_EQ(error.kind(), ErrorKind::generic) << key;
    EXPECT_NE(error.message().find(key), std::string::npos) << error.message();
    EXPECT_NE(error.message().find(accepted), std::string::npos) << error.message();
  }
  const Error error = refusal({{"acount_key", "hush"}});
  EXPECT_EQ(error.kind(), ErrorKind::unknown_config_key);
  EXPECT_NE(error.message().find("account_key"), std::string::npos);
}

TEST_F(AzureSettings, MessagesHoldNoSecrets) {
  const Settings bad[] = {
      {{"account_key", "open sesame"}},
      {{"sas_token", "sv=sesame"}},
      {{"token", "open sesame"}},
      {{"encryption_key", "sesame"}},
      {{"endpoint", "https://user:sesame@host"}},
      {{"client_secret", "sesame"}, {"credential_type", "client_secret"}},
  };
  for (const Settings& config : bad) {
    const Error error = refusal(config);
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    EXPECT_EQ(std::string(error.what()).find("sesame"), std::string::npos) << error.what();
  }
}

TEST_F(AzureSettings, PlainHttpNeedsPermissionUnlessItIsTheEmulators) {
  EXPECT_NE(refusal({{"endpoint", "http://localhost:1"}}).message().find("allow_http"), std::string::npos);
  const std::string key = codec::base64_encode(std::string(32, 'k'));
  EXPECT_NE(refusal({{"use_emulator", "true"}, {"encryption_key", key}}).message().find("https"),
            std::string::npos)
      << "a customer's key never goes over http";
}

}  // namespace
}  // namespace storelink::testing
