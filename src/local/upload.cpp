#include "local/upload.hpp"

#include <fmt/format.h>

#include <exception>
#include <limits>
#include <map>
#include <mutex>
#include <set>

#include "base/blocking.hpp"
#include "storelink/detail/shared_upload.hpp"

namespace storelink::local {

namespace {

using RootPointer = std::shared_ptr<const Root>;

// Parts of one size, as uploads have them, are written where they belong: the first part's size gives each
// index a slot of the staged file, which then only needs its name. What does not fit its slot goes one after
// the other into a second file, and completing copies all parts together.
class Parts {
 public:
  Parts(RootPointer root, MultipartRequest request)
      : root_(std::move(root)), request_(std::move(request)), whole_(stage()) {}

  void put(std::size_t index, const Bytes& bytes, Context& context) {
    const Part part = reserve(index, bytes.size());
    std::exception_ptr failure;
    try {
      part.file->write(part.offset, bytes.view(), context);
    } catch (...) {
      failure = std::current_exception();
    }
    const std::lock_guard lock(mutex_);
    --writing_;
    if (failure) std::rethrow_exception(failure);
    check_open();
    parts_.insert_or_assign(index, part);
  }

  PutResult complete(Context& context) {
    const std::lock_guard lock(mutex_);
    check_open();
    if (writing_ != 0)
      throw Error(ErrorKind::generic, "a part is still being written: await every part before completing")
          .at(root_->name(), request_.path);
    if (!parts_.empty() && parts_.rbegin()->first != parts_.size() - 1)
      throw Error(ErrorKind::generic, fmt::format("parts are missing: {} were put, the last has index {}",
                                                  parts_.size(), parts_.rbegin()->first))
          .at(root_->name(), request_.path);
    ended_ = true;
    const FilePointer result = assemble(context);
    drop();
    result->set_attributes(request_.attributes);
    return result->commit(PutMode());
  }

  void abort() {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    drop();
  }

 private:
  using FilePointer = std::shared_ptr<StagedFile>;
  struct Part {
    Part(FilePointer f, std::uint64_t o, std::uint64_t s) : file(std::move(f)), offset(o), size(s) {}
    FilePointer file;
    std::uint64_t offset, size;
  };

  FilePointer stage() const { return std::make_shared<StagedFile>(root_, request_.path); }

  void check_open() const {
    if (ended_)
      throw Error(ErrorKind::generic, "this upload has been completed or aborted")
          .at(root_->name(), request_.path);
  }

  // A place that nobody else writes to.
  Part reserve(std::size_t index, std::uint64_t size) {
    const std::lock_guard lock(mutex_);
    check_open();
    if (slot_ == 0) slot_ = size;
    const bool fits = size <= slot_ && (size == 0 || index <= largest_offset / slot_);
    const bool in_slot = fits && slots_taken_.insert(index).second;
    if (!in_slot && !overflow_) overflow_ = stage();
    ++writing_;
    if (in_slot) return Part(whole_, index * slot_, size);
    overflow_size_ += size;
    return Part(overflow_, overflow_size_ - size, size);
  }

  FilePointer assemble(Context& context) {
    std::uint64_t total = 0;
    bool in_place = true;
    for (const auto& [index, part] : parts_) {
      in_place = in_place && (part.size == 0 || (part.file == whole_ && part.offset == total));
      total += part.size;
    }
    if (in_place) {
      whole_->set_size(total);  // a part that failed or was replaced may lie behind
      return whole_;
    }
    FilePointer assembled = stage();
    std::uint64_t offset = 0;
    for (const auto& [index, part] : parts_) {
      assembled->write_from(offset, part.file->descriptor(), part.offset, part.size, context);
      offset += part.size;
    }
    return assembled;
  }

  // A part that is still being written keeps its file until then.
  void drop() {
    parts_.clear();
    whole_.reset();
    overflow_.reset();
  }

  static constexpr std::uint64_t largest_offset = std::numeric_limits<std::int64_t>::max() / 4;

  const RootPointer root_;
  const MultipartRequest request_;
  std::mutex mutex_;  // guards all below
  FilePointer whole_;
  FilePointer overflow_;
  std::uint64_t slot_ = 0;
  std::uint64_t overflow_size_ = 0;
  std::size_t writing_ = 0;  // parts
  std::set<std::size_t> slots_taken_;
  std::map<std::size_t, Part> parts_;
  bool ended_ = false;
};

class LocalUpload final : public MultipartUpload {
 public:
  explicit LocalUpload(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

  Task<void> put_part_async(std::size_t index, Bytes part) override {
    Context& context = *co_await current_context();
    auto write = [parts = parts_, index, part = std::move(part), &context] {
      parts->put(index, part, context);
    };
    co_await run_blocking(std::move(write));
  }

  Task<PutResult> complete_async() override {
    Context& context = *co_await current_context();
    auto finish = [parts = parts_, &context] { return parts->complete(context); };
    co_return co_await run_blocking(std::move(finish));
  }

  Task<void> abort_async() override {
    auto drop = [parts = parts_] { parts->abort(); };
    co_await run_blocking(std::move(drop));
  }

 private:
  const std::shared_ptr<Parts> parts_;
};

}  // namespace

std::unique_ptr<MultipartUpload> start_upload(std::shared_ptr<const Root> root, MultipartRequest request) {
  check_attributes(*root, request.attributes, request.path);
  auto parts = std::make_shared<Parts>(std::move(root), std::move(request));
  return make_shared_upload(std::make_shared<LocalUpload>(std::move(parts)));
}

}  // namespace storelink::local
