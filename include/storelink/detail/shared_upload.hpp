// Multipart uploads that their tasks keep alive.
#pragma once

#include <memory>
#include <utility>

#include "storelink/object_store.hpp"

namespace storelink {

namespace detail {

class SharedUpload final : public MultipartUpload {
 public:
  explicit SharedUpload(std::shared_ptr<MultipartUpload> inner) : inner_(std::move(inner)) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    return hold(inner_, inner_->put_part_async(index, std::move(part)));
  }
  Task<PutResult> complete_async() override { return hold(inner_, inner_->complete_async()); }
  Task<void> abort_async() override { return hold(inner_, inner_->abort_async()); }

 private:
  // The task is destroyed before what it uses.
  template <class T>
  static Task<T> hold([[maybe_unused]] std::shared_ptr<MultipartUpload> upload, Task<T> task) {
    co_return co_await task;
  }

  const std::shared_ptr<MultipartUpload> inner_;
};

}  // namespace detail

// What a store returns for `upload`: it ends when its owner and every task that it made have let go of it.
inline std::unique_ptr<MultipartUpload> make_shared_upload(std::shared_ptr<MultipartUpload> upload) {
  return std::make_unique<detail::SharedUpload>(std::move(upload));
}

}  // namespace storelink
