// Exchanges as libcurl carries them: for HTTP/2 and through proxies.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "http/curl_handles.hpp"
#include "http/exchange.hpp"

namespace storelink::http {

class CurlCarrier final : public Carrier {
 public:
  explicit CurlCarrier(std::shared_ptr<CurlHandles> handles) : handles_(std::move(handles)) {}
  const ClientOptions& options() const noexcept override { return handles_->options(); }
  Wire* start(EventLoop& loop, Exchange& exchange) const override;

 private:
  std::shared_ptr<CurlHandles> handles_;
};

}  // namespace storelink::http
