#include "cloud/cloud_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/blocking.hpp"
#include "base/list_page.hpp"
#include "cloud/bulk_delete.hpp"
#include "cloud/get_response.hpp"
#include "cloud/multipart.hpp"
#include "codec/text.hpp"
#include "http/retry.hpp"

namespace storelink::cloud {

namespace {

using http::Repeat;
using http::SendOptions;

// What a get needs as long as its body may have to be asked for again.
struct GetCall {
  GetCall(SharedService s, GetRequest r) : service(std::move(s)), request(std::move(r)) {}
  const SharedService service;
  const GetRequest request;
};

Task<HttpRequest> make_get(std::shared_ptr<const GetCall> call, GetRange range, std::string if_match) {
  HttpRequest request = call->service->dialect->get(call->request, range, if_match);
  append_given(request.headers, call->request.headers);
  request.sink = call->request.sink;
  request.collect_up_to = call->request.collect_up_to;
  request.buffer = call->request.buffer;
  co_await call->service->signer->sign_async(&request);
  co_return request;
}

// Names the object in the errors of its stream, and sees to it that a stream that ends too early, or with
// other bytes than the service has, is none that ended.
class NamedStream final : public BodyStream {
 public:
  NamedStream(std::unique_ptr<BodyStream> inner, std::shared_ptr<const GetCall> call, std::uint64_t expected,
              std::shared_ptr<BodyCheck> check)
      : inner_(std::move(inner)), call_(std::move(call)), left_(expected), check_(std::move(check)) {}

  Task<Bytes> next_async() override {
    try {
      Bytes piece = co_await inner_->next_async();
      if (piece.size() > left_ || (piece.empty() && left_ != 0))
        throw Error(ErrorKind::io, "the service sent another number of bytes than it announced");
      left_ -= piece.size();
      if (check_) check_->update(piece.view());
      if (check_ && left_ == 0) std::exchange(check_, nullptr)->finish();
      co_return piece;
    } catch (const Error& error) {
      throw error.at(call_->service->name, call_->request.path);
    }
  }

 private:
  const std::unique_ptr<BodyStream> inner_;
  const std::shared_ptr<const GetCall> call_;
  std::uint64_t left_;
  std::shared_ptr<BodyCheck> check_;
};

Task<void> check_body(std::shared_ptr<BodyCheck> check, std::string_view body) {
  auto work = [check, body] {
    check->update(body);
    check->finish();
  };
  if (body.size() < long_to_hash) {
    work();
    co_return;
  }
  co_await run_blocking(std::move(work));
}

// S3 answers 416 to every range of an empty object; its last n bytes are nevertheless well-defined: none.
bool is_suffix_of_nothing(const HttpResponse& response, const GetRequest& request) {
  if (response.status != 416 || request.range.kind() != GetRange::Kind::suffix) return false;
  const std::string* header = find_header(response.headers, "content-range");
  if (header == nullptr) return true;
  const auto range = parse_content_range(*header);
  return range && range->size == 0;
}

Error get_error(const GetCall& call, const HttpResponse& response) {
  Situation situation(call.request.head ? "head" : "get", call.service->name, call.request.path);
  situation.range = call.request.range;
  return call.service->error(situation, response);
}

Task<GetResult> head_object(std::shared_ptr<const GetCall> call) {
  HttpRequest request = call->service->dialect->get(call->request, GetRange(), {});
  append_given(request.headers, call->request.headers);
  HttpResponse response = co_await send_async(call->service.get(), std::move(request), SendOptions());
  if (!is_success(response)) throw get_error(*call, response);
  co_return make_head_result(response, call->request, call->service->dialect->header_names());
}

Task<GetResult> empty_suffix(std::shared_ptr<const GetCall> call, Error failure) {
  GetRequest request = call->request;
  request.head = true;
  request.range = GetRange();
  GetResult result = co_await head_object(std::make_shared<const GetCall>(call->service, std::move(request)));
  if (result.meta.size != 0) throw failure;
  if (call->request.sink == Sink::stream) {
    class Nothing final : public BodyStream {
      Task<Bytes> next_async() override { co_return Bytes(); }
    };
    result.stream = std::make_unique<Nothing>();
  }
  co_return result;
}

Task<GetResult> get_object(std::shared_ptr<const GetCall> call) {
  http::MakeGet make = [call](GetRange range, std::string if_match) {
    return make_get(call, range, std::move(if_match));
  };
  http::MakeGet again = make;
  HttpResponse response = co_await call->service->client.get_async(std::move(make), call->request.range);
  if (!is_success(response) && call->service->signer->learn(response))
    response = co_await call->service->client.get_async(std::move(again), call->request.range);
  if (!is_success(response)) {
    Error failure = get_error(*call, response);
    if (!is_suffix_of_nothing(response, call->request)) throw failure;
    GetResult nothing = co_await empty_suffix(std::move(call), std::move(failure));
    co_return nothing;
  }
  std::shared_ptr<BodyCheck> check;
  if (response.status == 200 && call->request.range.kind() == GetRange::Kind::all)
    check = call->service->dialect->body_check(response.headers);
  GetResult result =
      make_get_result(std::move(response), call->request, call->service->dialect->header_names());
  if (result.stream) {
    auto inner = std::move(result.stream);
    result.stream =
        std::make_unique<NamedStream>(std::move(inner), call, result.end - result.start, std::move(check));
  } else if (check) {
    std::string_view body = result.body.view();
    if (call->request.sink == Sink::into)
      body = {reinterpret_cast<const char*>(call->request.buffer.data()), result.end};
    co_await check_body(std::move(check), body);
  }
  co_return result;
}

// For services that know no such ranges: the size is asked for, then the range by its bounds. An object that
// is replaced in between is asked for anew.
Task<GetResult> get_suffix(std::shared_ptr<const GetCall> call) {
  for (int tries = 1;; ++tries) {
    GetRequest request = call->request;
    request.head = true;
    request.range = GetRange();
    const GetResult whole =
        co_await head_object(std::make_shared<const GetCall>(call->service, std::move(request)));
    request = call->request;
    const std::uint64_t size = whole.meta.size;
    request.range = GetRange::offset(size - std::min(size, call->request.range.suffix_length()));
    if (size == 0) request.range = GetRange();
    request.if_match = whole.meta.e_tag;
    try {
      co_return co_await get_object(std::make_shared<const GetCall>(call->service, std::move(request)));
    } catch (const Error& error) {
      // What the caller had asked for held a moment ago, in the HEAD.
      if (error.kind() != ErrorKind::precondition || tries == 5) throw;
    }
  }
}

// Waits for a copy that the service makes behind its answer.
Task<void> copy_end(SharedService service, std::string to, HttpResponse answer) {
  std::chrono::milliseconds wait(100);
  while (service->dialect->copy_goes_on(answer)) {
    co_await sleep_for(wait);
    wait = std::min(wait * 2, std::chrono::milliseconds(5000));
    GetRequest head(to);
    head.head = true;
    HttpRequest request = service->dialect->get(head, GetRange(), {});
    answer = co_await send_async(service.get(), std::move(request), SendOptions());
    if (!is_success(answer)) throw service->error(Situation("copy", service->name, to), answer);
  }
}

Condition condition_of(const PutMode& mode) {
  switch (mode.kind) {
    case PutMode::Kind::overwrite: return Condition::none;
    case PutMode::Kind::create: return Condition::create;
    case PutMode::Kind::update: return Condition::update;
  }
  return Condition::none;
}

// S3 says 409 when two conditional writes meet: neither tells what the other did, and the loser has to ask
// again.
bool met_another_write(const HttpResponse& response, Condition condition, const ServiceError& service) {
  return response.status == 409 && condition != Condition::none &&
         (service.code == "ConditionalRequestConflict" || service.code == "OperationAborted");
}

Task<HttpResponse> send_write(const Service* service, HttpRequest request, Condition condition) {
  RetryConfig quick;
  quick.init_backoff = std::chrono::milliseconds(20);
  quick.max_backoff = std::chrono::seconds(1);
  quick.max_retries = 8;
  std::optional<http::Backoff> backoff;
  for (;;) {
    const SendOptions options(condition == Condition::none ? Repeat::always : Repeat::if_not_arrived);
    HttpResponse response = co_await send_async(service, request, options);
    if (is_success(response) ||
        !met_another_write(response, condition, service->dialect->parse_error(response)))
      co_return response;
    if (!backoff) backoff.emplace(quick);
    const auto wait = backoff->next({});
    if (!wait) co_return response;
    co_await sleep_for(*wait);
  }
}

bool is_method(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace

Task<GetResult> CloudStore::get_async(GetRequest request) {
  const auto call = std::make_shared<const GetCall>(service_, std::move(request));
  try {
    service_->dialect->check_key(call->request.path);
    check_get_request(call->request);
    if (call->request.head) co_return co_await head_object(call);
    const bool suffix = call->request.range.kind() == GetRange::Kind::suffix;
    if (suffix && !service_->dialect->has_suffix_ranges()) co_return co_await get_suffix(call);
    co_return co_await get_object(call);
  } catch (const Error& error) {
    throw error.at(service_->name, call->request.path);
  }
}

Task<PutResult> CloudStore::put_async(PutRequest request) {
  const SharedService service = service_;
  try {
    service->dialect->check_key(request.path);
    std::function<HttpRequest()> make = [&service, &request] {
      HttpRequest made = service->dialect->put(request);
      append_given(made.headers, request.headers);
      return made;
    };
    HttpRequest unsigned_request = co_await build_async(request.body.size(), std::move(make));
    Situation situation("put", service->name, request.path);
    situation.condition = condition_of(request.mode);
    HttpResponse response =
        co_await send_write(service.get(), std::move(unsigned_request), situation.condition);
    if (!is_success(response)) throw service->error(situation, response);
    co_return parse_put_result(response.headers, service->dialect->header_names());
  } catch (const Error& error) {
    throw error.at(service->name, request.path);
  }
}

Task<std::unique_ptr<MultipartUpload>> CloudStore::start_multipart_async(MultipartRequest request) {
  const std::string path = request.path;
  try {
    service_->dialect->check_key(path);
    co_return co_await cloud::start_multipart_async(service_, std::move(request));
  } catch (const Error& error) {
    throw error.at(service_->name, path);
  }
}

Task<void> CloudStore::delete_async(std::string path) {
  try {
    service_->dialect->check_key(path);
    co_await delete_one_async(service_, path);
  } catch (const Error& error) {
    throw error.at(service_->name, path);
  }
}

Task<std::vector<std::optional<Error>>> CloudStore::delete_many_async(std::vector<std::string> paths) {
  return cloud::delete_many_async(service_, std::move(paths));
}

Task<ListPage> CloudStore::list_page_async(ListRequest request) {
  const SharedService service = service_;
  try {
    HttpRequest unsigned_request = service->dialect->list(request);
    HttpResponse response = co_await send_async(service.get(), std::move(unsigned_request), SendOptions());
    if (!is_success(response))
      throw service->error(Situation("list", service->name, request.prefix), response);
    ListPage page = service->dialect->parse_list(response);
    // Services put the marker "dir/" below the prefix "dir", some take offsets for inclusive, and some do not
    // look at them where there is a delimiter.
    std::erase_if(page.objects, [&request](const ObjectMeta& meta) {
      return (!request.raw_prefix && !prefix_covers(request.prefix, meta.path)) ||
             (!request.offset.empty() && meta.path <= request.offset);
    });
    std::erase_if(page.common_prefixes,
                  [&request](const std::string& prefix) { return !reaches_behind(request.offset, prefix); });
    co_return page;
  } catch (const Error& error) {
    throw error.at(service->name, request.prefix);
  }
}

Task<void> CloudStore::copy_async(CopyRequest request) {
  const SharedService service = service_;
  try {
    service->dialect->check_key(request.from);
    service->dialect->check_key(request.to);
    if (!request.overwrite && service->dialect->copy_create() == CopyCreate::multipart) {
      co_await copy_by_multipart_async(service, request.from, request.to);
      co_return;
    }
    HttpRequest unsigned_request = service->dialect->copy(request);
    SendOptions options(request.overwrite ? Repeat::always : Repeat::if_not_arrived);
    options.error_in_success = true;
    HttpResponse response = co_await send_async(service.get(), std::move(unsigned_request), options);
    if (is_success(response)) {
      co_await copy_end(service, request.to, std::move(response));
      co_return;
    }
    Situation situation("copy", service->name, request.from);
    if (!request.overwrite) situation.condition = Condition::create;
    situation.conflict_status = service->dialect->copy_conflict_status();
    const Error failure = service->error(situation, response);
    if (failure.kind() != ErrorKind::already_exists) throw failure;
    ErrorDetails details = failure.details();
    details.path = request.to;
    throw Error(std::move(details));
  } catch (const Error& error) {
    throw error.at(service->name, request.from);
  }
}

Task<std::string> CloudStore::sign_async(SignRequest request) {
  try {
    service_->dialect->check_key(request.path);
    if (!is_method(request.method)) {
      throw Error(ErrorKind::generic,
                  fmt::format("{:?} is no HTTP method; use GET, PUT, HEAD, DELETE or POST", request.method));
    }
    std::string url = service_->dialect->object_url(request.path);
    std::string signed_url =
        co_await service_->signer->presign_async(request.method, std::move(url), request.expires_in);
    co_return signed_url;
  } catch (const Error& error) {
    throw error.at(service_->name, request.path);
  }
}

std::shared_ptr<ObjectStore> make_cloud_store(SharedService service, std::string prefix) {
  std::shared_ptr<ObjectStore> store = std::make_shared<CloudStore>(std::move(service));
  return prefix.empty() ? store : make_prefix_store(std::move(store), std::move(prefix));
}

http::Client make_client(std::shared_ptr<Transport> given, const http::ClientOptions& options,
                         const RetryConfig& retry) {
  return http::Client(given ? std::move(given) : http::make_transport(options), retry);
}

}  // namespace storelink::cloud
