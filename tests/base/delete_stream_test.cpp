// DeleteStream: any number of paths, an outcome for each.
#include <gtest/gtest.h>

#include "storelink/storelink.hpp"
#include "support/kind_thrown.hpp"
#include "support/slow_stores.hpp"

namespace storelink {
namespace {

using testing::kind_thrown;

// Refuses to delete what begins with "locked"; knows no bulk delete.
class Locking final : public testing::EmptyStore {
 public:
  Task<GetResult> get_async(GetRequest) override { co_return GetResult(); }
  Task<void> delete_async(std::string path) override {
    if (path.starts_with("locked")) throw Error(ErrorKind::permission_denied, "locked").at("locking", path);
    co_return;
  }
};

TEST(DeleteStream, DeletesWhatAListFindsPageByPage) {
  const std::shared_ptr<ObjectStore> store = make_memory_store();
  for (int i = 0; i < 2500; ++i) store->put("gone/" + std::to_string(i), Bytes());
  store->put("kept", Bytes());
  ListRequest request("gone");
  request.max_keys = 700;
  DeleteStream stream(store, listed_paths(store, request));
  std::size_t deleted = 0;
  for (auto outcomes = stream.next(); !outcomes.empty(); outcomes = stream.next()) {
    for (const DeleteOutcome& outcome : outcomes) EXPECT_FALSE(outcome.error) << outcome.path;
    deleted += outcomes.size();
  }
  EXPECT_EQ(deleted, 2500U);
  EXPECT_EQ(store->list().size(), 1U);
  EXPECT_TRUE(stream.next().empty());
}

TEST(DeleteStream, HoldsABoundedNumberOfPathsAndKeepsTheirOrder) {
  int left = 25;  // thousands
  std::size_t taken = 0;
  PathSource paths = [&left, &taken] {
    return [](int* thousands, std::size_t* count) -> Task<std::vector<std::string>> {
      std::vector<std::string> more;
      if (*thousands == 0) co_return more;
      --*thousands;
      for (int i = 0; i < 1000; ++i) more.push_back(std::to_string((*count)++));
      co_return more;
    }(&left, &taken);
  };
  DeleteStream stream(std::make_shared<Locking>(), std::move(paths));
  std::size_t next = 0;
  for (auto outcomes = stream.next(); !outcomes.empty(); outcomes = stream.next()) {
    EXPECT_LE(taken - next, DeleteStream::at_a_time);
    for (const DeleteOutcome& outcome : outcomes) EXPECT_EQ(outcome.path, std::to_string(next++));
  }
  EXPECT_EQ(next, 25'000U);
}

TEST(DeleteStream, TellsOfEachPathHowItWent) {
  bool given = false;
  PathSource paths = [&given] {
    return [](bool* flag) -> Task<std::vector<std::string>> {
      std::vector<std::string> all;
      if (!std::exchange(*flag, true)) {
        all.emplace_back("a");
        all.emplace_back("locked/b");
        all.emplace_back("c");
      }
      co_return all;
    }(&given);
  };
  DeleteStream stream(std::make_shared<Locking>(), std::move(paths));
  const std::vector<DeleteOutcome> outcomes = stream.next();
  ASSERT_EQ(outcomes.size(), 3U);
  EXPECT_FALSE(outcomes[0].error);
  ASSERT_TRUE(outcomes[1].error);
  EXPECT_EQ(outcomes[1].error->kind(), ErrorKind::permission_denied);
  EXPECT_FALSE(outcomes[2].error);
}

TEST(DeleteStream, AFailingSourceIsTheCallersFailure) {
  PathSource paths = []() -> Task<std::vector<std::string>> {
    throw Error(ErrorKind::io, "no list");
    co_return std::vector<std::string>();
  };
  DeleteStream stream(make_memory_store(), std::move(paths));
  EXPECT_EQ(kind_thrown([&] { (void)stream.next(); }), ErrorKind::io);
}

}  // namespace
}  // namespace storelink
