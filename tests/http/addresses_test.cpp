// Hosts with several addresses: which of them is taken.
#include <dlfcn.h>
#include <gtest/gtest.h>
#include <netdb.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "http/client_options.hpp"
#include "support/requests.hpp"
#include "support/tiny_server.hpp"

namespace {

// What this process knows of the host many.test: its addresses differ in their ports. Changed only while
// nothing is looked up.
std::vector<std::string>& ports_of_many() {
  static std::vector<std::string> ports;
  return ports;
}
}  // namespace

// In libc's place, for the whole program.
extern "C" [[gnu::visibility("default")]] int getaddrinfo(const char* node, const char* service,
                                                          const addrinfo* hints, addrinfo** found) {
  static auto* const real = reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (node == nullptr || std::string(node) != "many.test") return real(node, service, hints, found);
  *found = nullptr;
  const std::vector<std::string>& ports = ports_of_many();
  for (auto port = ports.rbegin(); port != ports.rend(); ++port) {
    addrinfo* one = nullptr;
    if (const int failure = real("127.0.0.1", port->c_str(), hints, &one); failure != 0) return failure;
    one->ai_next = *found;  // freeaddrinfo() frees one after the other
    *found = one;
  }
  return 0;
}

namespace storelink::http {
namespace {

using testing::TinyServer;

// The parameter is the option http1_only.
class Addresses : public ::testing::TestWithParam<bool> {
 protected:
  Addresses() {
    ports_of_many().clear();
    for (int i = 0; i < 4; ++i) {
      servers_.push_back(std::make_unique<TinyServer>([](TinyServer::Connection& connection) {
        if (!connection.read().empty())
          connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx");
      }));
      const std::string url = servers_.back()->url("");
      ports_of_many().push_back(url.substr(url.rfind(':') + 1));
    }
  }

  // The connections to each address after `count` requests, each on one of its own.
  std::vector<int> connections(int count, Settings settings) {
    settings.emplace_back("allow_http", "true");
    settings.emplace_back("http1_only", GetParam() ? "true" : "false");
    const auto transport = make_transport(parse_client_options(settings));
    const std::string url = "http://many.test:" + ports_of_many().front() + "/";
    for (int i = 0; i < count; ++i)
      EXPECT_EQ(testing::send(transport, testing::request(url)).body.view(), "x");
    std::vector<int> made;
    for (const auto& server : servers_) made.push_back(server->connections());
    return made;
  }

 private:
  std::vector<std::unique_ptr<TinyServer>> servers_;
};
INSTANTIATE_TEST_SUITE_P(, Addresses, ::testing::Bool(),
                         [](const auto& carrier) { return carrier.param ? "Own" : "Libcurl"; });

TEST_P(Addresses, EachConnectionTakesOneByChance) {
  // That one of the four is left out by chance happens once in 10^12 runs.
  const auto made = connections(100, {});
  EXPECT_TRUE(std::all_of(made.begin(), made.end(), [](int count) { return count > 0; }))
      << ::testing::PrintToString(made);
}

TEST_P(Addresses, WithoutChanceTheFirstIsTaken) {
  EXPECT_EQ(connections(10, {{"randomize_addresses", "false"}}), (std::vector<int>{10, 0, 0, 0}));
}

}  // namespace
}  // namespace storelink::http
