#include "wrappers/each_call.hpp"

#include <utility>

#include "storelink/detail/shared_upload.hpp"

namespace storelink {

namespace {

using SharedPolicy = std::shared_ptr<CallPolicy>;

// Awaits a task in another context than that of the coroutine that awaits it.
template <class T>
class Inside {
 public:
  Inside(Task<T> task, Context& context) : task_(std::move(task)), context_(context) {}
  bool await_ready() const noexcept { return false; }
  bool await_suspend(std::coroutine_handle<> caller) {
    caller_ = caller;
    task_.start(context_, &Inside::ended, this);
    return !second_.exchange(true, std::memory_order_acq_rel);
  }
  T await_resume() { return task_.result(); }

 private:
  static void ended(void* self) noexcept {
    auto* inside = static_cast<Inside*>(self);
    if (inside->second_.exchange(true, std::memory_order_acq_rel)) inside->caller_.resume();
  }
  Task<T> task_;
  Context& context_;
  std::coroutine_handle<> caller_;
  std::atomic<bool> second_{false};  // the second of the caller's suspension and the task's end goes on
};

// Runs a verb with its passage, which is lent for what its result still has to tell.
template <class T>
Task<T> run(Passage* passage, Task<T> verb) {
  Context& context = *co_await current_context();
  Inside<T> inside(std::move(verb), passage->context(context));
  try {
    co_return co_await inside;
  } catch (...) {
    passage->failed();
    throw;
  }
}

std::uint64_t size_of(const std::vector<Bytes>& pieces) {
  std::uint64_t size = 0;
  for (const Bytes& piece : pieces) size += piece.size();
  return size;
}

class PassingStream final : public BodyStream {
 public:
  PassingStream(std::unique_ptr<BodyStream> inner, std::unique_ptr<Passage> passage)
      : inner_(std::move(inner)), passage_(std::move(passage)) {}

  Task<Bytes> next_async() override {
    if (!passage_) co_return co_await inner_->next_async();  // after the end
    Bytes piece = co_await run(passage_.get(), inner_->next_async());
    if (piece.empty())
      passage_.reset();
    else
      co_await passage_->moved_async(piece.size(), 0);
    co_return piece;
  }

 private:
  const std::unique_ptr<BodyStream> inner_;
  std::unique_ptr<Passage> passage_;
};

class PassingUpload final : public MultipartUpload {
 public:
  PassingUpload(std::unique_ptr<MultipartUpload> inner, SharedPolicy policy)
      : inner_(std::move(inner)), policy_(std::move(policy)) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    const std::uint64_t size = part.size();
    const auto passage = co_await policy_->enter_async(Verb::put_part);
    co_await run(passage.get(), inner_->put_part_async(index, std::move(part)));
    co_await passage->moved_async(size, 0);
  }
  Task<PutResult> complete_async() override {
    const auto passage = co_await policy_->enter_async(Verb::complete_multipart);
    co_return co_await run(passage.get(), inner_->complete_async());
  }
  Task<void> abort_async() override {
    const auto passage = co_await policy_->enter_async(Verb::abort_multipart);
    co_await run(passage.get(), inner_->abort_async());
  }

 private:
  const std::unique_ptr<MultipartUpload> inner_;
  const SharedPolicy policy_;
};

class EachCallStore final : public ObjectStore {
 public:
  EachCallStore(std::shared_ptr<ObjectStore> inner, SharedPolicy policy, std::string description)
      : inner_(std::move(inner)), policy_(std::move(policy)), description_(std::move(description)) {}

  Task<GetResult> get_async(GetRequest request) override {
    const bool head = request.head;
    auto passage = co_await policy_->enter_async(Verb::get);
    GetResult result = co_await run(passage.get(), inner_->get_async(std::move(request)));
    if (result.stream) {
      auto inner = std::move(result.stream);
      result.stream = std::make_unique<PassingStream>(std::move(inner), std::move(passage));
    } else if (!head) {
      co_await passage->moved_async(result.end - result.start, 0);
    }
    co_return result;
  }

  Task<std::vector<Bytes>> get_ranges_async(
      std::string path, std::vector<std::pair<std::uint64_t, std::uint64_t>> ranges) override {
    const auto passage = co_await policy_->enter_async(Verb::get_ranges);
    auto pieces = co_await run(passage.get(), inner_->get_ranges_async(std::move(path), std::move(ranges)));
    co_await passage->moved_async(size_of(pieces), 0);
    co_return pieces;
  }

  Task<PutResult> put_async(PutRequest request) override {
    const std::uint64_t size = request.body.size();
    const auto passage = co_await policy_->enter_async(Verb::put);
    PutResult result = co_await run(passage.get(), inner_->put_async(std::move(request)));
    co_await passage->moved_async(size, 0);
    co_return result;
  }

  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    const auto passage = co_await policy_->enter_async(Verb::start_multipart);
    auto upload = co_await run(passage.get(), inner_->start_multipart_async(std::move(request)));
    co_return make_shared_upload(std::make_shared<PassingUpload>(std::move(upload), policy_));
  }

  Task<void> delete_async(std::string path) override {
    const auto passage = co_await policy_->enter_async(Verb::remove);
    co_await run(passage.get(), inner_->delete_async(std::move(path)));
  }

  Task<std::vector<std::optional<Error>>> delete_many_async(std::vector<std::string> paths) override {
    const auto passage = co_await policy_->enter_async(Verb::remove_many);
    co_return co_await run(passage.get(), inner_->delete_many_async(std::move(paths)));
  }

  Task<ListPage> list_page_async(ListRequest request) override {
    const auto passage = co_await policy_->enter_async(Verb::list);
    ListPage page = co_await run(passage.get(), inner_->list_page_async(std::move(request)));
    co_await passage->moved_async(0, page.objects.size() + page.common_prefixes.size());
    co_return page;
  }

  Task<void> copy_async(CopyRequest request) override {
    const auto passage = co_await policy_->enter_async(Verb::copy);
    co_await run(passage.get(), inner_->copy_async(std::move(request)));
  }

  Task<void> rename_async(CopyRequest request) override {
    const auto passage = co_await policy_->enter_async(Verb::rename);
    co_await run(passage.get(), inner_->rename_async(std::move(request)));
  }

  Task<std::string> sign_async(SignRequest request) override {
    const auto passage = co_await policy_->enter_async(Verb::sign);
    co_return co_await run(passage.get(), inner_->sign_async(std::move(request)));
  }

  Capabilities capabilities() const noexcept override { return inner_->capabilities(); }
  std::string describe() const override { return description_; }

 private:
  const std::shared_ptr<ObjectStore> inner_;
  const SharedPolicy policy_;
  const std::string description_;
};

}  // namespace

Task<void> Passage::moved_async(std::uint64_t, std::uint64_t) {
  co_return;
}

std::shared_ptr<ObjectStore> make_each_call_store(std::shared_ptr<ObjectStore> inner,
                                                  std::shared_ptr<CallPolicy> policy,
                                                  std::string description) {
  return std::make_shared<EachCallStore>(std::move(inner), std::move(policy), std::move(description));
}

}  // namespace storelink
