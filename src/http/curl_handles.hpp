// CurlHandles: easy handles with a store's client options set, kept for reuse, and what they share.
#pragma once

#include <curl/curl.h>

#include <atomic>

#include "http/client_options.hpp"

namespace storelink::http {

// A time limit for libcurl, to which 0 means "no limit": a shorter time is one millisecond.
long curl_milliseconds(std::chrono::nanoseconds time);

// Why `easy` could not connect: the system's reason, or else libcurl's.
std::string connect_failure(CURL* easy, CURLcode code);

// Has the kernel probe the peer of a TCP connection, so that a dead one is noticed after
// http2_keep_alive_interval and http2_keep_alive_timeout (20 s), whole seconds each. Nothing without an
// interval.
void probe_peer(int fd, const ClientOptions& options) noexcept;

// Thread-safe. After a fork the child starts with none of its parent's handles.
class CurlHandles {
 public:
  explicit CurlHandles(ClientOptions options);
  ~CurlHandles();
  CurlHandles(const CurlHandles&) = delete;
  CurlHandles& operator=(const CurlHandles&) = delete;

  const ClientOptions& options() const noexcept { return options_; }
  // By the options or by the environment (http_proxy, https_proxy, all_proxy).
  bool has_proxy() const noexcept { return has_proxy_; }

  // A handle with every option set that does not change from request to request.
  CURL* take();
  void give_back(CURL* easy) noexcept;

 private:
  struct Pool;
  Pool& pool();
  void configure(CURL* easy, CURLSH* share) const;
  void configure_trust(CURL* easy) const;

  const ClientOptions options_;
  const bool has_proxy_;
  std::atomic<Pool*> pool_{nullptr};
};

}  // namespace storelink::http
