// What an Error says and keeps.
#include "storelink/error.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

#include "storelink/transport.hpp"

namespace storelink {
namespace {

TEST(Error, SaysWhatIsKnownOnOneLine) {
  ErrorDetails details;
  details.kind = ErrorKind::not_found;
  EXPECT_STREQ(Error(details).what(), "not found");
  details.message = "no such key";
  details.status = 404;
  details.request_id = "R1";
  EXPECT_STREQ(Error(details).at("s3://bucket", "a/b").what(),
               "no such key [store s3://bucket, path a/b, HTTP status 404, request id R1]");
}

TEST(Error, TheFirstToNameAPlaceIsRight) {
  const Error named = Error(ErrorKind::io, "broken").at("inner", "p/key");
  const Error again = named.at("outer", "key");
  EXPECT_EQ(again.store(), "inner");
  EXPECT_EQ(again.path(), "p/key");
}

TEST(Error, KeepsItsCauseWhenItIsNamed) {
  ErrorDetails details;
  details.kind = ErrorKind::unauthenticated;
  details.cause = std::make_exception_ptr(std::logic_error("no vault today"));
  const Error named = Error(std::move(details)).at("s3://bucket", "key");
  ASSERT_TRUE(named.cause());
  EXPECT_THROW(std::rethrow_exception(named.cause()), std::logic_error);
  EXPECT_FALSE(Error(ErrorKind::io, "broken").cause());
}

TEST(Error, KeepsWhatATransportSaidWhenItIsNamed) {
  for (const bool arrived : {false, true}) {
    const Error named = TransportError(ErrorKind::io, "reset", arrived).at("s3://bucket", "key");
    EXPECT_EQ(named.details().may_have_arrived, arrived);
  }
  EXPECT_FALSE(Error(ErrorKind::io, "broken").details().may_have_arrived);
}

TEST(ForeignException, HoldsItsObjectUntilTheLastErrorIsGone) {
  auto object = std::make_shared<int>(7);
  {
    ErrorDetails details;
    details.cause = std::make_exception_ptr(ForeignException(object));
    const Error error = Error(std::move(details)).at("store", "path");
    EXPECT_GT(object.use_count(), 1);
    try {
      std::rethrow_exception(error.cause());
    } catch (const ForeignException& exception) {
      EXPECT_EQ(exception.object(), object);
    }
  }
  EXPECT_EQ(object.use_count(), 1);
}

}  // namespace
}  // namespace storelink
