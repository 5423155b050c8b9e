// JSON documents: members by type, and that no message quotes one.
#include "codec/json.hpp"

#include <gtest/gtest.h>

#include <functional>

#include "storelink/error.hpp"

namespace storelink::codec {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::generic);
    return error.message();
  }
  ADD_FAILURE() << "nothing was thrown";
  return {};
}

TEST(Json, GivesMembersByType) {
  const auto json = JsonObject::parse(
      R"({"t": "text ü", "n": 3599, "s": "42", "b": true, "o": {"in": "x"}, "null": null})", "the file");
  EXPECT_EQ(json.text("t"), "text ü");
  EXPECT_EQ(json.required_text("t"), "text ü");
  EXPECT_EQ(json.integer("n"), 3599);
  EXPECT_EQ(json.integer("s"), 42) << "numbers are also taken as text";
  EXPECT_EQ(json.boolean("b"), true);
  EXPECT_EQ(json.object("o")->text("in"), "x");
  EXPECT_EQ(json.text("missing"), std::nullopt);
  EXPECT_EQ(json.text("null"), std::nullopt);
  EXPECT_FALSE(json.object("null").has_value());
}

TEST(Json, RefusesWhatIsNoObjectWithoutQuotingIt) {
  for (const char* text : {"", "sesame", "[\"sesame\"]", "{\"sesame\":", "\"sesame\"", "{} sesame"}) {
    const std::string message = message_of([&] { (void)JsonObject::parse(text, "the file"); });
    EXPECT_EQ(message, "the file is no JSON object");
  }
}

TEST(Json, NamesTheMemberOfAnotherTypeWithoutQuotingIt) {
  const auto json = JsonObject::parse(R"({"t": "sesame", "n": 7, "o": {"in": 1}, "e": ""})", "the file");
  EXPECT_EQ(message_of([&] { (void)json.text("n"); }), "\"n\" in the file is not a string");
  EXPECT_EQ(message_of([&] { (void)json.integer("t"); }), "\"t\" in the file is not an integer");
  EXPECT_EQ(message_of([&] { (void)json.boolean("t"); }), "\"t\" in the file is not true or false");
  EXPECT_EQ(message_of([&] { (void)json.object("t"); }), "\"t\" in the file is not an object");
  EXPECT_EQ(message_of([&] { (void)json.object("o")->text("in"); }),
            "\"in\" in \"o\" in the file is not a string");
  for (const char* name : {"missing", "e"}) {
    const std::string message = message_of([&] { (void)json.required_text(name); });
    EXPECT_EQ(message, std::string("the file has no \"") + name + "\", which it must have");
  }
}

TEST(Json, WritesAnObjectWithMembersReplaced) {
  const auto json = JsonObject::parse(R"({"a": "old", "o": {"in": [1, null]}})", "the file");
  EXPECT_EQ(json.with({{"a", "n\"ew"}, {"b", "x"}}), R"({"a":"n\"ew","b":"x","o":{"in":[1,null]}})");
  EXPECT_EQ(json.text("a"), "old");
}

TEST(Json, QuotesText) {
  EXPECT_EQ(json_quote("a\"b\\c\n\x01ü"), "\"a\\\"b\\\\c\\n\\u0001ü\"");
  EXPECT_EQ(json_quote("\xFF"), "\"\xEF\xBF\xBD\"");
}

}  // namespace
}  // namespace storelink::codec
