// abi.h comes first and alone: it is complete C++20. That it is complete C11, and frozen, shows abi_layout.c.
#include "storelink/abi.h"
// clang-format off
#include "storelink/abi.h"  // twice does no harm
// clang-format on

#include <gtest/gtest.h>

#include <string_view>
#include <type_traits>

namespace storelink::testing {
namespace {

using std::string_view_literals::operator""sv;

static_assert(SL_CAPSULE_NAME == "storelink_store"sv);
static_assert(SL_CAPSULE_METHOD == "__storelink_store__"sv);
static_assert(SL_PYTHON_CAPSULE_NAME == "storelink._storelink.abi"sv);

// C and C++ agree on what is passed around by value and copied byte by byte.
static_assert(std::is_standard_layout_v<sl_store> && std::is_trivial_v<sl_store>);
static_assert(std::is_standard_layout_v<sl_get_request> && std::is_trivial_v<sl_get_request>);
static_assert(std::is_standard_layout_v<sl_get_result> && std::is_trivial_v<sl_get_result>);

TEST(AbiHeader, AFieldIsThereWhenTheWholeOfItIsInside) {
  sl_error error{};
  error.struct_size = sizeof(sl_error);
  EXPECT_TRUE(SL_HAS_FIELD(&error, sl_error, cause));
  error.struct_size = sizeof(sl_error) - 1;
  EXPECT_FALSE(SL_HAS_FIELD(&error, sl_error, cause));
  EXPECT_TRUE(SL_HAS_FIELD(&error, sl_error, status));
  error.struct_size = 0;
  EXPECT_FALSE(SL_HAS_FIELD(&error, sl_error, struct_size));
}

TEST(AbiHeader, AFunctionIsThereWhenItIsNotNull) {
  sl_stream stream{};
  stream.struct_size = sizeof(stream);
  EXPECT_FALSE(SL_HAS(&stream, sl_stream, release));
  stream.release = [](sl_stream*) {};
  EXPECT_TRUE(SL_HAS(&stream, sl_stream, release));
  stream.struct_size = offsetof(sl_stream, release);
  EXPECT_FALSE(SL_HAS(&stream, sl_stream, release));
}

}  // namespace
}  // namespace storelink::testing
