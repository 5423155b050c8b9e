#include "cloud/multipart.hpp"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <optional>
#include <random>

#include "base/background.hpp"
#include "base/runtime.hpp"
#include "codec/text.hpp"
#include "storelink/detail/shared_upload.hpp"
#include "storelink/detail/waiter.hpp"

namespace storelink::cloud {

namespace {

using http::Repeat;
using http::SendOptions;

SendOptions completing(Repeat repeat) {
  SendOptions options(repeat);
  options.error_in_success = true;  // S3 begins its answer before it knows
  return options;
}

Task<std::string> request_upload(SharedService service, MultipartRequest request) {
  const MultipartDialect& dialect = service->dialect->multipart();
  HttpRequest start = dialect.start(request);
  HttpResponse response = co_await send_async(service.get(), std::move(start), SendOptions());
  if (!is_success(response))
    throw service->error(Situation("start of a multipart upload", service->name, request.path), response);
  std::string id = dialect.parse_start(response);
  if (id.empty())
    throw Error(ErrorKind::generic, "the service started a multipart upload without giving its id");
  co_return id;
}

// An upload that the service does not have (any more) counts as aborted.
Task<void> abort_upload(SharedService service, std::string key, std::string upload) {
  const MultipartDialect& dialect = service->dialect->multipart();
  if (!dialect.knows_uploads()) co_return;
  HttpRequest request = dialect.abort(key, upload);
  HttpResponse response = co_await send_async(service.get(), std::move(request), SendOptions());
  if (!is_success(response) && response.status != 404)
    throw service->error(Situation("abort of a multipart upload", service->name, key), response);
}

// The start of an upload, for the operation that waits for it.
struct Start {
  explicit Start(Context& context) : waiter(std::make_shared<Waiter>(context)) {}
  const std::shared_ptr<Waiter> waiter;
  std::string id;
  std::exception_ptr failure;
};

// Goes on when the operation is stopped: only the answer says which upload to abort then.
Task<void> run_start(std::shared_ptr<Start> start, SharedService service, MultipartRequest request) {
  std::string id;
  std::exception_ptr failure;
  try {
    id = co_await request_upload(service, request);
  } catch (...) {
    failure = std::current_exception();
  }
  const bool awaited = start->waiter->end([&] {
    start->id = id;
    start->failure = failure;
  });
  if (!awaited && !failure) co_await abort_upload(std::move(service), std::move(request.path), std::move(id));
}

// The id of a new upload.
Task<std::string> start_upload(SharedService service, MultipartRequest request) {
  if (!service->dialect->multipart().knows_uploads()) co_return random_id();
  Context& context = *co_await current_context();
  const auto start = std::make_shared<Start>(context);
  spawn_background(run_start(start, std::move(service), std::move(request)));
  Waiter::Wait started(start->waiter);
  co_await started;
  if (start->failure) std::rethrow_exception(start->failure);
  co_return std::move(start->id);
}

Task<HttpResponse> head_of(SharedService service, std::string key) {
  GetRequest request(std::move(key));
  request.head = true;
  HttpRequest head = service->dialect->get(request, request.range, {});
  HttpResponse response = co_await send_async(service.get(), std::move(head), SendOptions());
  co_return response;
}

Task<Attributes> attributes_of(SharedService service, std::string key) {
  HttpResponse response = co_await head_of(service, key);
  if (!is_success(response)) throw service->error(Situation("head", service->name, key), response);
  co_return parse_attributes(response.headers, service->dialect->header_names());
}

// The etag that a HEAD finds, or empty.
Task<std::string> present_e_tag(SharedService service, std::string key) {
  HttpResponse response = co_await head_of(service, std::move(key));
  const std::string* e_tag = find_header(response.headers, "etag");
  if (is_success(response) && e_tag != nullptr) co_return *e_tag;
  co_return std::string();
}

Task<PutResult> complete_upload(SharedService service, MultipartRequest start, std::string upload,
                                std::vector<UploadedPart> parts, Condition condition) {
  const MultipartDialect& dialect = service->dialect->multipart();
  const bool create = condition == Condition::create;
  HttpRequest request = dialect.complete(start, upload, parts, create);
  int tries = 0;
  HttpResponse response =
      co_await send_async(service.get(), std::move(request),
                          completing(create ? Repeat::if_not_arrived : Repeat::always), &tries);
  if (is_success(response)) co_return dialect.parse_complete(response);

  Situation situation("complete of a multipart upload", service->name, start.path);
  situation.condition = condition;
  Error failure = service->error(situation, response);
  // A try whose answer was lost may have completed the upload, which is gone then.
  const std::string expected = dialect.expected_e_tag(parts);
  if (response.status == 404 && tries > 1 && !expected.empty()) {
    const std::string present = co_await present_e_tag(service, start.path);
    if (present == expected) {
      PutResult result;
      result.e_tag = expected;
      co_return result;
    }
  }
  throw failure;
}

class CloudUpload final : public MultipartUpload {
 public:
  CloudUpload(SharedService service, MultipartRequest request, std::string id)
      : service_(std::move(service)), request_(std::move(request)), id_(std::move(id)) {}

  ~CloudUpload() override {
    // In a child of fork() the upload is the parent's.
    if (state_ != State::open || made_in_ != fork_generation()) return;
    try {
      spawn_background(abort_upload(service_, request_.path, id_));
    } catch (...) {
      // No memory for the task: the service's own clean-up rules are left.
    }
  }

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    const MultipartDialect& dialect = service_->dialect->multipart();
    if (index >= dialect.max_parts()) {
      throw Error(ErrorKind::generic,
                  fmt::format("part {} is one too many: an upload has at most {} parts; make them larger",
                              index, dialect.max_parts()))
          .at(service_->name, request_.path);
    }
    const Flight flight(this, index);
    if (part.empty() && !dialect.takes_empty_parts()) {
      UploadedPart nothing;
      nothing.sent = false;
      const std::lock_guard lock(mutex_);
      parts_.insert_or_assign(index, std::move(nothing));
      co_return;
    }
    try {
      const std::size_t size = part.size();
      std::function<HttpRequest()> make = [&dialect, this, index, bytes = std::move(part)] {
        return dialect.put_part(request_.path, id_, index, bytes);
      };
      HttpRequest request = co_await build_async(size, std::move(make));
      const HttpRequest sent = request;
      HttpResponse response = co_await send_async(service_.get(), std::move(request), SendOptions());
      if (!is_success(response))
        throw service_->error(Situation(fmt::format("put of part {}", index), service_->name, request_.path),
                              response);
      UploadedPart uploaded = dialect.parse_part(sent, response);
      const std::lock_guard lock(mutex_);
      parts_.insert_or_assign(index, std::move(uploaded));
    } catch (const Error& error) {
      throw error.at(service_->name, request_.path);
    }
  }

  Task<PutResult> complete_async() override {
    std::vector<UploadedPart> parts = begin_complete();
    try {
      PutResult result;
      if (parts.empty()) {
        result = co_await put_empty();
      } else {
        result = co_await complete_upload(service_, request_, id_, std::move(parts), Condition::none);
      }
      end_complete(State::completed);
      co_return result;
    } catch (const Error& error) {
      end_complete(State::open);
      throw error.at(service_->name, request_.path);
    } catch (...) {
      end_complete(State::open);
      throw;
    }
  }

  Task<void> abort_async() override {
    {
      const std::lock_guard lock(mutex_);
      if (state_ == State::aborted) co_return;
      if (state_ != State::open) throw refusal("abort");
      // Set first: what is still under way must not put parts behind the abort. A failed one can be repeated.
      state_ = State::aborted;
    }
    bool aborted = false;
    std::exception_ptr failure;
    try {
      co_await abort_upload(service_, request_.path, id_);
      aborted = true;
    } catch (...) {
      failure = std::current_exception();
    }
    {
      const std::lock_guard lock(mutex_);
      if (aborted)
        unfinished_.reset();
      else
        state_ = State::open;
    }
    if (failure) rethrow_named(failure);
  }

 private:
  enum class State : std::uint8_t { open, completing, completed, aborted };

  // A part under way. While it is, the part counts as missing, and the upload cannot be completed.
  class Flight {
   public:
    Flight(CloudUpload* upload, std::size_t index) : upload_(upload) {
      const std::lock_guard lock(upload->mutex_);
      if (upload->state_ != State::open) throw upload->refusal("put a part into");
      upload->parts_.erase(index);
      ++upload->under_way_;
    }
    ~Flight() {
      const std::lock_guard lock(upload_->mutex_);
      --upload_->under_way_;
    }
    Flight(const Flight&) = delete;
    Flight& operator=(const Flight&) = delete;

   private:
    CloudUpload* upload_;
  };

  // With the lock held.
  Error refusal(std::string_view what) const {
    std::string_view state = "is open";
    switch (state_) {
      case State::open: break;
      case State::completing: state = "is being completed"; break;
      case State::completed: state = "is complete"; break;
      case State::aborted: state = "was aborted"; break;
    }
    return Error(ErrorKind::generic, fmt::format("cannot {} a multipart upload that {}", what, state))
        .at(service_->name, request_.path);
  }

  std::vector<UploadedPart> begin_complete() {
    const std::lock_guard lock(mutex_);
    if (state_ != State::open) throw refusal("complete");
    if (under_way_ != 0) {
      throw Error(ErrorKind::generic,
                  fmt::format("cannot complete a multipart upload while {} of its parts {} under way",
                              under_way_, under_way_ == 1 ? "is" : "are"))
          .at(service_->name, request_.path);
    }
    std::vector<UploadedPart> parts;
    parts.reserve(parts_.size());
    for (const auto& [index, part] : parts_) {
      if (index != parts.size()) {
        throw Error(ErrorKind::generic,
                    fmt::format("cannot complete a multipart upload: part {} was not put, part {} was",
                                parts.size(), index))
            .at(service_->name, request_.path);
      }
      parts.push_back(part);
    }
    state_ = State::completing;
    return parts;
  }

  void end_complete(State state) {
    const std::lock_guard lock(mutex_);
    state_ = state;
    if (state == State::completed) unfinished_.reset();
  }

  // S3 completes no upload without parts.
  Task<PutResult> put_empty() {
    PutRequest empty(request_.path, Bytes());
    empty.attributes = request_.attributes;
    empty.tags = request_.tags;
    HttpRequest request = service_->dialect->put(empty);
    HttpResponse response = co_await send_async(service_.get(), std::move(request), SendOptions());
    if (!is_success(response))
      throw service_->error(Situation("put of an empty object", service_->name, request_.path), response);
    PutResult result = parse_put_result(response.headers, service_->dialect->header_names());
    try {
      co_await abort_upload(service_, request_.path, id_);
    } catch (const Error&) {
      // The object is there whatever becomes of the upload.
    }
    co_return result;
  }

  [[noreturn]] void rethrow_named(const std::exception_ptr& failure) const {
    try {
      std::rethrow_exception(failure);
    } catch (const Error& error) {
      throw error.at(service_->name, request_.path);
    }
  }

  const SharedService service_;
  const MultipartRequest request_;
  const std::string id_;
  const std::uint64_t made_in_ = fork_generation();

  std::mutex mutex_;  // guards the rest
  State state_ = State::open;
  std::size_t under_way_ = 0;
  std::map<std::size_t, UploadedPart> parts_;
  std::optional<UnfinishedWork> unfinished_{std::in_place};  // until it is completed or aborted
};

}  // namespace

std::string random_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

Task<std::unique_ptr<MultipartUpload>> start_multipart_async(SharedService service,
                                                             MultipartRequest request) {
  std::string id = co_await start_upload(service, request);
  auto upload = std::make_shared<CloudUpload>(std::move(service), std::move(request), std::move(id));
  co_return make_shared_upload(std::move(upload));
}

Task<void> copy_by_multipart_async(SharedService service, std::string from, std::string to) {
  const MultipartDialect& dialect = service->dialect->multipart();
  MultipartRequest target(to);
  target.attributes = co_await attributes_of(service, from);
  std::string id = co_await start_upload(service, target);
  std::exception_ptr failure;
  try {
    HttpRequest request = dialect.copy_part(to, id, 0, from);
    HttpResponse response =
        co_await send_async(service.get(), std::move(request), completing(Repeat::always));
    if (!is_success(response)) throw service->error(Situation("copy", service->name, from), response);
    std::vector<UploadedPart> parts;
    parts.push_back(dialect.parse_copied_part(response));
    co_await complete_upload(service, std::move(target), id, std::move(parts), Condition::create);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return;
  spawn_background(abort_upload(service, to, id));
  std::rethrow_exception(failure);
}

}  // namespace storelink::cloud
