// CurlHandles: easy handles with a store's client options set, kept for reuse, and what they share.
#pragma once

#include <curl/curl.h>

#include <atomic>

#include "http/client_options.hpp"
#include "http/tls.hpp"

namespace storelink::http {

// A time limit for libcurl, to which 0 means "no limit": a shorter time is one millisecond.
long curl_milliseconds(std::chrono::nanoseconds time);

// Why `easy` could not connect: the system's reason, or else libcurl's.
std::string connect_failure(CURL* easy, CURLcode code);

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

  TlsTrust& trust() const noexcept { return trust_; }

  // A handle with every option set that does not change from request to request.
  CURL* take();
  void give_back(CURL* easy) noexcept;

 private:
  struct Pool;
  Pool& pool();
  void configure(CURL* easy, CURLSH* share) const;
  static CURLcode add_trust(CURL* easy, void* context, void* self) noexcept;

  const ClientOptions options_;
  const bool has_proxy_;
  mutable TlsTrust trust_;
  std::atomic<Pool*> pool_{nullptr};
};

}  // namespace storelink::http
