// Both carriers, our own HTTP/1.1 and libcurl's, against a server that misbehaves on demand.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "http/client_options.hpp"
#include "support/guarded.hpp"
#include "support/requests.hpp"
#include "support/sanitizer.hpp"
#include "support/sockets.hpp"
#include "support/stores.hpp"
#include "support/tiny_server.hpp"

namespace storelink::http {
namespace {

using testing::Guarded;
using testing::kind_thrown;
using testing::request;
using testing::send;
using testing::TinyServer;

std::string response(std::string_view body, std::string_view status = "200 OK",
                     std::string_view headers = {}) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

// Answers every request of a connection with the same text.
TinyServer::Handler always(std::string text) {
  return [text = std::move(text)](TinyServer::Connection& connection) {
    while (!connection.read().empty() && connection.write(text)) {
    }
  };
}

// The parameter is the option http1_only: without it libcurl carries the exchanges.
class EachCarrier : public ::testing::TestWithParam<bool> {
 protected:
  static std::shared_ptr<Transport> transport(Settings settings = {}) {
    settings.emplace_back("allow_http", "true");
    settings.emplace_back("http1_only", GetParam() ? "true" : "false");
    return make_transport(parse_client_options(settings));
  }
};
INSTANTIATE_TEST_SUITE_P(, EachCarrier, ::testing::Bool(),
                         [](const auto& carrier) { return carrier.param ? "Own" : "Libcurl"; });

TEST_P(EachCarrier, CollectsStatusHeadersAndBody) {
  TinyServer server(always(response("hello", "200 OK", "X-Odd:  two words \r\n")));
  const auto got = send(transport(), request(server.url()));
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body.view(), "hello");
  EXPECT_EQ(*find_header(got.headers, "x-odd"), "two words");
}

TEST_P(EachCarrier, ReusesItsConnection) {
  TinyServer server(always(response("x")));
  const auto shared = transport();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(send(shared, request(server.url())).status, 200);
  EXPECT_EQ(server.connections(), 1);
}

TEST_P(EachCarrier, ADeadPeerIsNoticedAfterIntervalAndTimeout) {
  TinyServer server(always(response("x")));
  const auto shared =
      transport({{"http2_keep_alive_interval", "29500ms"}, {"http2_keep_alive_timeout", "10s"}});
  (void)send(shared, request(server.url()));
  const int client = testing::client_socket(server.url());
  EXPECT_EQ(testing::socket_option(client, SOL_SOCKET, SO_KEEPALIVE), 1);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPIDLE), 30);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPINTVL), 3);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_USER_TIMEOUT), 40'000);
}

TEST_P(EachCarrier, WithoutATimeoutADeadPeerHasTwentySeconds) {
  TinyServer server(always(response("x")));
  (void)send(transport({{"http2_keep_alive_interval", "0s"}}), request(server.url()));
  const int client = testing::client_socket(server.url());
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPIDLE), 1);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPINTVL), 5);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_KEEPCNT), 4);
  EXPECT_EQ(testing::socket_option(client, IPPROTO_TCP, TCP_USER_TIMEOUT), 21'000);
}

TEST_P(EachCarrier, KeepsNoConnectionWhereNoneIsToBeKept) {
  for (const auto& option :
       {std::pair("pool_max_idle_per_host", "0"), std::pair("pool_idle_timeout", "0s")}) {
    TinyServer server(always(response("x")));
    const auto shared = transport({option});
    for (int i = 0; i < 3; ++i) (void)send(shared, request(server.url()));
    EXPECT_EQ(server.connections(), 3) << option.first;
  }
}

TEST_P(EachCarrier, SendsTheUrlMethodHeadersAndBodyAsTheyAre) {
  Guarded<std::string> head;
  TinyServer server([&](TinyServer::Connection& connection) {
    head.set(connection.read());
    connection.write(response(""));
  });
  HttpRequest made = request(server.url("/a//b/../c%20d?x=%2F"), "PUT");
  made.headers = {{"x-one", "1"}, {"x-empty", ""}};
  made.body = Bytes::copy("12345");
  EXPECT_EQ(send(transport(), std::move(made)).status, 200);
  const std::string seen = head.get();
  EXPECT_TRUE(seen.starts_with("PUT /a//b/../c%20d?x=%2F HTTP/1.1\r\n")) << seen;
  EXPECT_NE(seen.find("\r\nx-one: 1\r\n"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nx-empty:"), std::string::npos) << seen;
  EXPECT_NE(seen.find("\r\nContent-Length: 5\r\n"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Expect"), std::string::npos) << seen;
  EXPECT_EQ(seen.find("Content-Type"), std::string::npos) << seen;
}

TEST_P(EachCarrier, NamesTheUserAgentOnceAndAddsNoHeaderOfItsOwn) {
  Guarded<std::string> seen;
  TinyServer server([&](TinyServer::Connection& connection) {
    seen.set(connection.read());
    connection.write(response(""));
  });
  const std::string host = "\r\nHost: " + server.url("").substr(std::string_view("http://").size());
  const auto head = [&](Settings settings) {
    EXPECT_EQ(send(transport(std::move(settings)), request(server.url("/k"))).status, 200);
    return seen.get();
  };
  EXPECT_EQ(head({{"user_agent", "me/1"}}), "GET /k HTTP/1.1" + host + "\r\nUser-Agent: me/1\r\n\r\n");
  EXPECT_EQ(head({{"user_agent", "me/1"}, {"default_headers", "user-agent: you/2\naccept: text/plain"}}),
            "GET /k HTTP/1.1" + host + "\r\nuser-agent: you/2\r\naccept: text/plain\r\n\r\n");
  EXPECT_EQ(head({{"user_agent", ""}}), "GET /k HTTP/1.1" + host + "\r\n\r\n");
}

TEST_P(EachCarrier, AHandleForgetsItsLastRequest) {
  Guarded<std::vector<std::string>> seen;
  TinyServer server([&](TinyServer::Connection& connection) {
    for (std::string head = connection.read(); !head.empty(); head = connection.read()) {
      seen.change([&](auto& heads) { heads.push_back(head); });
      connection.write(response(""));
    }
  });
  const auto shared = transport();
  for (const char* method : {"PUT", "HEAD", "DELETE", "GET", "POST", "GET"})
    EXPECT_EQ(send(shared, request(server.url(), method)).status, 200) << method;
  const auto heads = seen.get();
  ASSERT_EQ(heads.size(), 6u);
  EXPECT_TRUE(heads[1].starts_with("HEAD "));
  EXPECT_TRUE(heads[2].starts_with("DELETE "));
  EXPECT_TRUE(heads[3].starts_with("GET "));
  EXPECT_EQ(heads[3].find("Content-Length"), std::string::npos);
  EXPECT_TRUE(heads[4].starts_with("POST "));
}

TEST_P(EachCarrier, WritesASuccessIntoTheBufferAndAFailureBesideIt) {
  TinyServer good(always(response("hello")));
  TinyServer bad(always(response("<Error/>", "404 Not Found")));
  std::string buffer(8, '.');
  HttpRequest made = request(good.url());
  made.sink = Sink::into;
  made.buffer = std::as_writable_bytes(std::span(buffer));
  HttpRequest other = made;
  other.url = bad.url();
  EXPECT_EQ(send(transport(), made).written, 5u);
  EXPECT_EQ(buffer, "hello...");
  EXPECT_EQ(send(transport(), other).body.view(), "<Error/>");
  EXPECT_EQ(buffer, "hello...");
}

TEST_P(EachCarrier, RefusesABodyLargerThanTheBuffer) {
  TinyServer server(always(response("much too long")));
  std::string buffer(4, '.');
  HttpRequest made = request(server.url());
  made.sink = Sink::into;
  made.buffer = std::as_writable_bytes(std::span(buffer));
  EXPECT_EQ(kind_thrown([&] { send(transport(), made); }), ErrorKind::generic);
}

TEST(Transport, RefusesPlainHttpUnlessAllowed) {
  const auto strict = make_transport(ClientOptions());
  try {
    send(strict, request("http://127.0.0.1:1/key?X-Amz-Signature=secret"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("allow_http"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("secret"), std::string::npos);
  }
}

TEST_P(EachCarrier, ARefusedConnectionNeverArrived) {
  try {
    send(transport(), request("http://127.0.0.1:1/"));
    FAIL();
  } catch (const TransportError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_FALSE(error.may_have_arrived());
    EXPECT_NE(error.message().find("127.0.0.1:1"), std::string::npos);
  }
}

TEST_P(EachCarrier, AConnectionClosedWithoutAnAnswerMayHaveArrived) {
  TinyServer server([](TinyServer::Connection& connection) {
    connection.read();
    connection.reset();
  });
  try {
    send(transport(), request(server.url()));
    FAIL();
  } catch (const TransportError& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_TRUE(error.may_have_arrived());
  }
}

TEST_P(EachCarrier, HeadersThatBreakOffAreNoAnswer) {
  for (const Sink sink : {Sink::collect, Sink::stream}) {
    TinyServer server([](TinyServer::Connection& connection) {
      connection.read();
      connection.write("HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-");
    });
    HttpRequest made = request(server.url());
    made.sink = sink;
    try {
      send(transport(), std::move(made));
      FAIL();
    } catch (const TransportError& error) {
      EXPECT_EQ(error.kind(), ErrorKind::io);
      EXPECT_TRUE(error.may_have_arrived());
    }
  }
}

TEST_P(EachCarrier, ABodyThatBreaksIsReportedWithWhatArrived) {
  TinyServer server([](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\nETag: \"e\"\r\n\r\n0123");
  });
  const auto got = send(transport(), request(server.url()));
  ASSERT_TRUE(got.broken.has_value());
  EXPECT_EQ(got.body.view(), "0123");
}

TEST_P(EachCarrier, AServerThatNeverAnswersTimesOut) {
  TinyServer server([](TinyServer::Connection& connection) { connection.wait_until_closed(); });
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(kind_thrown([&] { send(transport({{"timeout", "100ms"}}), request(server.url())); }),
            ErrorKind::timeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

TEST_P(EachCarrier, AnInterruptEndsACallThatWaits) {
  TinyServer server([](TinyServer::Connection& connection) { connection.wait_until_closed(); });
  const Interrupt interrupt = [] { return true; };
  EXPECT_EQ(kind_thrown([&] { (void)drive(transport()->send_async(request(server.url())), &interrupt); }),
            ErrorKind::cancelled);
}

TEST_P(EachCarrier, StreamsArriveInPiecesAndPauseForASlowReader) {
  std::atomic<std::size_t> sent{0};
  constexpr std::size_t total = 64u << 20;
  TinyServer server([&sent](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(total) + "\r\n\r\n");
    const std::string piece(1u << 20, 's');
    while (sent < total && connection.write(piece)) sent += piece.size();
  });
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  auto got = send(transport(), made);
  ASSERT_NE(got.stream, nullptr);
  std::this_thread::sleep_for(std::chrono::milliseconds(100));
  EXPECT_LT(sent.load(), total / 2);  // the rest waits in the server, not in our memory
  std::size_t read = 0;
  for (Bytes piece = got.stream->next(); !piece.empty(); piece = got.stream->next()) read += piece.size();
  EXPECT_EQ(read, total);
}

TEST_P(EachCarrier, AStreamThatBreaksThrowsAfterWhatArrived) {
  TinyServer server([](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123");
  });
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  auto got = send(transport(), made);
  EXPECT_EQ(got.stream->next().view(), "0123");
  EXPECT_EQ(kind_thrown([&] { (void)got.stream->next(); }), ErrorKind::io);
}

TEST_P(EachCarrier, ASmallBodyComesCollectedInsteadOfAsAStream) {
  TinyServer server(always(response("0123456789")));
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  made.collect_up_to = 10;
  const auto small = send(transport(), made);
  EXPECT_EQ(small.stream, nullptr);
  EXPECT_EQ(small.body.view(), "0123456789");
  EXPECT_FALSE(small.broken);
  made.collect_up_to = 9;
  const auto large = send(transport(), made);
  ASSERT_NE(large.stream, nullptr);
  EXPECT_TRUE(large.body.empty());
  EXPECT_EQ(large.stream->collect(10).view(), "0123456789");
}

TEST_P(EachCarrier, ABodyOfUnknownLengthIsAStreamHoweverSmall) {
  TinyServer server(always("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"));
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  made.collect_up_to = 1000;
  const auto got = send(transport(), made);
  ASSERT_NE(got.stream, nullptr);
  EXPECT_EQ(got.stream->collect().view(), "abc");
}

TEST_P(EachCarrier, ASmallBodyThatBreaksOffIsReportedWithWhatArrived) {
  TinyServer server([](TinyServer::Connection& connection) {
    connection.read();
    connection.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123");
  });
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  made.collect_up_to = 100;
  const auto got = send(transport(), made);
  EXPECT_EQ(got.body.view(), "0123");
  ASSERT_TRUE(got.broken);
  EXPECT_EQ(got.broken->kind(), ErrorKind::io);
}

TEST_P(EachCarrier, AStreamedFailureIsCollected) {
  TinyServer server(always(response("<Error/>", "503 Slow Down")));
  HttpRequest made = request(server.url());
  made.sink = Sink::stream;
  const auto got = send(transport(), made);
  EXPECT_EQ(got.stream, nullptr);
  EXPECT_EQ(got.status, 503);
  EXPECT_EQ(got.body.view(), "<Error/>");
}

TEST_P(EachCarrier, ManyThreadsShareOneTransport) {
  TinyServer server(always(response("x")));
  const auto shared = transport();
  std::vector<std::jthread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) EXPECT_EQ(send(shared, request(server.url())).body.view(), "x");
    });
  }
  threads.clear();
  EXPECT_LE(server.connections(), 8);
}

#ifndef STORELINK_THREAD_SANITIZER
TEST_P(EachCarrier, WorksInAForkedChild) {
  TinyServer server(always(response("x")));
  const auto shared = transport();
  HttpRequest streamed = request(server.url());
  streamed.sink = Sink::stream;
  EXPECT_EQ(send(shared, request(server.url())).body.view(), "x");
  auto open = send(shared, streamed);
  const pid_t child = ::fork();
  if (child == 0) {
    bool good = send(shared, request(server.url())).body.view() == "x";
    auto again = send(shared, streamed);
    good = good && again.stream->next().view() == "x" && again.stream->next().empty();
    ::_exit(good ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(open.stream->next().view(), "x");
  EXPECT_EQ(send(shared, request(server.url())).body.view(), "x");
}
#endif

}  // namespace
}  // namespace storelink::http
