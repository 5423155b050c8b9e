// Objects as files, and many deletes: what is made of the verbs works on every backend.
#include "conformance/fixture.hpp"

namespace storelink::testing {
namespace {

class Files : public Conformance {};

std::string numbered(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 31 % 251);
  return text;
}

TEST_P(Files, WhatAWriterWritesAReaderReads) {
  const std::size_t part_size = std::max<std::size_t>(GetParam().smallest_part, 1000);
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, part_size, 2 * part_size + 7}) {
    const std::string expected = numbered(size);
    WriterOptions options;
    options.part_size = part_size;
    const auto write = [&] {
      BufferedWriter writer(store, "file", options);
      for (std::size_t i = 0; i < size; i += 4000) writer.write(Bytes::copy(expected.substr(i, 4000)));
      writer.close();
    };
    if (size > part_size && !GetParam().multipart) {
      EXPECT_EQ(kind_thrown(write), ErrorKind::not_supported);
      continue;
    }
    write();

    ReaderOptions small;
    small.buffer_size = 3000;
    BufferedReader reader = open_reader(store, "file", small);
    ASSERT_EQ(reader.size(), size);
    EXPECT_EQ(reader.read().view(), expected);
    if (size < 100) continue;
    reader.seek(size - 5);
    EXPECT_EQ(reader.read(100).view(), expected.substr(size - 5));
    reader.seek(50);
    for (std::size_t at = 50; at < 650; at += 6) EXPECT_EQ(reader.read(6).view(), expected.substr(at, 6));
  }
}

TEST_P(Files, AnAbortedWriterLeavesTheOldObject) {
  put("file", "old");
  const std::size_t part_size = std::max<std::size_t>(GetParam().smallest_part, 1000);
  WriterOptions options;
  options.part_size = part_size;
  BufferedWriter writer(store, "file", options);
  const int parts = GetParam().multipart ? 3 : 1;
  for (int part = 0; part < parts; ++part) writer.write(Bytes::copy(std::string(part_size, 'n')));
  writer.abort();
  EXPECT_EQ(text("file"), "old");
}

TEST_P(Files, AStreamOfDeletesTakesWhatAListFinds) {
  for (int i = 0; i < 25; ++i) put("gone/" + std::to_string(i));
  put("kept");
  ListRequest below("gone");
  below.max_keys = 10;
  DeleteStream stream(store, listed_paths(store, below));
  std::size_t deleted = 0;
  for (auto outcomes = stream.next(); !outcomes.empty(); outcomes = stream.next()) {
    for (const DeleteOutcome& outcome : outcomes) EXPECT_FALSE(outcome.error) << outcome.path;
    deleted += outcomes.size();
  }
  EXPECT_EQ(deleted, 25U);
  EXPECT_EQ(paths(store->list()), Strings{"kept"});
}

STORELINK_ON_EVERY_BACKEND(Files);

}  // namespace
}  // namespace storelink::testing
