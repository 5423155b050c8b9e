// A Transport that gives scripted responses and records the requests.
#pragma once

#include <algorithm>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storelink/transport.hpp"

namespace storelink::testing {

// Thread-safe. Replies are given in the order in which they were scripted; an unexpected request gets a
// failure that is not repeated. Behaves as Transport promises: Sink::into fills the buffer and refuses what
// does not fit, only 2xx bodies go to the sink.
class FakeTransport final : public Transport {
 public:
  using Answer = std::function<HttpResponse(const HttpRequest&)>;

  Task<HttpResponse> send_async(HttpRequest request) override {
    Answer answer;
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
      if (!answers_.empty()) {
        answer = std::move(answers_.front());
        answers_.pop_front();
      } else {
        answer = always_;
      }
    }
    if (!answer) {
      throw TransportError(ErrorKind::generic, "unexpected request: " + request.method + " " + request.url,
                           true);
    }
    co_return deliver(answer(request), request);
  }

  FakeTransport& reply(int status, std::string body = {}, Headers headers = {}) {
    return reply([status, body = std::move(body), headers = std::move(headers)](const HttpRequest&) {
      HttpResponse response;
      response.status = status;
      response.headers = headers;
      response.body = Bytes::copy(body);
      return response;
    });
  }
  FakeTransport& reply(Answer answer) {
    const std::lock_guard lock(mutex_);
    answers_.push_back(std::move(answer));
    return *this;
  }
  // What is answered when the script is at its end.
  FakeTransport& otherwise(Answer answer) {
    const std::lock_guard lock(mutex_);
    always_ = std::move(answer);
    return *this;
  }
  FakeTransport& fail(bool may_have_arrived, ErrorKind kind = ErrorKind::io) {
    return reply([may_have_arrived, kind](const HttpRequest&) -> HttpResponse {
      throw TransportError(kind, "the connection was reset", may_have_arrived);
    });
  }

  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }
  HttpRequest last() const {
    const std::lock_guard lock(mutex_);
    return requests_.empty() ? HttpRequest() : requests_.back();
  }
  std::size_t count() const { return requests().size(); }

 private:
  class OnePiece final : public BodyStream {
   public:
    explicit OnePiece(Bytes body) : body_(std::move(body)) {}
    Task<Bytes> next_async() override { co_return std::exchange(body_, Bytes()); }

   private:
    Bytes body_;
  };

  static HttpResponse deliver(HttpResponse response, const HttpRequest& request) {
    if (response.status < 200 || response.status >= 300 || request.method == "HEAD") return response;
    switch (request.sink) {
      case Sink::collect: break;
      case Sink::into:
        if (response.body.size() > request.buffer.size())
          throw TransportError(ErrorKind::generic, "the buffer is too small for the response", true);
        std::copy_n(response.body.data(), response.body.size(),
                    reinterpret_cast<char*>(request.buffer.data()));
        response.written = response.body.size();
        response.body = Bytes();
        break;
      case Sink::stream:
        response.stream = std::make_unique<OnePiece>(std::exchange(response.body, Bytes()));
        break;
    }
    return response;
  }

  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
  std::deque<Answer> answers_;
  Answer always_;
};

// The value of a request's header; "(none)" where it has none.
inline std::string header(const HttpRequest& request, std::string_view name) {
  const std::string* value = find_header(request.headers, name);
  return value == nullptr ? "(none)" : *value;
}

}  // namespace storelink::testing
