// The retry rules and resumed bodies, with scripted responses.
#include "http/client.hpp"

#include <gtest/gtest.h>

#include <deque>

#include "support/stores.hpp"

namespace storelink::http {
namespace {

using testing::kind_thrown;

struct Reply {
  HttpResponse response;
  std::optional<TransportError> failure;
};

// The body in one piece, then the end or the break.
class Once final : public BodyStream {
 public:
  Once(Bytes body, bool breaks) : body_(std::move(body)), breaks_(breaks) {}
  Task<Bytes> next_async() override {
    if (body_.empty() && breaks_) throw TransportError(ErrorKind::io, "reset", true);
    co_return std::exchange(body_, Bytes());
  }

 private:
  Bytes body_;
  bool breaks_;
};

// Gives the replies in order and records the requests.
class Script final : public Transport {
 public:
  Task<HttpResponse> send_async(HttpRequest request) override {
    requests.push_back(request);
    if (replies.empty()) throw TransportError(ErrorKind::generic, "the script has no further reply", true);
    Reply reply = std::move(replies.front());
    replies.pop_front();
    if (reply.failure) throw *reply.failure;
    if (request.sink == Sink::into && reply.response.status < 300) {
      const auto body = reply.response.body.view();
      std::copy(body.begin(), body.end(), reinterpret_cast<char*>(request.buffer.data()));
      reply.response.written = body.size();
      reply.response.body = Bytes();
    }
    const bool streamed = request.sink == Sink::stream && reply.response.body.size() > request.collect_up_to;
    if (streamed && reply.response.status < 300) {
      Bytes body = std::exchange(reply.response.body, Bytes());
      reply.response.stream = std::make_unique<Once>(std::move(body), reply.response.broken.has_value());
      reply.response.broken.reset();
    }
    co_return std::move(reply.response);
  }

  Script& answer(int status, std::string body = {}, Headers headers = {}) {
    Reply reply;
    reply.response.status = status;
    reply.response.body = Bytes::adopt(std::move(body));
    reply.response.headers = std::move(headers);
    replies.push_back(std::move(reply));
    return *this;
  }
  Script& breaks_after(int status, std::string body, Headers headers) {
    answer(status, std::move(body), std::move(headers));
    replies.back().response.broken = Error(ErrorKind::io, "reset");
    return *this;
  }
  Script& fails(bool may_have_arrived) {
    Reply reply;
    reply.failure.emplace(ErrorKind::io, "reset", may_have_arrived);
    replies.push_back(std::move(reply));
    return *this;
  }

  std::deque<Reply> replies;
  std::vector<HttpRequest> requests;
};

// A transport of a user's own around another one.
class Naming final : public Transport {
 public:
  explicit Naming(std::shared_ptr<Transport> inner) : inner_(std::move(inner)) {}
  Task<HttpResponse> send_async(HttpRequest request) override {
    try {
      co_return co_await inner_->send_async(std::move(request));
    } catch (const Error& error) {
      throw error.at("https://proxy", "");
    }
  }

 private:
  std::shared_ptr<Transport> inner_;
};

class Retry : public ::testing::Test {
 protected:
  Retry() {
    config.init_backoff = std::chrono::microseconds(10);
    config.max_backoff = std::chrono::milliseconds(1);
    config.max_retries = 4;
  }

  HttpResponse send(SendOptions options = {}, const char* method = "PUT") {
    MakeRequest make = [method]() -> Task<HttpRequest> {
      return [](const char* m) -> Task<HttpRequest> {
        HttpRequest request;
        request.method = m;
        request.url = "https://example.com/key";
        co_return request;
      }(method);
    };
    return drive(Client(transport, config).send_async(std::move(make), options));
  }

  HttpResponse get(GetRange range = {}, std::span<std::byte> buffer = {}, Sink sink = Sink::collect,
                   std::size_t collect_up_to = 0) {
    MakeGet make = [buffer, sink, collect_up_to](GetRange asked, std::string if_match) -> Task<HttpRequest> {
      return [](std::span<std::byte> into, Sink to, std::size_t small, GetRange wanted,
                std::string etag) -> Task<HttpRequest> {
        HttpRequest request;
        request.method = "GET";
        request.sink = to;
        request.collect_up_to = small;
        if (wanted.kind() == GetRange::Kind::bounded)
          request.headers.emplace_back("range",
                                       std::to_string(wanted.start()) + "-" + std::to_string(wanted.end()));
        if (!etag.empty()) request.headers.emplace_back("if-match", etag);
        if (!into.empty()) {
          request.sink = Sink::into;
          request.buffer = into;
        }
        co_return request;
      }(buffer, sink, collect_up_to, asked, std::move(if_match));
    };
    return drive(Client(script, config).get_async(std::move(make), range));
  }
  std::string get_stream() { return get({}, {}, Sink::stream).stream->collect().to_string(); }

  std::shared_ptr<Script> script = std::make_shared<Script>();
  std::shared_ptr<Transport> transport = script;
  RetryConfig config;
};

TEST_F(Retry, RepeatsServerErrorsUntilOneSucceeds) {
  script->answer(500).answer(503).answer(429).answer(200, "done");
  EXPECT_EQ(send().body.view(), "done");
  EXPECT_EQ(script->requests.size(), 4u);
}

TEST_F(Retry, ReturnsClientErrorsAtOnce) {
  for (const int status : {400, 403, 404, 409, 412, 501}) {
    script->answer(status);
    EXPECT_EQ(send().status, status);
  }
  EXPECT_EQ(script->requests.size(), 6u);
}

TEST_F(Retry, ReturnsTheLastResponseWhenTheTriesAreUsedUp) {
  for (int i = 0; i < 5; ++i) script->answer(500, std::to_string(i));
  EXPECT_EQ(send().body.view(), "4");
  EXPECT_EQ(script->requests.size(), 5u);
}

TEST_F(Retry, RepeatsPlainRequestsAfterALostConnection) {
  script->fails(true).answer(200, "done");
  EXPECT_EQ(send().body.view(), "done");
}

TEST_F(Retry, KnowsALostConnectionAlsoByAnErrorThatWasNamed) {
  transport = std::make_shared<Naming>(script);
  script->fails(true).answer(200, "done");
  EXPECT_EQ(send().body.view(), "done");
  script->fails(true);
  EXPECT_EQ(kind_thrown([&] { send(SendOptions(Repeat::if_not_arrived)); }), ErrorKind::io);
  EXPECT_EQ(script->requests.size(), 3u);
}

TEST_F(Retry, SaysHowOftenItTriedAndKeepsTheRest) {
  transport = std::make_shared<Naming>(script);
  for (int i = 0; i < 5; ++i) script->fails(true);
  try {
    send();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(), "reset (given up after 4 retries)");
    EXPECT_EQ(error.store(), "https://proxy");
  }
}

TEST_F(Retry, DoesNotResendAConditionalPutThatMayHaveArrived) {
  for (const int status : {500, 502, 504, 408}) {
    script->answer(status);
    EXPECT_EQ(send(SendOptions(Repeat::if_not_arrived)).status, status);
  }
  script->fails(true);
  EXPECT_EQ(kind_thrown([&] { send(SendOptions(Repeat::if_not_arrived)); }), ErrorKind::io);
  EXPECT_EQ(script->requests.size(), 5u);
}

TEST_F(Retry, ResendsAConditionalPutThatTheServerRefusedToHandle) {
  script->fails(false).answer(503).answer(429).answer(200, "done");
  EXPECT_EQ(send(SendOptions(Repeat::if_not_arrived)).body.view(), "done");
}

TEST_F(Retry, GivesUpSoonWhenNoConnectionCanBeMade) {
  config.max_retries = 100;
  for (int i = 0; i < 100; ++i) script->fails(false);
  EXPECT_EQ(kind_thrown([&] { send(); }), ErrorKind::io);
  EXPECT_EQ(script->requests.size(), 4u);
}

TEST_F(Retry, WaitsAtLeastAsLongAsRetryAfterSays) {
  script->answer(503, "", {{"retry-after", "1"}}).answer(200);
  const auto begin = std::chrono::steady_clock::now();
  send();
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST_F(Retry, DoesNotWaitLongerThanTheWholeTimeAllowed) {
  config.retry_timeout = std::chrono::milliseconds(50);
  script->answer(503, "", {{"retry-after", "3600"}});
  EXPECT_EQ(send().status, 503);
}

TEST_F(Retry, TakesAnErrorDocumentInA200ForAServerError) {
  SendOptions options;
  options.error_in_success = true;
  script->answer(200, "<?xml version=\"1.0\"?>\n  <Error><Code>InternalError</Code></Error>")
      .answer(200, "<Ok/>");
  EXPECT_EQ(send(options).body.view(), "<Ok/>");
  EXPECT_EQ(script->requests.size(), 2u);
}

TEST_F(Retry, AsksAgainForADocumentThatBrokeOff) {
  script->breaks_after(200, "<List", {}).answer(200, "<List/>");
  EXPECT_EQ(send({}, "GET").body.view(), "<List/>");
}

using Resume = Retry;

TEST_F(Resume, ContinuesABrokenBodyWhereItBroke) {
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "\"e\""}})
      .breaks_after(206, "45", {{"content-range", "bytes 4-9/10"}})
      .answer(206, "6789", {{"content-range", "bytes 6-9/10"}});
  const HttpResponse response = get();
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.body.view(), "0123456789");
  EXPECT_FALSE(response.broken.has_value());
  ASSERT_EQ(script->requests.size(), 3u);
  EXPECT_EQ(*find_header(script->requests[1].headers, "range"), "4-10");
  EXPECT_EQ(*find_header(script->requests[1].headers, "if-match"), "\"e\"");
  EXPECT_EQ(*find_header(script->requests[2].headers, "range"), "6-10");
}

TEST_F(Resume, ContinuesWithinTheRangeAsked) {
  script->breaks_after(206, "23", {{"content-range", "bytes 2-7/10"}, {"etag", "\"e\""}})
      .answer(206, "4567", {{"content-range", "bytes 4-7/10"}});
  EXPECT_EQ(get(GetRange::bounded(2, 8)).body.view(), "234567");
  EXPECT_EQ(*find_header(script->requests[1].headers, "range"), "4-8");
}

TEST_F(Resume, FillsTheCallersBufferBehindWhatIsThere) {
  std::string buffer(10, '.');
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "\"e\""}})
      .answer(206, "456789", {{"content-range", "bytes 4-9/10"}});
  EXPECT_EQ(get({}, std::as_writable_bytes(std::span(buffer))).written, 10u);
  EXPECT_EQ(buffer, "0123456789");
}

TEST_F(Resume, ContinuesABrokenStream) {
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "\"e\""}})
      .breaks_after(206, "45", {{"content-range", "bytes 4-9/10"}})
      .answer(206, "6789", {{"content-range", "bytes 6-9/10"}});
  EXPECT_EQ(get_stream(), "0123456789");
  EXPECT_EQ(*find_header(script->requests.at(2).headers, "range"), "6-10");
}

// With config.max_retries tries, each of which gives `size` bytes more.
class ResumeOften : public Retry, public ::testing::WithParamInterface<Sink> {
 protected:
  std::string get_in_pieces(std::size_t size) {
    const std::size_t pieces = 3 * (config.max_retries + 1);
    const std::string total = std::to_string(pieces * size);
    for (std::size_t i = 0; i < pieces; ++i) {
      std::string range = "bytes " + std::to_string(i * size);
      range.append("-").append(std::to_string(pieces * size - 1)).append("/").append(total);
      Headers headers = {{"etag", "\"e\""}, {"content-length", std::to_string((pieces - i) * size)}};
      if (i != 0) headers.emplace_back("content-range", range);
      const std::string body(size, static_cast<char>('a' + i));
      if (i + 1 < pieces)
        script->breaks_after(i == 0 ? 200 : 206, body, std::move(headers));
      else
        script->answer(206, body, std::move(headers));
    }
    return GetParam() == Sink::stream ? get_stream() : get().body.to_string();
  }
};

TEST_P(ResumeOften, GoesOnAsLongAsEnoughArrives) {
  const std::string body = get_in_pieces(1u << 20);
  EXPECT_EQ(body.size(), 15u << 20);
  EXPECT_EQ(body.front(), 'a');
  EXPECT_EQ(body.back(), 'a' + 14);
}

TEST_P(ResumeOften, GivesUpABodyThatHardlyGoesOn) {
  try {
    get_in_pieces(1);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::io);
    EXPECT_EQ(error.message(), "reset (given up after 4 retries)");
  }
  EXPECT_EQ(script->requests.size(), 5u);
}

INSTANTIATE_TEST_SUITE_P(To, ResumeOften, ::testing::Values(Sink::collect, Sink::stream),
                         [](const auto& sink) { return sink.param == Sink::stream ? "stream" : "buffer"; });

TEST_F(Resume, ContinuesASmallBodyThatCameInsteadOfAStream) {
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "\"e\""}})
      .answer(206, "456789", {{"content-range", "bytes 4-9/10"}, {"etag", "\"e\""}});
  const HttpResponse got = get({}, {}, Sink::stream, 10);
  EXPECT_EQ(got.stream, nullptr);
  EXPECT_EQ(got.body.view(), "0123456789");
  EXPECT_EQ(script->requests.back().sink, Sink::collect)
      << "the rest is small, too, whatever its headers say";
}

TEST_F(Resume, ContinuesAStreamAsAStreamHoweverLittleIsLeft) {
  script->breaks_after(200, "01234567", {{"content-length", "10"}, {"etag", "\"e\""}})
      .answer(206, "89", {{"content-range", "bytes 8-9/10"}, {"etag", "\"e\""}});
  const HttpResponse got = get({}, {}, Sink::stream, 5);
  ASSERT_NE(got.stream, nullptr);
  EXPECT_EQ(got.stream->collect().view(), "0123456789");
}

TEST_F(Resume, RefusesToJoinTwoVersionsOfAnObject) {
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "\"e\""}}).answer(412);
  EXPECT_THROW(get(), Error);
}

TEST_F(Resume, NeedsAStrongEtag) {
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "W/\"e\""}});
  EXPECT_EQ(kind_thrown([&] { get(); }), ErrorKind::io);
  EXPECT_EQ(script->requests.size(), 1u);
}

TEST_F(Resume, RefusesARestThatIsNotTheOneAsked) {
  script->breaks_after(200, "0123", {{"content-length", "10"}, {"etag", "\"e\""}})
      .answer(206, "56789", {{"content-range", "bytes 5-9/10"}});
  EXPECT_THROW(get(), Error);
}

}  // namespace
}  // namespace storelink::http
