// Stores that take their time.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <string>

#include "base/blocking.hpp"
#include "storelink/object_store.hpp"

namespace storelink::testing {

// Nothing but a get, which each store below has in its own way.
class EmptyStore : public ObjectStore {
 public:
  Task<PutResult> put_async(PutRequest) override { co_return PutResult(); }
  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest) override {
    co_return nullptr;
  }
  Task<void> delete_async(std::string) override { co_return; }
  Task<ListPage> list_page_async(ListRequest) override { co_return ListPage(); }
  Task<void> copy_async(CopyRequest) override { co_return; }
  Capabilities capabilities() const noexcept override { return {}; }
  std::string describe() const override { return "EmptyStore"; }
};

// Its get never ends by itself, to be cancelled.
class WaitingStore final : public EmptyStore {
 public:
  Task<GetResult> get_async(GetRequest) override {
    co_await sleep_for(std::chrono::hours(1));
    co_return GetResult();
  }
};

// Its get ends when two of them are under way.
class MeetingStore final : public EmptyStore {
 public:
  Task<GetResult> get_async(GetRequest) override {
    ++arrived_;
    while (arrived_ < 2) co_await sleep_for(std::chrono::milliseconds(1));
    co_return GetResult();
  }

 private:
  std::atomic<int> arrived_{0};
};

// The given store after a moment: its operations end on the background loop, long after they were started.
class DelayedStore final : public ObjectStore {
 public:
  explicit DelayedStore(std::shared_ptr<ObjectStore> inner) : inner_(std::move(inner)) {}

  Task<GetResult> get_async(GetRequest request) override {
    co_await sleep_for(delay);
    GetResult result = co_await inner_->get_async(std::move(request));
    co_return result;
  }
  Task<PutResult> put_async(PutRequest request) override {
    co_await sleep_for(delay);
    PutResult result = co_await inner_->put_async(std::move(request));
    co_return result;
  }
  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    co_await sleep_for(delay);
    auto upload = co_await inner_->start_multipart_async(std::move(request));
    co_return upload;
  }
  Task<void> delete_async(std::string path) override {
    co_await sleep_for(delay);
    co_await inner_->delete_async(std::move(path));
  }
  Task<ListPage> list_page_async(ListRequest request) override {
    co_await sleep_for(delay);
    ListPage page = co_await inner_->list_page_async(std::move(request));
    co_return page;
  }
  Task<void> copy_async(CopyRequest request) override {
    co_await sleep_for(delay);
    co_await inner_->copy_async(std::move(request));
  }
  Capabilities capabilities() const noexcept override { return inner_->capabilities(); }
  std::string describe() const override { return inner_->describe(); }

 private:
  static constexpr auto delay = std::chrono::milliseconds(1);
  const std::shared_ptr<ObjectStore> inner_;
};

}  // namespace storelink::testing
