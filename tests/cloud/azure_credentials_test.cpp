// Where credentials come from: the exact requests to token services, and how what they gave is put on
// requests.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "cloud/azure_fixture.hpp"
#include "cloud/signer.hpp"
#include "codec/digest.hpp"
#include "support/stores.hpp"

namespace storelink::testing {
namespace {

class AzureCredentials : public FakeAzure {
 protected:
  // The request that a get makes first, when its answer is `token_answer`; the second must have the token.
  HttpRequest token_request(Settings settings, const std::string& answer = default_answer,
                            const std::string& token = "t0k.en") {
    store = make(std::move(settings));
    transport->reply(200, answer).reply(200, "x", object_headers(1));
    const std::size_t before = transport->count();
    EXPECT_EQ(store->get("k").view(), "x");
    EXPECT_EQ(transport->count(), before + 2);
    EXPECT_EQ(header(transport->last(), "authorization"), "Bearer " + token);
    return transport->requests().at(before);
  }
  static std::string write_file(const std::string& name, const std::string& text) {
    const std::string path = temporary_directory() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }
  static constexpr const char* default_answer =
      R"({"token_type": "Bearer", "expires_in": 3599, "access_token": "t0k.en"})";
};

TEST_F(AzureCredentials, AClientSecretIsTradedForAToken) {
  const HttpRequest sent =
      token_request({{"client_id", "id"}, {"client_secret", "s&cret"}, {"tenant_id", "tenant"}});
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "https://login.microsoftonline.com/tenant/oauth2/v2.0/token");
  EXPECT_EQ(header(sent, "content-type"), "application/x-www-form-urlencoded");
  EXPECT_EQ(sent.body.view(),
            "client_id=id&client_secret=s%26cret&scope=https%3A%2F%2Fstorage.azure.com%2F.default"
            "&grant_type=client_credentials");
  transport->reply(200, "y", object_headers(1));
  store->get("k");
  EXPECT_EQ(transport->count(), 3U) << "the token is kept";
}

TEST_F(AzureCredentials, AFederatedTokenIsReadAnewForEachToken) {
  const std::string file = write_file("token", "eyJ.first.sig\n");
  const HttpRequest sent = token_request({{"client_id", "id"},
                                          {"tenant_id", "tenant"},
                                          {"federated_token_file", file},
                                          {"authority_host", "https://login.microsoftonline.us/"}},
                                         R"({"access_token": "t0k.en", "expires_in": 1})");
  EXPECT_EQ(sent.url, "https://login.microsoftonline.us/tenant/oauth2/v2.0/token");
  EXPECT_EQ(
      sent.body.view(),
      "client_id=id&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer"
      "&client_assertion=eyJ.first.sig&scope=https%3A%2F%2Fstorage.azure.com%2F.default"
      "&grant_type=client_credentials");
  std::ofstream(file) << "eyJ.second.sig";
  transport->reply(200, default_answer).reply(200, "y", object_headers(1));
  store->get("k");
  EXPECT_NE(transport->requests().at(2).body.view().find("client_assertion=eyJ.second.sig&"),
            std::string::npos);
}

TEST_F(AzureCredentials, AMissingFederatedTokenNamesTheFile) {
  store = make({{"client_id", "id"}, {"tenant_id", "t"}, {"federated_token_file", "/missing/token"}});
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_NE(error.message().find("/missing/token"), std::string::npos) << error.message();
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(AzureCredentials, AManagedIdentityIsAskedForAtTheMachinesEndpoint) {
  const std::string answer = R"({"access_token": "t0k.en", "expires_on": "4102444800", "resource": "r"})";
  const std::string start =
      "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01"
      "&resource=https%3A%2F%2Fstorage.azure.com";
  HttpRequest sent = token_request({}, answer);
  EXPECT_EQ(sent.method, "GET");
  EXPECT_EQ(sent.url, start);
  EXPECT_EQ(header(sent, "metadata"), "true");
  EXPECT_EQ(header(sent, "x-identity-header"), "(none)");
  EXPECT_EQ(token_request({{"client_id", "c"}}, answer).url, start + "&client_id=c");
  EXPECT_EQ(token_request({{"object_id", "o"}, {"client_id", "c"}}, answer).url, start + "&object_id=o");
  EXPECT_EQ(token_request({{"msi_resource_id", "/m"}}, answer).url, start + "&msi_res_id=%2Fm");
  EXPECT_TRUE(token_request({{"msi_endpoint", "http://localhost:9/t"}}, answer)
                  .url.starts_with("http://localhost:9/t?api-version=2018-02-01&"));
}

TEST_F(AzureCredentials, AppServiceHasAnEndpointAndAHeaderOfItsOwn) {
  ::setenv("IDENTITY_ENDPOINT", "http://localhost:42356/msi/token", 1);
  ::setenv("IDENTITY_HEADER", "853b9a84", 1);
  AzureOptions options = fake_azure_options(transport, {{"msi_resource_id", "/m"}});
  options.read_environment = true;
  store = make_azure_store(std::move(options));
  ::unsetenv("IDENTITY_ENDPOINT");
  ::unsetenv("IDENTITY_HEADER");
  transport->reply(200, default_answer).reply(200, "x", object_headers(1));
  store->get("k");
  const HttpRequest sent = transport->requests().at(0);
  EXPECT_EQ(sent.url,
            "http://localhost:42356/msi/token?api-version=2019-08-01"
            "&resource=https%3A%2F%2Fstorage.azure.com&mi_res_id=%2Fm");
  EXPECT_EQ(header(sent, "x-identity-header"), "853b9a84");
}

TEST_F(AzureCredentials, WithoutAnyTheMessageSaysSo) {
  store = make({});
  transport->reply(400, R"({"error": "invalid_request", "error_description": "Identity not found"})");
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_NE(error.message().find("set other Azure credentials"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("Identity not found"), std::string::npos) << error.message();
}

TEST_F(AzureCredentials, FabricsTokenServiceAnswersWithTheTokenAlone) {
  // {"exp": 4102444800}
  const std::string token = "eyJhbGciOiJub25lIn0.eyJleHAiOiA0MTAyNDQ0ODAwfQ.c2ln";
  const HttpRequest sent = token_request({{"fabric_token_service_url", "https://fabric/token"},
                                          {"fabric_workload_host", "host"},
                                          {"fabric_session_token", "session"},
                                          {"fabric_cluster_identifier", "cluster"}},
                                         token, token);
  EXPECT_EQ(sent.url, "https://fabric/token?resource=https%3A%2F%2Fstorage.azure.com");
  EXPECT_EQ(own_headers(sent),
            (std::vector<std::string>{"x-ms-cluster-identifier=cluster", "x-ms-partner-token=session",
                                      "x-ms-proxy-host=host", "x-ms-workload-resource-moniker=cluster"}));
  transport->reply(200, "y", object_headers(1));
  store->get("k");
  EXPECT_EQ(transport->count(), 3U) << "valid as long as the token says";
}

class AzureCli : public AzureCredentials {
 protected:
  // Puts a program `az` in front of PATH.
  void install(const std::string& script) {
    const std::string directory = temporary_directory();
    std::ofstream(directory + "/az") << "#!/bin/sh\n" << script;
    std::filesystem::permissions(directory + "/az", std::filesystem::perms::owner_all);
    ::setenv("PATH", (directory + ":" + path_).c_str(), 1);
    store = make({{"use_azure_cli", "true"}});
  }
  void TearDown() override { ::setenv("PATH", path_.c_str(), 1); }
  std::string authorization() {
    transport->reply(200, "x", object_headers(1));
    store->get("k");
    return header(transport->last(), "authorization");
  }
  const std::string path_ = std::getenv("PATH");
};

TEST_F(AzureCli, TheProgramIsRunWithItsArguments) {
  install(R"(echo "{\"accessToken\": \"t-$#-$1-$2-$4-$6\", \"expires_on\": 4102444800}")");
  EXPECT_EQ(authorization(), "Bearer t-6-account-get-access-token-json-https://storage.azure.com/.default");
}

TEST_F(AzureCli, OlderVersionsGiveALocalTimeOnly) {
  install(R"(echo '{"accessToken": "t", "expiresOn": "2100-01-01 00:00:00.000000"}')");
  EXPECT_EQ(authorization(), "Bearer t");
  EXPECT_EQ(authorization(), "Bearer t");
}

TEST_F(AzureCli, AFailureGivesTheProgramsWords) {
  install("echo 'ERROR: Please run az login to setup account.' >&2; exit 3");
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_NE(error.message().find("status 3: ERROR: Please run az login"), std::string::npos)
      << error.message();
  ::setenv("PATH", "/nowhere", 1);
  EXPECT_EQ(kind_thrown([&] { make({{"use_azure_cli", "true"}})->get("k"); }), ErrorKind::io);
}

TEST_F(AzureCredentials, ASasGoesIntoEveryQueryAndToTheSourceOfACopy) {
  store = make({{"sas_token", "?sv=2022-11-02&sig=a%2Bb%3D&se=x"}});
  const std::string sas = "sv=2022-11-02&sig=a%2Bb%3D&se=x";
  transport->reply(200, "", object_headers(0)).reply(200, "<EnumerationResults/>").reply(202).reply(202);
  store->get("k");
  EXPECT_EQ(transport->last().url, std::string(azure_base) + "/k?" + sas);
  EXPECT_EQ(header(transport->last(), "authorization"), "(none)");
  store->list_page(ListRequest());
  EXPECT_EQ(transport->last().url, std::string(azure_base) + "?restype=container&comp=list&" + sas);
  store->copy(CopyRequest("a", "b"));
  EXPECT_EQ(header(transport->last(), "x-ms-copy-source"), std::string(azure_base) + "/a?" + sas);
  store->remove_many({"a", "b"});
  EXPECT_NE(transport->last().body.view().find("DELETE /cont/a?" + sas + " HTTP/1.1\r\n"), std::string::npos);
  EXPECT_EQ(kind_thrown([&] { store->sign(SignRequest("GET", "k", std::chrono::seconds(1))); }),
            ErrorKind::not_supported);
  EXPECT_FALSE(store->capabilities().sign);
}

TEST_F(AzureCredentials, AnonymousStoresSignNothing) {
  store = make({{"skip_signature", "true"}, {"account_key", azure_key}});
  transport->reply(200, "", object_headers(0));
  store->get("k");
  EXPECT_EQ(header(transport->last(), "authorization"), "(none)");
  EXPECT_EQ(kind_thrown([&] { store->sign(SignRequest("GET", "k", std::chrono::seconds(1))); }),
            ErrorKind::not_supported);
}

TEST_F(AzureCredentials, AProviderMayGiveAnyKindAndIsAskedAgainWhenItEnds) {
  AzureOptions options = fake_azure_options(transport, {});
  int asked = 0;
  options.credential_provider = [&asked]() -> Task<AzureCredential> {
    return [](int* count) -> Task<AzureCredential> {
      AzureCredential credential;
      switch ((*count)++) {
        case 0: credential.access_key = azure_key; break;
        case 1: credential.sas_token = "sv=1&sig=x"; break;
        default: credential.bearer_token = "t0k"; break;
      }
      credential.expires_at = cloud::signing_time();
      co_return credential;
    }(&asked);
  };
  store = make_azure_store(std::move(options));
  transport->otherwise([](const HttpRequest&) {
    HttpResponse response;
    response.status = 200;
    response.headers = object_headers(0);
    return response;
  });
  store->get("k");
  EXPECT_TRUE(header(transport->last(), "authorization").starts_with("SharedKey acc:"));
  store->get("k");
  EXPECT_TRUE(transport->last().url.ends_with("/k?sv=1&sig=x"));
  store->get("k");
  EXPECT_EQ(header(transport->last(), "authorization"), "Bearer t0k");
  EXPECT_EQ(asked, 3);
}

TEST_F(AzureCredentials, WhatAProviderGivesIsChecked) {
  for (const int what : {0, 1, 2, 3}) {
    AzureOptions options = fake_azure_options(transport, {});
    options.credential_provider = [what]() -> Task<AzureCredential> {
      return [](int which) -> Task<AzureCredential> {
        AzureCredential credential;
        if (which == 1) credential.access_key = "hush hush";
        if (which == 2) credential.bearer_token = "hush\nhush";
        if (which == 3) credential.bearer_token = credential.sas_token = "sig=hush";
        co_return credential;
      }(what);
    };
    const Error error = error_of([&] { make_azure_store(std::move(options))->get("k"); });
    EXPECT_NE(error.message().find("the credential provider gave"), std::string::npos) << error.message();
    EXPECT_EQ(std::string(error.what()).find("hush"), std::string::npos);
  }
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(AzureCredentials, UrlsAreSignedWithTheAccountKey) {
  const std::string url = make_with_key()->sign(SignRequest("GET", "a b", std::chrono::seconds(60)));
  EXPECT_TRUE(url.starts_with(std::string(azure_base) + "/a%20b?sp=r&se=")) << url;
  EXPECT_NE(url.find("&spr=https&sv=2022-11-02&sr=b&sig="), std::string::npos) << url;
  const auto permissions = [this](const std::string& method) {
    const std::string made = make_with_key()->sign(SignRequest(method, "k", std::chrono::seconds(60)));
    const std::size_t at = made.find("sp=") + 3;
    return made.substr(at, made.find('&', at) - at);
  };
  EXPECT_EQ(permissions("HEAD"), "r");
  EXPECT_EQ(permissions("PUT"), "cw");
  EXPECT_EQ(permissions("DELETE"), "d");
  EXPECT_EQ(kind_thrown([&] { permissions("POST"); }), ErrorKind::not_supported);
  EXPECT_EQ(kind_thrown([&] { store->sign(SignRequest("GET", "k", std::chrono::seconds(0))); }),
            ErrorKind::generic);
  EXPECT_EQ(kind_thrown([&] { store->sign(SignRequest("GET", "k", std::chrono::seconds::max())); }),
            ErrorKind::generic);
  EXPECT_EQ(transport->count(), 0U);
}

TEST_F(AzureCredentials, WithATokenUrlsAreSignedWithAKeyOfTheServices) {
  store = make({{"token", "t0k"}});
  const std::string answer =
      "<UserDelegationKey><SignedOid>oid</SignedOid><SignedTid>tid</SignedTid><SignedStart>s</SignedStart>"
      "<SignedExpiry>e</SignedExpiry><SignedService>b</SignedService><SignedVersion>v</SignedVersion>"
      "<Value>c2VjcmV0</Value></UserDelegationKey>";
  transport->reply(200, answer);
  const std::string url = store->sign(SignRequest("PUT", "k", std::chrono::seconds(60)));
  EXPECT_NE(url.find("&skoid=oid&sktid=tid&skt=s&ske=e&sks=b&skv=v&sig="), std::string::npos) << url;
  const HttpRequest sent = transport->last();
  EXPECT_EQ(sent.method, "POST");
  EXPECT_EQ(sent.url, "https://acc.blob.core.windows.net/?restype=service&comp=userdelegationkey");
  EXPECT_EQ(header(sent, "authorization"), "Bearer t0k");
  EXPECT_TRUE(sent.body.view().starts_with("<?xml version=\"1.0\" encoding=\"utf-8\"?><KeyInfo><Start>20"));
  store->sign(SignRequest("GET", "k", std::chrono::minutes(30)));
  EXPECT_EQ(transport->count(), 1U) << "the key is kept";
  transport->reply(200, answer);
  store->sign(SignRequest("GET", "k", std::chrono::hours(24)));
  EXPECT_EQ(transport->count(), 2U) << "but not beyond its time";
  EXPECT_EQ(kind_thrown([&] { store->sign(SignRequest("GET", "k", std::chrono::hours(24 * 8))); }),
            ErrorKind::generic);
  transport->reply(403, "<Error><Code>AuthorizationPermissionMismatch</Code></Error>");
  const Error error = error_of([&] { store->sign(SignRequest("GET", "k", std::chrono::hours(24 * 6))); });
  EXPECT_NE(error.message().find("user delegation key"), std::string::npos) << error.message();
}

TEST_F(AzureCredentials, PutBlobFromUrlReadsItsSourceWithTheToken) {
  store = make({{"token", "t0k"}, {"encryption_key", codec::base64_encode(std::string(32, 'k'))}});
  transport->reply(201);
  store->copy(CopyRequest("a", "b"));
  EXPECT_EQ(header(transport->last(), "x-ms-copy-source-authorization"), "Bearer t0k");
  EXPECT_EQ(header(transport->last(), "x-ms-copy-source"), std::string(azure_base) + "/a");
}

}  // namespace
}  // namespace storelink::testing
