// BufferedReader: what it reads, and how many requests that takes.
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "storelink/storelink.hpp"
#include "support/kind_thrown.hpp"

namespace storelink {
namespace {

using testing::kind_thrown;

class Reader : public ::testing::Test {
 protected:
  void SetUp() override {
    text.resize(1000);
    std::iota(text.begin(), text.end(), '\0');
    memory->put("k", Bytes::copy(text));
  }
  BufferedReader open(std::size_t buffer_size) {
    ReaderOptions options;
    options.buffer_size = buffer_size;
    options.meta = memory->head("k");
    return open_reader(store, "k", options);
  }
  std::uint64_t requests() const { return metrics->of(Verb::get).calls; }

  std::string text;
  std::shared_ptr<ObjectStore> memory = make_memory_store();
  std::shared_ptr<RequestMetrics> metrics = std::make_shared<RequestMetrics>();
  std::shared_ptr<ObjectStore> store = make_metrics_store(memory, metrics);
};

TEST_F(Reader, SmallReadsComeFromOneRequest) {
  BufferedReader reader = open(100);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(reader.read(10).view(), text.substr(i * 10, 10));
  EXPECT_EQ(requests(), 1U);
  EXPECT_EQ(reader.position(), 100U);
  (void)reader.read(1);
  EXPECT_EQ(requests(), 2U);
}

TEST_F(Reader, BytesFromTheBufferAreNotCopied) {
  BufferedReader reader = open(1000);
  const Bytes first = reader.read(10);
  const Bytes second = reader.read(10);
  EXPECT_EQ(first.data() + 10, second.data());
}

TEST_F(Reader, ALargeReadIsOneRequestBehindWhatTheBufferHas) {
  BufferedReader reader = open(100);
  (void)reader.read(40);
  EXPECT_EQ(reader.read(500).view(), text.substr(40, 500));
  EXPECT_EQ(requests(), 2U);
  EXPECT_EQ(metrics->of(Verb::get).bytes, 100U + 440U);
}

TEST_F(Reader, TheEndCutsReadsAndBehindItThereIsNothing) {
  BufferedReader reader = open(64);
  reader.seek(990);
  EXPECT_EQ(reader.read(100).view(), text.substr(990));
  EXPECT_TRUE(reader.read(1).empty());
  reader.seek(5000);
  EXPECT_TRUE(reader.read(1).empty());
  EXPECT_TRUE(reader.read().empty());
  std::byte buffer[4];
  EXPECT_EQ(reader.read_into(buffer), 0U);
  EXPECT_EQ(requests(), 1U) << "no request is sent for nothing";
}

TEST_F(Reader, SeeksWithinTheBufferCostNothing) {
  BufferedReader reader = open(200);
  reader.seek(300);
  EXPECT_EQ(reader.read(100).view(), text.substr(300, 100));
  reader.seek(310);
  EXPECT_EQ(reader.read(50).view(), text.substr(310, 50));
  EXPECT_EQ(requests(), 1U);
  reader.seek(299);
  EXPECT_EQ(reader.read(2).view(), text.substr(299, 2));
  EXPECT_EQ(requests(), 2U);
}

TEST_F(Reader, AnyOrderOfReadsGivesTheObjectsBytes) {
  std::mt19937 random(7);  // NOLINT(bugprone-random-generator-seed): what fails once fails again
  BufferedReader reader = open(37);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t start = random() % 1010;
    const std::size_t length = random() % 200;
    const std::string expected = start < text.size() ? text.substr(start, length) : std::string();
    reader.seek(start);
    if (i % 2 == 0) {
      ASSERT_EQ(reader.read(length).view(), expected);
    } else {
      std::string into(length, '\0');
      const std::size_t size = reader.read_into(std::as_writable_bytes(std::span<char>(into)));
      ASSERT_EQ(into.substr(0, size), expected);
    }
    ASSERT_EQ(reader.position(), start + expected.size());
  }
}

TEST_F(Reader, AReplacedObjectIsAnErrorAndNoMixture) {
  BufferedReader reader = open(100);
  (void)reader.read(50);
  memory->put("k", Bytes::copy(std::string(1000, 'n')));
  EXPECT_EQ(reader.read(50).view(), text.substr(50, 50)) << "it is in the buffer";
  EXPECT_EQ(kind_thrown([&] { (void)reader.read(50); }), ErrorKind::precondition);
  EXPECT_EQ(kind_thrown([&] { (void)reader.read(500); }), ErrorKind::precondition);
  EXPECT_EQ(reader.position(), 100U) << "a failed read leaves the position";
}

TEST_F(Reader, AnEmptyObjectNeedsNoRequestButTheHead) {
  memory->put("empty", Bytes());
  BufferedReader reader = open_reader(store, "empty");
  EXPECT_TRUE(reader.read().empty());
  EXPECT_EQ(requests(), 1U);
}

TEST_F(Reader, AMissingObjectIsSaidWhenItIsOpened) {
  EXPECT_EQ(kind_thrown([&] { (void)open_reader(store, "none"); }), ErrorKind::not_found);
}

}  // namespace
}  // namespace storelink
