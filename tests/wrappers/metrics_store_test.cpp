// MetricsStore and ThrottleStore: what is counted, and what is slowed down.
#include <gtest/gtest.h>

#include "cloud/s3_fixture.hpp"
#include "storelink/storelink.hpp"
#include "support/kind_thrown.hpp"

namespace storelink {
namespace {

using testing::kind_thrown;

class MetricsStore : public ::testing::Test {
 protected:
  std::shared_ptr<RequestMetrics> metrics = std::make_shared<RequestMetrics>();
  std::shared_ptr<ObjectStore> store = make_metrics_store(make_memory_store(), metrics);
};

TEST_F(MetricsStore, CountsCallsBytesAndFailuresOfEachVerb) {
  store->put("a", Bytes::copy("12345"));
  (void)store->get("a");
  (void)store->get_range("a", 1, 3);
  (void)store->head("a");
  EXPECT_EQ(kind_thrown([&] { (void)store->get("none"); }), ErrorKind::not_found);
  (void)store->get_ranges("a", {{0, 1}, {2, 5}});
  (void)store->list();
  store->copy(CopyRequest("a", "b"));
  store->rename(CopyRequest("b", "c"));
  (void)store->remove_many({"a"});
  store->remove("c");
  const auto upload = store->start_multipart(MultipartRequest("m"));
  upload->put_part(0, Bytes::copy("123"));
  (void)upload->complete();

  const VerbMetrics gets = metrics->of(Verb::get);
  EXPECT_EQ(gets.calls, 4u);
  EXPECT_EQ(gets.failures, 1u);
  EXPECT_EQ(gets.bytes, 7u);
  EXPECT_GT(gets.total.count(), 0);
  EXPECT_LE(gets.longest, gets.total);
  EXPECT_EQ(metrics->of(Verb::put).bytes, 5u);
  EXPECT_EQ(metrics->of(Verb::get_ranges).bytes, 4u);
  EXPECT_EQ(metrics->of(Verb::put_part).bytes, 3u);
  for (const Verb verb : {Verb::list, Verb::copy, Verb::rename, Verb::remove_many, Verb::remove,
                          Verb::start_multipart, Verb::complete_multipart})
    EXPECT_EQ(metrics->of(verb).calls, 1u) << name_of(verb);
  EXPECT_EQ(metrics->of(Verb::abort_multipart).calls, 0u);
}

TEST_F(MetricsStore, AStreamIsCountedAtItsEnd) {
  store->put("a", Bytes::copy("12345"));
  GetRequest request("a");
  request.sink = Sink::stream;
  auto stream = store->get(request).stream;
  EXPECT_EQ(metrics->of(Verb::get).calls, 0u);
  EXPECT_EQ(stream->collect().size(), 5u);
  EXPECT_EQ(metrics->of(Verb::get).calls, 1u);
  EXPECT_EQ(metrics->of(Verb::get).bytes, 5u);
}

TEST_F(MetricsStore, CountsTheRetriesOfTheCallThatMadeThem) {
  const auto transport = std::make_shared<testing::FakeTransport>();
  const auto s3 = make_metrics_store(make_s3_store(testing::fake_s3_options(transport)), metrics);
  transport->reply(503).fail(true).reply(200, "", {{"etag", "\"e\""}});
  (void)s3->put("k", Bytes::copy("x"));
  transport->reply(200, "x", {{"content-length", "1"}, {"etag", "\"e\""}});
  (void)s3->get("k");
  EXPECT_EQ(metrics->of(Verb::put).retries, 2u);
  EXPECT_EQ(metrics->of(Verb::get).retries, 0u);
}

TEST_F(MetricsStore, QuantilesAreUpperBounds) {
  for (const int microseconds : {1, 3, 100, 100'000})
    metrics->add(Verb::get, false, 0, 0, std::chrono::microseconds(microseconds));
  const VerbMetrics gets = metrics->of(Verb::get);
  EXPECT_EQ(gets.quantile(0.25), std::chrono::microseconds(2));
  EXPECT_EQ(gets.quantile(0.5), std::chrono::microseconds(4));
  EXPECT_EQ(gets.quantile(0.75), std::chrono::microseconds(128));
  EXPECT_EQ(gets.quantile(1), std::chrono::microseconds(131072));
  EXPECT_EQ(metrics->of(Verb::put).quantile(0.5).count(), 0);
}

TEST(ThrottleStore, TakesAtLeastTheTimeAsked) {
  using std::chrono::milliseconds;
  ThrottleOptions options;
  options.per_put = milliseconds(20);
  options.per_byte_put = milliseconds(2);
  options.per_get = milliseconds(10);
  options.per_byte_got = milliseconds(1);
  options.per_list = milliseconds(10);
  options.per_entry = milliseconds(10);
  const auto store = make_throttle_store(make_memory_store(), options);
  const auto takes = [](auto call) {
    const auto begin = std::chrono::steady_clock::now();
    call();
    return std::chrono::steady_clock::now() - begin;
  };
  EXPECT_GE(takes([&] { store->put("a", Bytes::copy("12345")); }), milliseconds(30));
  EXPECT_GE(takes([&] { (void)store->get("a"); }), milliseconds(15));
  EXPECT_GE(takes([&] { (void)store->head("a"); }), milliseconds(10));
  EXPECT_GE(takes([&] { (void)store->list(); }), milliseconds(20));
  const Interrupt interrupt = [] { return true; };
  options.per_get = std::chrono::hours(1);
  const auto slow = make_throttle_store(make_memory_store(), options);
  EXPECT_EQ(kind_thrown([&] { (void)drive(slow->get_async(GetRequest("a")), &interrupt); }),
            ErrorKind::cancelled);
}

}  // namespace
}  // namespace storelink
