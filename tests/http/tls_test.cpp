// TLS: who is trusted, under which name, and what is kept between connections.
#include <gtest/gtest.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include "http/client_options.hpp"
#include "http/tls.hpp"
#include "support/guarded.hpp"
#include "support/kind_thrown.hpp"
#include "support/requests.hpp"
#include "support/stores.hpp"
#include "support/tiny_server.hpp"

namespace storelink::http {
namespace {

using testing::kind_thrown;
using testing::TinyServer;
using testing::TlsIdentity;

HttpResponse get(const Settings& settings, const std::string& url, Bytes body = {}) {
  HttpRequest made = testing::request(url, body.empty() ? "GET" : "PUT");
  made.body = std::move(body);
  return testing::send(make_transport(parse_client_options(settings)), std::move(made));
}

std::string refusal(const Settings& settings, const std::string& url) {
  try {
    get(settings, url);
  } catch (const TransportError& error) {
    EXPECT_FALSE(error.may_have_arrived());
    return error.message();
  }
  return "nothing was thrown";
}

const std::string hello = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

void greet(TinyServer::Connection& connection) {
  while (!connection.read().empty() && connection.write(hello)) {
  }
}

std::string with_host(std::string url, const std::string& host) {
  return url.replace(url.find("127.0.0.1"), std::string_view("127.0.0.1").size(), host);
}

class Tls : public ::testing::Test {
 protected:
  TlsIdentity identity{"DNS:localhost,DNS:*.good.localhost,IP:127.0.0.1"};
  TinyServer server{&greet, &identity};
  Settings trusting{{"root_certificate", identity.certificate()}};
};

TEST_F(Tls, TrustsACertificateThatIsGiven) {
  EXPECT_EQ(get(trusting, server.url()).body.view(), "hello");
  EXPECT_EQ(get(trusting, with_host(server.url(), "localhost")).body.view(), "hello");
  EXPECT_EQ(get(trusting, with_host(server.url(), "bucket.good.localhost")).body.view(), "hello");
}

TEST_F(Tls, RefusesACertificateOfAnUnknownAuthority) {
  for (const Settings& settings : {Settings{}, Settings{{"disable_system_certificates", "true"}}}) {
    const std::string message = refusal(settings, server.url());
    EXPECT_NE(message.find("certificate of https://127.0.0.1"), std::string::npos) << message;
    EXPECT_NE(message.find("root_certificate"), std::string::npos) << message;
  }
}

TEST_F(Tls, RefusesACertificateForAnotherName) {
  for (const char* host : {"bad.localhost", "a.b.good.localhost"}) {
    const std::string message = refusal(trusting, with_host(server.url(), host));
    EXPECT_NE(message.find("mismatch"), std::string::npos) << host << ": " << message;
  }
  const TlsIdentity nameless("DNS:127.0.0.1");  // an address is not a name
  TinyServer other(&greet, &nameless);
  const std::string message = refusal({{"root_certificate", nameless.certificate()}}, other.url());
  EXPECT_NE(message.find("mismatch"), std::string::npos) << message;
}

TEST_F(Tls, TakesAnyCertificateWhereThatIsAllowed) {
  const Settings careless{{"allow_invalid_certificates", "true"}};
  EXPECT_EQ(get(careless, with_host(server.url(), "bad.localhost")).body.view(), "hello");
}

// A connection that another store made while it took any certificate must not serve one that does not.
TEST_F(Tls, AConnectionServesOnlyThoseWhoTrustTheSameCertificates) {
  EXPECT_EQ(get({{"allow_invalid_certificates", "true"}}, server.url()).status, 200);
  EXPECT_NE(refusal({}, server.url()), "nothing was thrown");
}

TEST_F(Tls, AServerWithoutTlsIsNoMatterOfCertificates) {
  TinyServer plain([](TinyServer::Connection& connection) { connection.write(hello); });
  std::string url = plain.url();
  url.replace(0, 4, "https");
  const std::string message = refusal(trusting, url);
  EXPECT_NE(message.find("does the server speak TLS"), std::string::npos) << message;
  EXPECT_EQ(message.find("certificate"), std::string::npos) << message;
}

TEST_F(Tls, ARootCertificateThatCannotBeReadIsAnError) {
  const Settings broken{
      {"root_certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}};
  EXPECT_EQ(kind_thrown([&] { get(broken, server.url()); }), ErrorKind::generic);
}

TEST_F(Tls, LargeBodiesPassInBothDirections) {
  const std::string large(9u << 20, 'b');
  testing::Guarded<std::string> seen;
  TinyServer big(
      [&](TinyServer::Connection& connection) {
        connection.read();
        seen.set(connection.read_body(large.size()));
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(large.size()) + "\r\n\r\n");
        connection.write(large);
      },
      &identity);
  EXPECT_EQ(get(trusting, big.url(), Bytes::copy(large)).body.view(), large);
  EXPECT_EQ(seen.get(), large);
}

TEST_F(Tls, ABodyWithoutALengthNeedsAnOrderlyEnd) {
  TinyServer cut(
      [](TinyServer::Connection& connection) {
        connection.read();
        connection.write("HTTP/1.1 200 OK\r\n\r\nhello");  // and then no close_notify
      },
      &identity);
  const auto got = get(trusting, cut.url());
  EXPECT_TRUE(got.broken.has_value());
  EXPECT_EQ(got.body.view(), "hello");
}

TEST_F(Tls, ANewConnectionResumesTheSessionOfTheLast) {
  testing::Guarded<std::vector<bool>> resumed;
  TinyServer closing(
      [&](TinyServer::Connection& connection) {
        resumed.change([&](auto& all) { all.push_back(connection.resumed()); });
        connection.read();
        connection.write("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello");
      },
      &identity);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get(trusting, closing.url()).status, 200);
  EXPECT_EQ(resumed.get(), (std::vector<bool>{false, true, true}));
}

// A file system with nothing but what a test puts there; the user has named no authorities.
class SystemAuthorities : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      if (const char* value = std::getenv(name); value != nullptr) given_.emplace_back(name, value);
      ::unsetenv(name);
    }
  }
  void TearDown() override {
    for (const auto& [name, value] : given_) ::setenv(name.c_str(), value.c_str(), 1);
  }
  void put(const std::string& path) {
    std::filesystem::create_directories(std::filesystem::path(root + path).parent_path());
    std::ofstream(root + path) << "x";
  }

  const std::string root = testing::temporary_directory();

 private:
  std::vector<std::pair<std::string, std::string>> given_;
};

TEST_F(SystemAuthorities, AreFoundInTheFileWhereEachSystemKeepsThem) {
  std::vector<std::pair<std::string, std::string>> systems = {
      {"macOS, FreeBSD", "/etc/ssl/cert.pem"},
      {"openSUSE", "/var/lib/ca-certificates/ca-bundle.pem"},
      {"older openSUSE", "/etc/ssl/ca-bundle.pem"},
      {"Red Hat", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"},
      {"Fedora", "/etc/pki/tls/certs/ca-bundle.crt"},
      {"Debian, Alpine", "/etc/ssl/certs/ca-certificates.crt"},
  };
  const std::string built_in = X509_get_default_cert_file();
  std::erase_if(systems, [&](const auto& system) { return system.second == built_in; });
  systems.emplace_back("where OpenSSL was built", built_in);
  EXPECT_EQ(system_authorities(root).file, "");
  for (const auto& [name, path] : systems) {  // each goes before those above it
    put(path);
    EXPECT_EQ(system_authorities(root).file, root + path) << name;
    EXPECT_EQ(system_authorities(root).directory, "") << name;
    EXPECT_FALSE(system_authorities(root).by_user);
  }
}

TEST_F(SystemAuthorities, WithoutAFileTheyAreInADirectory) {
  const std::string built_in = X509_get_default_cert_dir();
  std::vector<std::string> directories = {"/etc/pki/tls/certs", "/etc/ssl/certs"};
  std::erase(directories, built_in);
  directories.push_back(built_in);
  for (const std::string& path : directories) {
    put(path + "/0123abcd.0");
    EXPECT_EQ(system_authorities(root).directory, root + path);
    EXPECT_EQ(system_authorities(root).file, "");
  }
}

TEST_F(SystemAuthorities, TheUsersWordIsTheLast) {
  put("/etc/ssl/certs/ca-certificates.crt");
  put("/mine.pem");
  ::setenv("SSL_CERT_FILE", (root + "/mine.pem").c_str(), 1);
  EXPECT_EQ(system_authorities(root).file, root + "/mine.pem");
  ::setenv("SSL_CERT_FILE", (root + "/none.pem").c_str(), 1);
  EXPECT_EQ(system_authorities(root).file, "") << "nothing is trusted in its place";
  EXPECT_TRUE(system_authorities(root).by_user);
  ::setenv("SSL_CERT_DIR", "/some/where", 1);
  EXPECT_EQ(system_authorities(root).directory, "/some/where");
  ::unsetenv("SSL_CERT_FILE");
  ::unsetenv("SSL_CERT_DIR");
}

}  // namespace
}  // namespace storelink::http
