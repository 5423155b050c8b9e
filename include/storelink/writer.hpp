// BufferedWriter: an object as a file that is written from the front.
//
// Header-only, on top of ObjectStore; in the runtime way, too.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <utility>

#include "storelink/detail/waiter.hpp"
#include "storelink/object_store.hpp"

namespace storelink {

struct WriterOptions {
  WriterOptions() {}
  std::size_t part_size = 10u << 20;  // bytes; what is not longer is one put
  bool always_in_parts = false;       // also what is not longer
  std::size_t concurrency = 12;       // parts under way at a time, each held in memory
  Attributes attributes;
  Tags tags;
};

namespace detail {

// What a writer and its parts under way share.
class PartsUnderWay : public std::enable_shared_from_this<PartsUnderWay> {
 public:
  // Waits while `limit` or more parts are under way. Throws the first failure of any, and
  // Error(cancelled) where the caller was stopped.
  static Task<void> wait_below(std::shared_ptr<PartsUnderWay> self, std::size_t limit) {
    Context& context = *co_await current_context();
    for (;;) {
      const auto waiter = std::make_shared<Waiter>(context);
      {
        const std::lock_guard lock(self->mutex_);
        if (self->count_ == 0 && self->failure_) std::rethrow_exception(self->failure_);
        if (self->count_ < limit && !self->failure_) co_return;
        self->waiter_ = waiter;
      }
      Waiter::Wait wait(waiter);
      co_await wait;
    }
  }

  void start(std::shared_ptr<MultipartUpload> upload, std::size_t index, Bytes part) {
    auto put = std::make_unique<Put>(shared_from_this(), std::move(upload));
    put->task = put->upload->put_part_async(index, std::move(part));
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    Put* started = put.release();
    started->task.start(started->context, &Put::ended, started);
  }

  void stop() { stop_.request_stop(); }

 private:
  // A part under way; deletes itself when it has ended.
  struct Put {
    Put(std::shared_ptr<PartsUnderWay> p, std::shared_ptr<MultipartUpload> u)
        : parts(std::move(p)),
          upload(std::move(u)),
          context(background_executor(), nullptr, false, parts->stop_.get_token()) {}
    std::shared_ptr<PartsUnderWay> parts;
    std::shared_ptr<MultipartUpload> upload;
    ExecutorContext context;
    Task<void> task;

    static void ended(void* self) noexcept {
      const std::unique_ptr<Put> put(static_cast<Put*>(self));
      put->parts->one_ended(put->task.failure());
    }
  };

  void one_ended(const std::exception_ptr& failure) {
    std::shared_ptr<Waiter> waiter;
    {
      const std::lock_guard lock(mutex_);
      --count_;
      if (failure && !failure_) failure_ = failure;
      waiter = std::exchange(waiter_, nullptr);
    }
    if (failure) stop();
    if (waiter) waiter->end();
  }

  std::stop_source stop_;
  std::mutex mutex_;  // guards the rest
  std::size_t count_ = 0;
  std::exception_ptr failure_;
  std::shared_ptr<Waiter> waiter_;
};

}  // namespace detail

// One call at a time. On a store without uploads in parts an object may have one part (not_supported
// otherwise). The object appears, whole, when close() returns; until then an older one stays as it
// is. After a failure (errors as ObjectStore::put() has them) the upload has been aborted and only
// destruction is left. A writer that is destroyed before it was closed writes nothing: the upload is aborted
// in the background when its parts under way have ended.
class BufferedWriter {
 public:
  // Throws Error(generic) for a part size or a concurrency of 0. Sends nothing.
  BufferedWriter(std::shared_ptr<ObjectStore> store, std::string path, WriterOptions options = {})
      : store_(std::move(store)), path_(std::move(path)), options_(std::move(options)) {
    if (options_.part_size == 0 || options_.concurrency == 0)
      throw Error(ErrorKind::generic, options_.part_size == 0
                                          ? "part_size is 0; accepted is any number of bytes from 1"
                                          : "concurrency is 0; accepted is any number from 1")
          .at(store_->describe(), path_);
  }
  BufferedWriter(BufferedWriter&&) = default;
  BufferedWriter& operator=(BufferedWriter&&) = delete;
  ~BufferedWriter() = default;

  // Takes the bytes; returns when they are in the buffer or on their way, which waits while `concurrency`
  // parts are. Whole parts of `data` are not copied.
  Task<void> write_async(Bytes data) {
    check_open();
    for (std::size_t offset = 0; offset < data.size();) {
      if (filled_ == options_.part_size || (filled_ == 0 && held_.size() == options_.part_size))
        co_await guarded(send_part(take_part()));
      const std::size_t rest = data.size() - offset;
      if (filled_ == 0 && rest >= options_.part_size) {
        held_ = data.slice(offset, options_.part_size);
        offset += options_.part_size;
        continue;
      }
      const std::size_t size = std::min(rest, options_.part_size - filled_);
      make_room(filled_ + size);
      std::memcpy(buffer_.data() + filled_, data.data() + offset, size);
      filled_ += size;
      offset += size;
    }
    written_ += data.size();
  }

  // Waits until every part that was sent has arrived. What is left in the buffer stays there: parts of a
  // multipart upload have one size.
  Task<void> flush_async() {
    check_open();
    if (parts_) co_await guarded(detail::PartsUnderWay::wait_below(parts_, 1));
  }

  // Writes the rest and makes the object.
  Task<PutResult> close_async() {
    check_open();
    PutResult result = co_await guarded(finish());
    state_ = State::closed;
    co_return result;
  }

  // Gives the object up. What was sent is deleted. Idempotent; nothing after close().
  Task<void> abort_async() {
    if (state_ != State::open) co_return;
    state_ = State::failed;
    co_await give_up();
  }

  // How many bytes were taken.
  std::uint64_t written() const noexcept { return written_; }
  bool is_open() const noexcept { return state_ == State::open; }

  void write(Bytes data) { drive(write_async(std::move(data))); }
  void flush() { drive(flush_async()); }
  PutResult close() { return drive(close_async()); }
  void abort() { drive(abort_async()); }

 private:
  enum class State : std::uint8_t { open, closed, failed };

  void check_open() const {
    if (state_ == State::open) return;
    throw Error(ErrorKind::generic,
                state_ == State::closed ? "the writer is closed" : "the writer has failed or was aborted")
        .at(store_->describe(), path_);
  }

  // Small objects do not take a whole part's memory.
  void make_room(std::size_t size) {
    if (size <= buffer_.capacity()) return;
    const std::size_t doubled = std::max<std::size_t>(2 * buffer_.capacity(), 4096);
    Buffer larger(std::min(options_.part_size, std::max(size, doubled)));
    if (filled_ != 0) std::memcpy(larger.data(), buffer_.data(), filled_);
    buffer_ = std::move(larger);
  }

  Bytes take_part() {
    if (filled_ == 0) return std::exchange(held_, Bytes());
    return std::move(buffer_).freeze(std::exchange(filled_, 0));
  }

  Task<void> start_upload() {
    if (upload_) co_return;
    MultipartRequest start(path_);
    start.attributes = options_.attributes;
    start.tags = options_.tags;
    upload_ = co_await store_->start_multipart_async(std::move(start));
    parts_ = std::make_shared<detail::PartsUnderWay>();
  }

  Task<void> send_part(Bytes part) {
    co_await start_upload();
    co_await detail::PartsUnderWay::wait_below(parts_, options_.concurrency);
    parts_->start(upload_, next_part_++, std::move(part));
  }

  Task<PutResult> finish() {
    Bytes last = take_part();
    if (options_.always_in_parts) co_await start_upload();
    if (!upload_) {
      PutRequest single(path_, std::move(last));
      single.attributes = options_.attributes;
      single.tags = options_.tags;
      PutResult put = co_await store_->put_async(std::move(single));
      co_return put;
    }
    if (!last.empty()) co_await send_part(std::move(last));
    co_await detail::PartsUnderWay::wait_below(parts_, 1);
    PutResult completed = co_await upload_->complete_async();
    co_return completed;
  }

  // Gives up where the task fails.
  template <class T>
  Task<T> guarded(Task<T> task) {
    std::exception_ptr failure;
    try {
      co_return co_await task;
    } catch (...) {
      failure = std::current_exception();
    }
    state_ = State::failed;
    co_await give_up();
    std::rethrow_exception(failure);
  }

  Task<void> give_up() {
    held_ = Bytes();
    buffer_ = Buffer();
    filled_ = 0;
    if (!upload_) co_return;
    // Parts under way are not stopped: a service that has received all of one may keep it, if it is done with
    // it only after the abort.
    try {
      co_await detail::PartsUnderWay::wait_below(parts_, 1);
    } catch (...) {  // what is given up may have failed
    }
    try {
      co_await upload_->abort_async();
    } catch (...) {
      // A cancelled operation cannot await more: dropping the upload then aborts it in the background.
    }
    upload_.reset();
  }

  std::shared_ptr<ObjectStore> store_;
  std::string path_;
  WriterOptions options_;
  State state_ = State::open;
  std::uint64_t written_ = 0;
  // The part that is being filled: in a buffer, or one whole part of what was given. It is sent when more
  // comes, so that an object of one part is one put.
  Buffer buffer_;
  std::size_t filled_ = 0;
  Bytes held_;
  std::shared_ptr<MultipartUpload> upload_;
  std::shared_ptr<detail::PartsUnderWay> parts_;
  std::size_t next_part_ = 0;
};

}  // namespace storelink
