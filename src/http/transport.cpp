#include <fmt/format.h>

#include "codec/url.hpp"
#include "http/client_options.hpp"
#include "http/curl_wire.hpp"
#include "http/http1_connection.hpp"

namespace storelink {

namespace http {

namespace {

// HTTP/2 and proxies are libcurl's.
std::shared_ptr<const Carrier> make_carrier(ClientOptions options) {
  const bool http1 = options.http1_only;
  auto handles = std::make_shared<CurlHandles>(std::move(options));
  if (http1 && !handles->has_proxy()) return std::make_shared<Http1Carrier>(std::move(handles));
  return std::make_shared<CurlCarrier>(std::move(handles));
}

class NetworkTransport final : public Transport {
 public:
  explicit NetworkTransport(ClientOptions options) : carrier_(make_carrier(std::move(options))) {}

  Task<HttpResponse> send_async(HttpRequest request) override {
    Context& context = *co_await current_context();
    context.check();
    if (!carrier_->options().allow_http && request.url.starts_with("http://")) {
      throw Error(
          ErrorKind::generic,
          fmt::format("refused to send a request to {} without TLS: use https, or set the client option "
                      "allow_http to true",
                      codec::parse_url(request.url).authority()));
    }
    if (request.sink == Sink::stream) {
      HttpResponse response = co_await stream_exchange(carrier_, std::move(request));
      co_return response;
    }
    CollectExchange exchange(carrier_, std::move(request), context);
    HttpResponse response = co_await exchange;
    co_return response;
  }

 private:
  std::shared_ptr<const Carrier> carrier_;
};

}  // namespace

std::shared_ptr<Transport> make_transport(ClientOptions options) {
  return std::make_shared<NetworkTransport>(std::move(options));
}

}  // namespace http
}  // namespace storelink
