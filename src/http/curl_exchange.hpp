// CurlExchange: one request and its response on an event loop.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/runtime.hpp"
#include "http/curl_handles.hpp"
#include "storelink/transport.hpp"

namespace storelink::http {

// What every kind of sink has in common: the request's options, the header lines, the end. All of it happens
// on the loop's thread. Subclasses take a 2xx body; any other body is collected here.
class CurlExchange : public EventLoop::Transfer {
 public:
  CurlExchange(std::shared_ptr<CurlHandles> handles, HttpRequest request);
  ~CurlExchange() override;
  CurlExchange(const CurlExchange&) = delete;
  CurlExchange& operator=(const CurlExchange&) = delete;

 protected:
  // Hands the request to libcurl.
  void begin(EventLoop& loop);
  EventLoop& loop() const noexcept { return *loop_; }
  EventLoop::TransferId id() const noexcept { return id_; }
  CURL* easy() const noexcept { return easy_; }

  bool success() const noexcept { return response_.status >= 200 && response_.status < 300; }
  std::optional<std::uint64_t> content_length() const noexcept { return content_length_; }

  // The final response's headers are complete.
  virtual void headers_done() = 0;
  // Takes a piece of a 2xx body: its size, CURL_WRITEFUNC_PAUSE to be asked again, or 0 to give up.
  virtual std::size_t take(const char* data, std::size_t size) = 0;

  // For finished(): what went wrong, or nothing. Gives the handle back.
  std::optional<TransportError> conclude(CURLcode code);

  HttpRequest request_;
  HttpResponse response_;
  std::string refusal_;  // why take() gave up

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self);
  void header_line(std::string_view line);
  void set_request();
  void set_headers();
  void release() noexcept;
  TransportError describe(CURLcode code) const;

  std::shared_ptr<CurlHandles> handles_;
  CURL* easy_ = nullptr;
  EventLoop* loop_ = nullptr;
  EventLoop::TransferId id_ = 0;
  bool headers_done_ = false;
  std::optional<std::uint64_t> content_length_;
  std::string other_body_;
  std::string header_text_;
  std::vector<curl_slist> header_list_;
};

// The awaitable of collect and into. Lives in the frame of the coroutine that awaits it.
class CollectExchange final : public CurlExchange {
 public:
  CollectExchange(std::shared_ptr<CurlHandles> handles, HttpRequest request, Context& context)
      : CurlExchange(std::move(handles), std::move(request)), context_(context) {}

  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<> caller);
  HttpResponse await_resume();

 private:
  void start(EventLoop& loop);
  void headers_done() override;
  std::size_t take(const char* data, std::size_t size) override;
  void finished(CURLcode code) noexcept override;

  // Comes from any thread, maybe when this object is gone: it names the transfer by its id.
  struct Stop {
    EventLoop* loop;
    EventLoop::TransferId id;
    void operator()() const {
      loop->post([copy = *this] { copy.loop->abort(copy.id); });
    }
  };

  Context& context_;
  std::coroutine_handle<> caller_;
  std::optional<std::stop_callback<Stop>> stop_;
  Buffer buffer_;        // a body of known length
  std::string growing_;  // one of unknown length
  bool has_length_ = false;
  std::size_t received_ = 0;
  std::optional<TransportError> failure_;
};

// Runs on the background loop, since it outlives the call that made it. Resolves when the headers are there,
// or at the end for a response that is not a 2xx.
Task<HttpResponse> stream_exchange(std::shared_ptr<CurlHandles> handles, HttpRequest request);

}  // namespace storelink::http
