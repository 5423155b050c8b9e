#include "cloud/service.hpp"

#include "base/blocking.hpp"

namespace storelink::cloud {

namespace {

Task<HttpRequest> signed_copy(const Service* service, const HttpRequest* request, int* tries) {
  if (tries != nullptr) ++*tries;
  HttpRequest copy = *request;
  co_await service->signer->sign_async(&copy);
  co_return copy;
}

}  // namespace

Error Service::error(const Situation& situation, const HttpResponse& response) const {
  return without_credentials(
      make_error(situation, response, dialect->parse_error(response), dialect->header_names()));
}

Error Service::error(const Situation& situation, const DeleteFailure& failure) const {
  return without_credentials(make_code_error(situation, failure));
}

Error Service::without_credentials(const Error& error) const {
  ErrorDetails details = error.details();
  signer->redact(details.message);
  return Error(std::move(details));
}

Task<HttpResponse> send_async(const Service* service, HttpRequest request, http::SendOptions options,
                              int* tries) {
  const HttpRequest* prototype = &request;
  http::MakeRequest make = [service, prototype, tries]() { return signed_copy(service, prototype, tries); };
  http::MakeRequest again = make;
  HttpResponse response = co_await service->client.send_async(std::move(make), options);
  if (!is_success(response) && service->signer->learn(response)) {
    if (tries != nullptr) *tries = 0;
    response = co_await service->client.send_async(std::move(again), options);
  }
  co_return response;
}

Task<HttpRequest> build_async(std::size_t body_size, std::function<HttpRequest()> make) {
  if (body_size < long_to_hash) co_return make();
  HttpRequest request = co_await run_blocking(std::move(make));
  co_return request;
}

}  // namespace storelink::cloud
