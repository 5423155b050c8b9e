// Old and new: stores and programs in plain C, compiled against an older, this and a newer abi.h, use each
// other, and each of them the library, as separately built extensions do.
#include <gtest/gtest.h>

#include <array>
#include <string>
#include <tuple>

#include "storelink/abi.hpp"
#include "storelink/stores.hpp"
#include "support/abi_calls.hpp"
#include "support/eventually.hpp"
#include "support/run_task.hpp"
#include "support/stores.hpp"
#include "support/toy_modules.hpp"

namespace storelink::testing {
namespace {

enum class Way { driven, started };

std::string way_name(Way way) {
  return way == Way::driven ? "Driven" : "Started";
}

void expect_consumed(const sl_store* store, const ToyConsumerModule& consumer, Way way) {
  EXPECT_EQ(consumer.consume(store, way == Way::started ? 1 : 0), 0) << "the line of toy_consumer.c";
  EXPECT_TRUE(eventually([&] { return consumer.given() == 0; }))
      << consumer.given() << " bodies are not released";
}

class AbiPairs : public ::testing::TestWithParam<std::tuple<std::string, std::string, Way>> {};

TEST_P(AbiPairs, AStoreInCServesAProgramInC) {
  const auto& [producer, consumer, way] = GetParam();
  const ToyStoreModule toy(producer);
  const ToyConsumerModule program(consumer);
  {
    const auto store = own(toy.make());
    expect_consumed(store.get(), program, way);
  }
  EXPECT_EQ(toy.alive(), 0);
}

// program in C -> exported prefix store -> imported store in C
TEST_P(AbiPairs, TheLibraryStandsBetweenBoth) {
  const auto& [producer, consumer, way] = GetParam();
  const ToyStoreModule toy(producer);
  const ToyConsumerModule program(consumer);
  {
    const auto inner = own(toy.make());
    const auto store = own(export_store(make_prefix_store(import_store(inner.get()), "below")));
    expect_consumed(store.get(), program, way);
  }
  EXPECT_TRUE(eventually([&] { return toy.alive() == 0; })) << toy.alive() << " things are not released";
}

INSTANTIATE_TEST_SUITE_P(All, AbiPairs,
                         ::testing::Combine(::testing::ValuesIn(abi_versions),
                                            ::testing::ValuesIn(abi_versions),
                                            ::testing::Values(Way::driven, Way::started)),
                         [](const auto& item) {
                           return std::get<0>(item.param) + "_" + std::get<1>(item.param) + "_" +
                                  way_name(std::get<2>(item.param));
                         });

class AbiVersions : public ::testing::TestWithParam<std::tuple<std::string, Way>> {
 protected:
  const std::string version = std::get<0>(GetParam());
  const Way way = std::get<1>(GetParam());

  template <class T>
  T run(Task<T> task) const {
    return way == Way::driven ? drive(std::move(task)) : run_in_background(std::move(task));
  }
};

TEST_P(AbiVersions, AProgramInCUsesAStoreOfTheLibrary) {
  const ToyConsumerModule program(version);
  const auto memory = make_memory_store();
  expect_consumed(own(export_store(memory)).get(), program, way);
  LocalOptions options;
  options.root = temporary_directory();
  options.automatic_cleanup = true;
  expect_consumed(own(export_store(make_local_store(options))).get(), program, way);
}

TEST_P(AbiVersions, TheLibraryUsesAStoreInC) {
  const ToyStoreModule toy(version);
  {
    const auto exported = own(toy.make());
    const auto store = import_store(exported.get());
    EXPECT_EQ(store->describe(), "ToyStore");
    EXPECT_TRUE(store->capabilities().put_create);
    EXPECT_FALSE(store->capabilities().versions);

    PutRequest request("a/1", Bytes::copy("0123456789"));
    request.attributes.content_type = "text/plain";
    request.attributes.metadata["mine"] = "yes";
    const Attributes given = request.attributes;
    const PutResult put = run(store->put_async(std::move(request)));
    EXPECT_TRUE(put.e_tag);
    EXPECT_FALSE(put.version);

    // An attribute that only the newer one knows is left out.
    const GetResult got = run(store->get_async(GetRequest("a/1")));
    EXPECT_EQ(got.body.view(), "0123456789");
    EXPECT_EQ(got.attributes, given);
    EXPECT_EQ(got.meta.size, 10u);
    EXPECT_EQ(got.meta.e_tag, put.e_tag);
    EXPECT_FALSE(got.meta.version);
    EXPECT_EQ(run(store->get_async(GetRequest("a/1", GetRange::suffix(2)))).body.view(), "89");
    EXPECT_EQ(run(store->head_async("a/1")).path, "a/1");

    const auto pieces = run(store->get_ranges_async("a/1", {{7, 9}, {0, 2}}));
    ASSERT_EQ(pieces.size(), 2u);
    EXPECT_EQ(pieces[0].view(), "78");
    EXPECT_EQ(pieces[1].view(), "01");

    for (const char* key : {"a/2", "b/3", "c"}) run(store->put_async(PutRequest(key, Bytes::copy("x"))));
    EXPECT_EQ(paths(run(store->list_async(ListRequest())).objects),
              (std::vector<std::string>{"a/1", "a/2", "b/3", "c"}));
    for (const ObjectMeta& meta : run(store->list_async(ListRequest())).objects) {
      EXPECT_TRUE(meta.e_tag);
      EXPECT_FALSE(meta.version);
    }
    run(store->copy_async(CopyRequest("a/1", "d")));
    run(store->rename_async(CopyRequest("d", "e")));
    EXPECT_EQ(kind_thrown([&] { (void)run(store->copy_async(CopyRequest("a/1", "e", false))); }),
              ErrorKind::already_exists);
    try {
      (void)run(store->get_async(GetRequest("missing")));
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::not_found);
      EXPECT_EQ(error.path(), "missing");
      EXPECT_EQ(error.store(), "ToyStore");
      EXPECT_EQ(error.status(), 0);
    }
    const auto failures = run(store->delete_many_async({"a/1", "a/2", "b/3", "c", "e", "missing"}));
    ASSERT_EQ(failures.size(), 6u);
    for (const auto& failure : failures) EXPECT_FALSE(failure);
    EXPECT_TRUE(run(store->list_async(ListRequest())).objects.empty());
  }
  EXPECT_TRUE(eventually([&] { return toy.alive() == 0; })) << toy.alive() << " things are not released";
}

TEST_P(AbiVersions, WhatAnOlderStoreLacksIsNotSupported) {
  const bool lacks = version == "older";
  const ToyStoreModule toy(version);
  {
    const auto exported = own(toy.make());
    const auto store = import_store(exported.get());
    run(store->put_async(PutRequest("key", Bytes::copy("0123456789"))));
    std::array<std::byte, 10> buffer{};
    const auto into = [&] {
      GetRequest request("key");
      request.sink = Sink::into;
      request.buffer = buffer;
      EXPECT_EQ(run(store->get_async(std::move(request))).end, 10u);
    };
    const auto streamed = [&] {
      GetRequest request("key");
      request.sink = Sink::stream;
      const auto result = run(store->get_async(std::move(request)));
      EXPECT_EQ(run(result.stream->collect_async(10)).view(), "0123456789");
    };
    const auto uploaded = [&] {
      const auto upload = run(store->start_multipart_async(MultipartRequest("up")));
      run(upload->put_part_async(1, Bytes::copy("world")));
      run(upload->put_part_async(0, Bytes::copy("hello ")));
      run(upload->complete_async());
      EXPECT_EQ(store->get("up").view(), "hello world");
    };
    const auto url = [&] {
      EXPECT_EQ(run(store->sign_async(SignRequest("GET", "key", std::chrono::seconds(5)))), "toy:key?5");
    };
    for (const std::function<void()>& verb :
         std::initializer_list<std::function<void()>>{into, streamed, uploaded, url}) {
      if (lacks)
        EXPECT_EQ(kind_thrown(verb), ErrorKind::not_supported);
      else
        EXPECT_NO_THROW(verb());
    }
    EXPECT_EQ(store->capabilities().sign, !lacks);
    EXPECT_EQ(store->capabilities().multipart, !lacks);
    // A kind of error that is not known here.
    const auto unknown = [&] {
      (void)run(store->sign_async(SignRequest("PUT", "key", std::chrono::seconds(5))));
    };
    EXPECT_EQ(kind_thrown(unknown), lacks ? ErrorKind::not_supported : ErrorKind::generic);
  }
  EXPECT_TRUE(eventually([&] { return toy.alive() == 0; })) << toy.alive() << " things are not released";
}

INSTANTIATE_TEST_SUITE_P(All, AbiVersions,
                         ::testing::Combine(::testing::ValuesIn(abi_versions),
                                            ::testing::Values(Way::driven, Way::started)),
                         [](const auto& item) {
                           return std::get<0>(item.param) + "_" + way_name(std::get<1>(item.param));
                         });

}  // namespace
}  // namespace storelink::testing
