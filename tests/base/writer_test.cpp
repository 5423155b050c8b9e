// BufferedWriter: parts, back-pressure, and what failures and cancelled calls leave behind.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "storelink/storelink.hpp"
#include "support/eventually.hpp"
#include "support/kind_thrown.hpp"
#include "support/run_task.hpp"
#include "support/slow_stores.hpp"

namespace storelink {
namespace {

using testing::eventually;
using testing::kind_thrown;

// A store in memory whose parts wait until open, and fail where told to.
class Gate final : public testing::EmptyStore, public std::enable_shared_from_this<Gate> {
 public:
  Task<GetResult> get_async(GetRequest request) override { return memory->get_async(std::move(request)); }
  Task<PutResult> put_async(PutRequest request) override {
    ++puts;
    return memory->put_async(std::move(request));
  }
  Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest request) override {
    ++uploads;
    std::unique_ptr<MultipartUpload> inner = co_await memory->start_multipart_async(std::move(request));
    std::unique_ptr<MultipartUpload> made = std::make_unique<Upload>(shared_from_this(), std::move(inner));
    co_return made;
  }

  const std::shared_ptr<ObjectStore> memory = make_memory_store();
  std::atomic<bool> open{true};
  std::atomic<int> failing_part{-1};
  std::atomic<int> puts{0}, uploads{0}, parts{0}, under_way{0}, most{0}, aborted{0};

 private:
  class Upload final : public MultipartUpload {
   public:
    Upload(std::shared_ptr<Gate> gate, std::unique_ptr<MultipartUpload> inner)
        : gate_(std::move(gate)), inner_(std::move(inner)) {}
    Task<void> put_part_async(std::size_t index, Bytes part) override {
      ++gate_->parts;
      const int now = ++gate_->under_way;
      if (now > gate_->most) gate_->most = now;
      while (!gate_->open) {
        (co_await current_context())->check();
        co_await sleep_for(std::chrono::milliseconds(1));
      }
      --gate_->under_way;
      if (static_cast<int>(index) == gate_->failing_part) throw Error(ErrorKind::io, "the disk is full");
      co_await inner_->put_part_async(index, std::move(part));
    }
    Task<PutResult> complete_async() override { return inner_->complete_async(); }
    Task<void> abort_async() override {
      ++gate_->aborted;
      return inner_->abort_async();
    }

   private:
    std::shared_ptr<Gate> gate_;
    std::unique_ptr<MultipartUpload> inner_;
  };
};

// The task on the background loop, while the test goes on.
std::future<void> begin(Task<void> task, std::stop_token token = {}) {
  auto shared = std::make_shared<Task<void>>(std::move(task));
  return std::async(std::launch::async, [shared, token = std::move(token)] {
    testing::run_in_background(std::move(*shared), token);
  });
}

bool has_ended(const std::future<void>& future) {
  return future.wait_for(std::chrono::milliseconds(20)) == std::future_status::ready;
}

class Writer : public ::testing::Test {
 protected:
  BufferedWriter make(std::size_t part_size, std::size_t concurrency = 4) {
    WriterOptions options;
    options.part_size = part_size;
    options.concurrency = concurrency;
    options.attributes.content_type = "text/x";
    return {gate, "k", options};
  }
  std::string written() const { return gate->memory->get("k").to_string(); }
  bool exists() const {
    return kind_thrown([&] { (void)gate->memory->head("k"); }) != ErrorKind::not_found;
  }

  std::shared_ptr<Gate> gate = std::make_shared<Gate>();
};

TEST_F(Writer, WhatFitsOnePartIsOnePut) {
  for (const std::string text : {"", "abc", "0123456789"}) {
    BufferedWriter writer = make(10);
    writer.write(Bytes::copy(text));
    writer.close();
    EXPECT_EQ(written(), text);
  }
  EXPECT_EQ(gate->puts, 3);
  EXPECT_EQ(gate->uploads, 0);
}

TEST_F(Writer, MoreIsAnUploadOfPartsInOrder) {
  std::string expected;
  BufferedWriter writer = make(10);
  for (int i = 0; i < 30; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    expected += piece;
    writer.write(Bytes::copy(piece));
  }
  EXPECT_FALSE(exists()) << "the object appears when it is whole";
  EXPECT_EQ(writer.written(), expected.size());
  writer.close();
  EXPECT_EQ(written(), expected);
  EXPECT_EQ(gate->puts, 0);
  EXPECT_EQ(gate->parts, static_cast<int>((expected.size() + 9) / 10));
  EXPECT_EQ(gate->memory->get(GetRequest("k")).attributes.content_type, "text/x");
}

TEST_F(Writer, NoMorePartsAreUnderWayThanAllowedAndWritingWaits) {
  gate->open = false;
  BufferedWriter writer = make(10, 3);
  writer.write(Bytes::copy(std::string(40, 'x')));  // three sent, one kept
  EXPECT_TRUE(eventually([&] { return gate->under_way == 3; }));
  std::future<void> writing = begin(writer.write_async(Bytes::copy(std::string(20, 'y'))));
  EXPECT_FALSE(has_ended(writing));
  EXPECT_EQ(gate->parts, 3);
  gate->open = true;
  writing.get();
  writer.close();
  EXPECT_EQ(gate->most, 3);
  EXPECT_EQ(written(), std::string(40, 'x') + std::string(20, 'y'));
}

TEST_F(Writer, FlushWaitsForTheParts) {
  gate->open = false;
  BufferedWriter writer = make(10);
  writer.flush();
  writer.write(Bytes::copy(std::string(25, 'x')));
  std::future<void> flushing = begin(writer.flush_async());
  EXPECT_FALSE(has_ended(flushing));
  gate->open = true;
  flushing.get();
  EXPECT_EQ(gate->under_way, 0);
  writer.close();
}

TEST_F(Writer, AFailedPartAbortsTheUploadAndLeavesTheOldObject) {
  gate->memory->put("k", Bytes::copy("old"));
  gate->failing_part = 1;
  BufferedWriter writer = make(10, 1);
  EXPECT_EQ(kind_thrown([&] {
              for (int i = 0; i < 10; ++i) writer.write(Bytes::copy(std::string(10, 'x')));
              writer.close();
            }),
            ErrorKind::io);
  EXPECT_EQ(gate->aborted, 1);
  EXPECT_EQ(written(), "old");
  EXPECT_FALSE(writer.is_open());
  EXPECT_EQ(kind_thrown([&] { writer.write(Bytes::copy("x")); }), ErrorKind::generic);
  EXPECT_EQ(kind_thrown([&] { writer.close(); }), ErrorKind::generic);
  EXPECT_EQ(written(), "old");
}

TEST_F(Writer, ACancelledWriteAborts) {
  gate->open = false;
  BufferedWriter writer = make(10, 1);
  writer.write(Bytes::copy(std::string(20, 'x')));
  std::stop_source stop;
  std::future<void> writing = begin(writer.write_async(Bytes::copy(std::string(20, 'y'))), stop.get_token());
  EXPECT_FALSE(has_ended(writing));
  stop.request_stop();
  EXPECT_EQ(kind_thrown([&] { writing.get(); }), ErrorKind::cancelled);
  EXPECT_FALSE(writer.is_open());
  EXPECT_TRUE(eventually([&] { return gate->under_way == 0 || gate->aborted > 0; }));
  EXPECT_FALSE(exists());
}

TEST_F(Writer, OneThatIsDestroyedWritesNothing) {
  gate->open = false;
  {
    BufferedWriter writer = make(10);
    writer.write(Bytes::copy(std::string(35, 'x')));
  }
  gate->open = true;
  EXPECT_FALSE(exists());
}

TEST_F(Writer, AbortGivesTheObjectUpOnce) {
  BufferedWriter writer = make(10);
  writer.write(Bytes::copy(std::string(35, 'x')));
  writer.abort();
  writer.abort();
  EXPECT_EQ(gate->aborted, 1);
  EXPECT_FALSE(exists());
  BufferedWriter closed = make(10);
  closed.close();
  closed.abort();
  EXPECT_EQ(written(), "");
}

TEST_F(Writer, AStoreWhosePartsThrowAtOnceIsAFailureLikeAnother) {
  class Throwing final : public testing::EmptyStore {
    class Upload final : public MultipartUpload {
      Task<void> put_part_async(std::size_t, Bytes) override { throw Error(ErrorKind::io, "at once"); }
      Task<PutResult> complete_async() override { co_return PutResult(); }
      Task<void> abort_async() override { co_return; }
    };
    Task<GetResult> get_async(GetRequest) override { co_return GetResult(); }
    Task<std::unique_ptr<MultipartUpload>> start_multipart_async(MultipartRequest) override {
      std::unique_ptr<MultipartUpload> made = std::make_unique<Upload>();
      co_return made;
    }
  };
  WriterOptions options;
  options.part_size = 10;
  BufferedWriter writer(std::make_shared<Throwing>(), "k", options);
  EXPECT_EQ(kind_thrown([&] { writer.write(Bytes::copy(std::string(30, 'x'))); }), ErrorKind::io);
}

TEST_F(Writer, ASmallObjectTakesLittleMemory) {
  BufferedWriter writer = make(64u << 20);
  writer.write(Bytes::copy("abc"));
  writer.write(Bytes::copy(std::string(5000, 'x')));
  writer.close();
  EXPECT_EQ(written(), "abc" + std::string(5000, 'x'));
}

TEST_F(Writer, SizesOfNothingAreRefusedAtOnce) {
  EXPECT_EQ(kind_thrown([&] { (void)make(0); }), ErrorKind::generic);
  EXPECT_EQ(kind_thrown([&] { (void)make(1, 0); }), ErrorKind::generic);
}

}  // namespace
}  // namespace storelink
