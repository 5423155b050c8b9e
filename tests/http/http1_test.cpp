// What HTTP/1.1 (RFC 9112) allows a server to do, and what it does not; connections that die or are kept.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <thread>

#include "http/client_options.hpp"
#include "support/eventually.hpp"
#include "support/guarded.hpp"
#include "support/kind_thrown.hpp"
#include "support/requests.hpp"
#include "support/sockets.hpp"
#include "support/tiny_server.hpp"

namespace storelink::http {
namespace {

using testing::eventually;
using testing::Guarded;
using testing::kind_thrown;
using testing::request;
using testing::send;
using testing::TinyServer;

std::shared_ptr<Transport> transport(Settings settings = {}) {
  settings.emplace_back("allow_http", "true");
  return make_transport(parse_client_options(settings));
}

// Answers each request of each connection with `text`, `step` bytes at a time, and closes after `requests`.
class Answers {
 public:
  explicit Answers(std::string text, int requests = 1000, std::size_t step = SIZE_MAX)
      : server_([text = std::move(text), requests, step](TinyServer::Connection& connection) {
          for (int i = 0; i < requests && !connection.read().empty(); ++i) {
            for (std::size_t at = 0; at < text.size(); at += std::min(step, text.size() - at)) {
              connection.write(std::string_view(text).substr(at, step));
              if (step != SIZE_MAX) std::this_thread::sleep_for(std::chrono::microseconds(200));
            }
          }
        }) {}
  std::string url() const { return server_.url(); }
  int connections() const { return server_.connections(); }

 private:
  TinyServer server_;
};

struct Case {
  const char* name;
  const char* method;
  const char* text;
  int status;
  const char* body;
  bool kept;  // the connection carries another exchange
};

void PrintTo(const Case& shape, std::ostream* out) {
  *out << shape.name;
}

class Shape : public ::testing::TestWithParam<Case> {};

INSTANTIATE_TEST_SUITE_P(
    , Shape,
    ::testing::Values(
        Case{"Length", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true},
        Case{"EmptyBody", "GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 200, "", true},
        Case{"Chunked", "GET",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3;x=y\r\nllo\r\n0\r\n\r\n", 200,
             "hello", true},
        Case{"ChunkedWithTrailer", "GET",
             "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nx-last: 1\r\n\r\n", 200,
             "hello", true},
        Case{"ChunkedFailure", "GET",
             "HTTP/1.1 503 Slow Down\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 503,
             "hello", true},
        Case{"Interim", "GET",
             "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
             "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
             200, "hello", true},
        Case{"NoContent", "DELETE", "HTTP/1.1 204 No Content\r\n\r\n", 204, "", true},
        Case{"NotModified", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", 304, "", true},
        Case{"Head", "HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", 200, "", true},
        Case{"HeadWithoutLength", "HEAD", "HTTP/1.1 200 OK\r\n\r\n", 200, "", true},
        Case{"Close", "GET", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nhello", 200,
             "hello", false},
        Case{"OldVersion", "GET", "HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", false},
        Case{"NoReason", "GET", "HTTP/1.1 200\r\nContent-Length: 5\r\n\r\nhello", 200, "hello", true}),
    [](const auto& shape) { return std::string(shape.param.name); });

TEST_P(Shape, IsUnderstoodHoweverItArrives) {
  for (const std::size_t step : {SIZE_MAX, std::size_t{1}, std::size_t{7}}) {
    Answers server(GetParam().text, 1000, step);
    const auto shared = transport();
    for (int i = 0; i < 2; ++i) {
      const auto got = send(shared, request(server.url(), GetParam().method));
      EXPECT_EQ(got.status, GetParam().status);
      EXPECT_EQ(got.body.view(), GetParam().body);
      EXPECT_FALSE(got.broken.has_value());
      EXPECT_EQ(find_header(got.headers, "link"), nullptr);
      EXPECT_EQ(find_header(got.headers, "x-last"), nullptr);
    }
    EXPECT_EQ(server.connections(), GetParam().kept ? 1 : 2);
  }
}

TEST(Http1, ABodyMayLastUntilTheConnectionEnds) {
  Answers server("HTTP/1.1 200 OK\r\n\r\nhello", 1);
  const auto got = send(transport(), request(server.url()));
  EXPECT_EQ(got.body.view(), "hello");
  EXPECT_FALSE(got.broken.has_value());
}

TEST(Http1, AConnectionThatSaidMoreThanItsAnswerIsNotUsedAgain) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, HTTP/1.1 200 OK");
  const auto shared = transport();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(send(shared, request(server.url())).body.view(), "hello");
  EXPECT_EQ(server.connections(), 3);
}

TEST(Http1, WhatComesBehindAnAnswerIsNotTheNextOne) {
  for (const char* method : {"HEAD", "GET"}) {
    TinyServer server([](TinyServer::Connection& connection) {
      connection.read();
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong");
      connection.read();
    });
    const auto shared = transport();
    EXPECT_EQ(send(shared, request(server.url(), method)).status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    EXPECT_EQ(send(shared, request(server.url())).body.view(), "hello") << method;
    EXPECT_EQ(server.connections(), 2);
  }
}

TEST(Http1, SaysOnceWhereARequestGoesAndHowLongItIs) {
  Guarded<std::string> seen;
  TinyServer server([&](TinyServer::Connection& connection) {
    seen.set(connection.read());
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  HttpRequest made = request(server.url("/k"), "PUT");
  made.headers = {{"Host", "elsewhere"}, {"content-length", "7"}, {"Transfer-Encoding", "chunked"}};
  made.body = Bytes::copy("12345");
  EXPECT_EQ(send(transport({{"default_headers", "host: nowhere"}, {"user_agent", ""}}), made).status, 200);
  const std::string host = server.url("").substr(std::string_view("http://").size());
  EXPECT_EQ(seen.get(), "PUT /k HTTP/1.1\r\nHost: " + host + "\r\nContent-Length: 5\r\n\r\n");
}

TEST(Http1, AUserInTheUrlIsSentAsBasicCredentials) {
  Guarded<std::string> seen;
  TinyServer server([&](TinyServer::Connection& connection) {
    seen.set(connection.read());
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  });
  for (const auto& [user, sent] : {std::pair("Aladdin:open%20sesame", "QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
                                   std::pair("token", "dG9rZW46")}) {  // RFC 7617, section 2
    std::string url = server.url();
    url.insert(url.find("127"), std::string(user) + "@");
    EXPECT_EQ(send(transport(), request(url)).status, 200);
    EXPECT_NE(seen.get().find(std::string("\r\nAuthorization: Basic ") + sent + "\r\n"), std::string::npos);
  }
}

TEST(Http1, AMalformedUrlShowsNothingOfAPassword) {
  try {
    send(transport(), request("https://user:se/cret@host/p"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message().find("user"), std::string::npos) << error.message();
    EXPECT_EQ(error.message().find("cret"), std::string::npos) << error.message();
  }
}

TEST(Http1, AVeryLongTimeLimitIsNone) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  const std::string ever = "9000000000s";
  const auto patient = transport({{"timeout", ever}, {"connect_timeout", ever}, {"read_timeout", ever}});
  EXPECT_EQ(send(patient, request(server.url())).status, 200);
}

TEST(Http1, ABodyWithoutAGapEndsAtTheTimeLimit) {
  const std::string piece(1u << 20, 'x');
  TinyServer server([&piece](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\n\r\n");
    while (connection.write(piece)) {
    }
  });
  const auto got = send(transport({{"timeout", "200ms"}}), request(server.url()));
  ASSERT_TRUE(got.broken.has_value());
  EXPECT_EQ(got.broken->kind(), ErrorKind::timeout);
}

TEST(Http1, RefusesWhatIsNoAnswer) {
  for (const char* text :
       {"SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1 2x0 OK\r\n\r\n", "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"}) {
    Answers server(text, 1);
    EXPECT_EQ(kind_thrown([&] { send(transport(), request(server.url())); }), ErrorKind::io) << text;
  }
}

TEST(Http1, AChunkThatBreaksIsReportedWithWhatArrived) {
  for (const char* rest : {"", "zz\r\n"}) {  // the end of the connection, and no chunk
    Answers server(std::string("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n") + rest, 1);
    const auto got = send(transport(), request(server.url()));
    ASSERT_TRUE(got.broken.has_value()) << rest;
    EXPECT_EQ(got.body.view(), "he");
  }
}

TEST(Http1, HeadersHaveALimit) {
  Answers server("HTTP/1.1 200 OK\r\nx-long: " + std::string(1u << 20, 'x') + "\r\n\r\n", 1);
  EXPECT_EQ(kind_thrown([&] { send(transport(), request(server.url())); }), ErrorKind::io);
}

TEST(Http1, NothingMayEndALineOfTheRequest) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  HttpRequest value = request(server.url());
  value.headers = {{"x-a", "1\r\nx-b: 2"}};
  HttpRequest name = request(server.url());
  name.headers = {{"x-a\nx-b", "1"}};
  for (const HttpRequest& bad :
       {value, name, request(server.url() + "a b"), request(server.url() + "a\r\nb")}) {
    EXPECT_EQ(kind_thrown([&] { send(transport(), bad); }), ErrorKind::generic);
    HttpRequest streamed = bad;
    streamed.sink = Sink::stream;
    EXPECT_EQ(kind_thrown([&] { send(transport(), streamed); }), ErrorKind::generic);
  }
  EXPECT_EQ(server.connections(), 0);
}

TEST(Http1, AReadThatMetAClosedConnectionIsSentAgain) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 1);  // closes after each answer
  const auto shared = transport();
  for (int i = 0; i < 10; ++i) EXPECT_EQ(send(shared, request(server.url())).body.view(), "x");
}

TEST(Http1, AWriteLooksWhetherItsConnectionStillLives) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 1);
  const auto shared = transport();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(send(shared, request(server.url(), "PUT")).status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));  // the server's end arrives
  }
}

TEST(Http1, AReadIsSentAgainOnlyOnce) {
  std::atomic<int> requests{0};
  TinyServer server([&](TinyServer::Connection& connection) {
    connection.read();
    if (++requests == 1) {
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
      connection.read();
    }
  });
  const auto shared = transport();
  EXPECT_EQ(send(shared, request(server.url())).status, 200);
  EXPECT_EQ(kind_thrown([&] { send(shared, request(server.url())); }), ErrorKind::io);
  EXPECT_EQ(server.connections(), 2);
}

TEST(Http1, AnAnswerBeforeTheWholeRequestCounts) {
  TinyServer server([](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno");
    connection.wait_until_closed();
  });
  HttpRequest made = request(server.url(), "PUT");
  made.body = Bytes::adopt(std::string(64u << 20, 'b'));
  const auto got = send(transport(), made);
  EXPECT_EQ(got.status, 403);
  EXPECT_EQ(got.body.view(), "no");
}

TEST(Http1, SendsABodyOfAnySizeWhole) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{100'000}, std::size_t{5u << 20}}) {
    Guarded<std::string> seen;
    TinyServer server([&](TinyServer::Connection& connection) {
      connection.read();
      seen.set(connection.read_body(size));
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    });
    std::string body(size, 0);
    for (std::size_t i = 0; i < size; ++i) body[i] = static_cast<char>(i * 7);
    HttpRequest made = request(server.url(), "PUT");
    made.body = Bytes::copy(body);
    EXPECT_EQ(send(transport(), made).status, 200);
    EXPECT_EQ(seen.get(), body);
  }
}

TEST(Http1, ABodyThatStopsComingTimesOut) {
  TinyServer server([](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01");
    connection.wait_until_closed();
  });
  for (const char* option : {"timeout", "read_timeout"}) {
    const auto got = send(transport({{option, "100ms"}}), request(server.url()));
    ASSERT_TRUE(got.broken.has_value()) << option;
    EXPECT_EQ(got.broken->kind(), ErrorKind::timeout);
    HttpRequest streamed = request(server.url());
    streamed.sink = Sink::stream;
    auto stream = send(transport({{option, "100ms"}}), streamed).stream;
    EXPECT_EQ(stream->next().view(), "01");
    EXPECT_EQ(kind_thrown([&] { (void)stream->next(); }), ErrorKind::timeout) << option;
  }
}

TEST(Http1, AReaderMayPauseLongerThanTheTimeLimit) {
  constexpr std::size_t total = 24u << 20;
  const std::string body(total, 's');
  TinyServer server([&body](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
    connection.write(body);
  });
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  auto stream = send(transport({{"read_timeout", "1s"}}), made).stream;
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  std::size_t read = 0;
  for (Bytes piece = stream->next(); !piece.empty(); piece = stream->next()) read += piece.size();
  EXPECT_EQ(read, total);
}

TEST(Http1, AConnectionThatAnotherStoreMadeIsProbedAsAsked) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  (void)send(transport(), request(server.url()));
  const int client = testing::client_socket(server.url());
  EXPECT_NE(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPIDLE), 7);
  (void)send(transport({{"http2_keep_alive_interval", "7s"}}), request(server.url()));
  EXPECT_EQ(server.connections(), 1);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPIDLE), 7);
}

TEST(Http1, KeepsNoMoreIdleConnectionsThanAsked) {
  std::atomic<int> closed{0};
  TinyServer server([&](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
    connection.wait_until_closed();
    ++closed;
  });
  send(transport({{"pool_max_idle_per_host", "0"}}), request(server.url()));
  EXPECT_TRUE(eventually([&] { return closed == 1; }));
}

TEST(Http1, AnIdleConnectionGrowsTooOld) {
  Answers server("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx");
  const auto shared = transport({{"pool_idle_timeout", "1ms"}});
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(send(shared, request(server.url())).status, 200);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_EQ(server.connections(), 3);
}

// A listener whose queue is full answers nobody.
class FullListener {
 public:
  FullListener() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* any = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_, any, size), 0);
    EXPECT_EQ(::listen(listener_, 0), 0);
    EXPECT_EQ(::getsockname(listener_, any, &size), 0);
    port_ = ntohs(address.sin_port);
    for (int& waiting : waiting_) {
      waiting = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
      const int made = ::connect(waiting, any, size);
      EXPECT_TRUE(made == 0 || errno == EINPROGRESS);
    }
  }
  ~FullListener() {
    for (const int waiting : waiting_) ::close(waiting);
    ::close(listener_);
  }
  FullListener(const FullListener&) = delete;
  FullListener& operator=(const FullListener&) = delete;
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/"; }

 private:
  int listener_;
  int port_ = 0;
  std::array<int, 3> waiting_{};
};

TEST(Http1, AConnectionThatIsNotMadeInTimeNeverArrived) {
  const FullListener full;
  for (const char* option : {"connect_timeout", "timeout"}) {
    try {
      send(transport({{option, "100ms"}}), request(full.url()));
      FAIL();
    } catch (const TransportError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::timeout);
      EXPECT_FALSE(error.may_have_arrived());
    }
  }
}

TEST(Http1, AConnectionBeingMadeCanBeCancelled) {
  const FullListener full;
  const Interrupt interrupt = [] { return true; };
  EXPECT_EQ(kind_thrown([&] { (void)drive(transport()->send_async(request(full.url())), &interrupt); }),
            ErrorKind::cancelled);
}

}  // namespace
}  // namespace storelink::http
