// Service: what every request to one bucket needs. Shared by the store, its uploads and its streams.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "cloud/dialect.hpp"
#include "cloud/errors.hpp"
#include "cloud/signer.hpp"
#include "http/client.hpp"

namespace storelink::cloud {

// Immutable once it is shared.
struct Service {
  Service(std::string n, std::string d, http::Client c)
      : name(std::move(n)), description(std::move(d)), client(std::move(c)) {}

  std::string name;         // for errors: "s3://bucket"
  std::string description;  // S3Store(bucket="bucket")
  http::Client client;
  std::unique_ptr<const Dialect> dialect;
  std::unique_ptr<Signer> signer;

  // The Error for a response that is no success.
  Error error(const Situation& situation, const HttpResponse& response) const;
  // The same for an error of one key inside a successful answer.
  Error error(const Situation& situation, const DeleteFailure& failure) const;

 private:
  Error without_credentials(const Error& error) const;
};

using SharedService = std::shared_ptr<const Service>;

// Signs and sends `request`, anew for each try. Any answer is returned; only a lost one throws. `tries`, if
// not null, counts the times it was sent and must outlive the task, as must the service.
Task<HttpResponse> send_async(const Service* service, HttpRequest request, http::SendOptions options,
                              int* tries = nullptr);

inline bool is_success(const HttpResponse& response) noexcept {
  return response.status >= 200 && response.status < 300;
}

// About half a millisecond of hashing, in bytes.
inline constexpr std::size_t long_to_hash = 1u << 20;

// Runs `make`, which returns a request with a body of `body_size` bytes and may hash it: off the I/O loops
// when that takes a while.
Task<HttpRequest> build_async(std::size_t body_size, std::function<HttpRequest()> make);

}  // namespace storelink::cloud
