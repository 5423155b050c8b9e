// A Transport between a store and a real one.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "http/client_options.hpp"
#include "storelink/transport.hpp"

namespace storelink::testing {

// The library's own, also for plain http.
inline std::shared_ptr<Transport> plain_transport() {
  http::ClientOptions options;
  options.allow_http = true;
  return http::make_transport(std::move(options));
}

// Keeps the requests, and sends what `change` makes of them. Thread-safe if `change` is.
class TappedTransport final : public Transport {
 public:
  using Change = std::function<void(HttpRequest&)>;
  explicit TappedTransport(Change change = {}) : change_(std::move(change)) {}

  Task<HttpResponse> send_async(HttpRequest request) override {
    {
      const std::lock_guard lock(mutex_);
      requests_.push_back(request);
    }
    if (change_) change_(request);
    return real_->send_async(std::move(request));
  }

  std::vector<HttpRequest> requests() const {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  const Change change_;
  const std::shared_ptr<Transport> real_ = plain_transport();
  mutable std::mutex mutex_;
  std::vector<HttpRequest> requests_;
};

}  // namespace storelink::testing
