#include <fmt/format.h>

#include "codec/url.hpp"
#include "http/client_options.hpp"
#include "http/curl_exchange.hpp"

namespace storelink {

namespace http {

namespace {

class CurlTransport final : public Transport {
 public:
  explicit CurlTransport(ClientOptions options)
      : handles_(std::make_shared<CurlHandles>(std::move(options))) {}

  Task<HttpResponse> send_async(HttpRequest request) override {
    Context& context = *co_await current_context();
    context.check();
    if (!handles_->options().allow_http && request.url.starts_with("http://")) {
      throw Error(
          ErrorKind::generic,
          fmt::format("refused to send a request to {} without TLS: use https, or set the client option "
                      "allow_http to true",
                      codec::parse_url(request.url).authority()));
    }
    if (request.sink == Sink::stream) {
      HttpResponse response = co_await stream_exchange(handles_, std::move(request));
      co_return response;
    }
    CollectExchange exchange(handles_, std::move(request), context);
    HttpResponse response = co_await exchange;
    co_return response;
  }

 private:
  std::shared_ptr<CurlHandles> handles_;
};

}  // namespace

std::shared_ptr<Transport> make_curl_transport(ClientOptions options) {
  return std::make_shared<CurlTransport>(std::move(options));
}

}  // namespace http
}  // namespace storelink
