// Requests through a transport, from tests.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "storelink/task.hpp"
#include "storelink/transport.hpp"

namespace storelink::testing {

inline HttpRequest request(const std::string& url, const std::string& method = "GET") {
  HttpRequest made;
  made.method = method;
  made.url = url;
  return made;
}

inline HttpResponse send(const std::shared_ptr<Transport>& through, HttpRequest made) {
  return drive(through->send_async(std::move(made)));
}

}  // namespace storelink::testing
