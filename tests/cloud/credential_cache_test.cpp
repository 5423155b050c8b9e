// Credentials from a provider: cached, refreshed ahead of time by one call at a time, kept while they are
// valid.
#include "cloud/credential_cache.hpp"

#include <atomic>
#include <thread>

#include "base/blocking.hpp"
#include "cloud/s3_fixture.hpp"

namespace storelink::testing {
namespace {

using Cache = cloud::CredentialCache<std::string>;

// A provider whose answers and clock the test sets.
struct Source {
  std::atomic<int> calls{0};
  std::atomic<int> at_once{0};
  std::atomic<int> most_at_once{0};
  std::atomic<std::int64_t> now{1'000'000};  // seconds
  std::atomic<std::int64_t> lifetime{3600};  // 0: for ever
  std::atomic<bool> failing{false};
  std::chrono::milliseconds delay{0};
  std::chrono::seconds refresh_ahead{300};

  static Task<Cache::Entry> ask(Source* source) {
    const int call = ++source->calls;
    const int running = ++source->at_once;
    if (running > source->most_at_once) source->most_at_once = running;
    co_await sleep_for(source->delay);
    --source->at_once;
    if (source->failing) throw Error(ErrorKind::unauthenticated, "the vault is closed");
    std::optional<Timestamp> expires;
    if (source->lifetime != 0) expires = Timestamp(std::chrono::seconds(source->now + source->lifetime));
    co_return Cache::Entry("token " + std::to_string(call), expires);
  }
  Cache cache() {
    return Cache([this] { return ask(this); }, refresh_ahead,
                 [this] { return Timestamp(std::chrono::seconds(now.load())); });
  }
};

std::string get(Cache& cache) {
  return drive(cache.get_async())->credential;
}

TEST(CredentialCache, KeepsACredentialUntilShortlyBeforeItExpires) {
  Source source;
  Cache cache = source.cache();
  EXPECT_EQ(get(cache), "token 1");
  source.now += 3600 - 301;
  EXPECT_EQ(get(cache), "token 1");
  source.now += 2;
  EXPECT_EQ(get(cache), "token 2");
  source.lifetime = 0;
  source.now += 3600;
  EXPECT_EQ(get(cache), "token 3");
  source.now += 1'000'000;
  EXPECT_EQ(get(cache), "token 3") << "one that never expires";
}

TEST(CredentialCache, HowLongBeforeIsSaidByItsOwner) {
  Source source;
  source.refresh_ahead = std::chrono::seconds(10);
  Cache cache = source.cache();
  EXPECT_EQ(get(cache), "token 1");
  source.now += 3600 - 11;
  EXPECT_EQ(get(cache), "token 1");
  source.now += 1;
  EXPECT_EQ(get(cache), "token 2");

  Source to_the_last;
  to_the_last.refresh_ahead = std::chrono::seconds(0);
  Cache late = to_the_last.cache();
  EXPECT_EQ(get(late), "token 1");
  to_the_last.now += 3599;
  EXPECT_EQ(get(late), "token 1");
  to_the_last.now += 1;
  EXPECT_EQ(get(late), "token 2");
}

TEST(CredentialCache, AFailedRefreshKeepsAValidCredential) {
  Source source;
  Cache cache = source.cache();
  EXPECT_EQ(get(cache), "token 1");
  source.failing = true;
  source.now += 3600 - 100;
  EXPECT_EQ(get(cache), "token 1");
  EXPECT_EQ(source.calls, 2);
  EXPECT_EQ(get(cache), "token 1");
  EXPECT_EQ(source.calls, 2) << "not asked again at once";
  source.now += 1;
  EXPECT_EQ(get(cache), "token 1");
  EXPECT_EQ(source.calls, 3);
  source.now += 100;
  EXPECT_THROW(get(cache), Error);
  source.failing = false;
  EXPECT_EQ(get(cache), "token 5");
}

TEST(CredentialCache, ManyWaitersShareOneCall) {
  Source source;
  source.delay = std::chrono::milliseconds(30);
  Cache cache = source.cache();
  std::vector<std::thread> threads;
  std::atomic<int> good{0};
  for (int i = 0; i < 16; ++i)
    threads.emplace_back([&] {
      if (get(cache) == "token 1") ++good;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(good, 16);
  EXPECT_EQ(source.calls, 1);
  EXPECT_EQ(source.most_at_once, 1);
}

TEST(CredentialCache, ACancelledWaiterLeavesTheOthersAlone) {
  Source source;
  source.delay = std::chrono::milliseconds(300);
  Cache cache = source.cache();
  std::atomic<bool> done{false};
  std::thread other([&] {
    EXPECT_EQ(get(cache), "token 1");
    done = true;
  });
  const Interrupt now = [] { return true; };
  try {
    drive(cache.get_async(), &now);
    ADD_FAILURE() << "not cancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::cancelled);
  }
  EXPECT_FALSE(done);
  other.join();
  EXPECT_EQ(source.calls, 1);
}

class S3Provider : public FakeS3 {
 protected:
  static Task<AwsCredential> give(int* calls) {
    ++*calls;
    AwsCredential credential;
    credential.access_key_id = "PROVIDED";
    credential.secret_access_key = "provided secret";
    credential.session_token = "provided token";
    co_return credential;
  }
  static Task<AwsCredential> fail() {
    throw std::runtime_error("no vault today");
    co_return AwsCredential();
  }
  static Task<AwsCredential> fail_for_a_reason() {
    ErrorDetails details;
    details.kind = ErrorKind::unauthenticated;
    details.message = "no vault today";
    details.cause = std::make_exception_ptr(std::logic_error("sealed"));
    throw Error(std::move(details));
    co_return AwsCredential();
  }
  static Task<AwsCredential> nothing() { co_return AwsCredential(); }
  // One that expires soon.
  static Task<AwsCredential> give_for(int* calls, std::chrono::seconds lifetime) {
    AwsCredential credential = co_await give(calls);
    credential.expires_at = std::chrono::system_clock::now() + lifetime;
    co_return credential;
  }

  std::shared_ptr<ObjectStore> with(AwsCredentialProvider provider) {
    S3Options options = fake_s3_options(transport);
    options.credential_provider = std::move(provider);
    return make_s3_store(std::move(options));
  }
};

TEST_F(S3Provider, IsUsedInsteadOfKeysAndAskedOnce) {
  int calls = 0;
  store = with([&calls] { return give(&calls); });
  transport->reply(200).reply(200);
  store->put("k", Bytes());
  store->put("k", Bytes());
  EXPECT_EQ(calls, 1);
  EXPECT_NE(header(transport->last(), "authorization").find("Credential=PROVIDED/"), std::string::npos);
  EXPECT_EQ(header(transport->last(), "x-amz-security-token"), "provided token");
  EXPECT_NE(store->sign(SignRequest("GET", "k", std::chrono::seconds(5))).find("PROVIDED"),
            std::string::npos);
}

TEST_F(S3Provider, IsAskedAgainWhenTheThresholdIsReached) {
  for (const auto threshold : {std::chrono::seconds(60), std::chrono::seconds(240)}) {
    int calls = 0;
    S3Options options = fake_s3_options(transport);
    options.credential_provider = [&calls] { return give_for(&calls, std::chrono::seconds(120)); };
    options.credential_refresh_threshold = threshold;
    store = make_s3_store(std::move(options));
    transport->reply(200).reply(200);
    store->put("k", Bytes());
    store->put("k", Bytes());
    EXPECT_EQ(calls, threshold == std::chrono::seconds(60) ? 1 : 2);
  }
  S3Options options = fake_s3_options(transport);
  options.credential_refresh_threshold = std::chrono::seconds(-1);
  const Error error = error_of([&] { make_s3_store(std::move(options)); });
  EXPECT_NE(error.message().find("credential_refresh_threshold"), std::string::npos);
}

TEST_F(S3Provider, TheCauseOfItsErrorIsKept) {
  S3Options options = fake_s3_options(transport);
  options.prefix = "p";
  options.credential_provider = [] { return fail_for_a_reason(); };
  store = make_s3_store(std::move(options));
  const Error error = error_of([&] { store->get("k"); });
  EXPECT_EQ(error.kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(error.path(), "k");
  ASSERT_TRUE(error.cause());
  EXPECT_THROW(std::rethrow_exception(error.cause()), std::logic_error);
}

TEST_F(S3Provider, ItsExceptionReachesTheCaller) {
  store = with([] { return fail(); });
  EXPECT_THROW(store->put("k", Bytes()), std::runtime_error);
  store = with([] { return nothing(); });
  EXPECT_EQ(error_of([&] { store->put("k", Bytes()); }).kind(), ErrorKind::unauthenticated);
  EXPECT_EQ(transport->count(), 0U);
}

}  // namespace
}  // namespace storelink::testing
