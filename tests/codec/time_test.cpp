#include "codec/time.hpp"

#include <chrono>
#include <optional>
#include <string_view>

#include <gtest/gtest.h>

namespace storelink::codec {
namespace {

using namespace std::chrono_literals;

Timestamp at(std::chrono::nanoseconds since_epoch) {
  return Timestamp(since_epoch);
}

// 1994-11-06T08:49:37Z, the example of RFC 9110.
const Timestamp rfc_example = at(784'111'777s);

TEST(HttpDate, ParsesAllThreeForms) {
  EXPECT_EQ(parse_rfc1123("Sun, 06 Nov 1994 08:49:37 GMT"), rfc_example);
  EXPECT_EQ(parse_rfc1123("Sunday, 06-Nov-94 08:49:37 GMT"), rfc_example);
  EXPECT_EQ(parse_rfc1123("Sun Nov  6 08:49:37 1994"), rfc_example);
  EXPECT_EQ(parse_rfc1123("Wed Nov 16 08:49:37 1994"), rfc_example + std::chrono::days(10));
}

TEST(HttpDate, PutsTwoDigitYearsAtMostFiftyYearsAhead) {
  EXPECT_EQ(parse_rfc1123("Saturday, 01-Jan-00 00:00:00 GMT"), parse_rfc3339("2000-01-01T00:00:00Z"));
  EXPECT_EQ(parse_rfc1123("Friday, 01-Jan-99 00:00:00 GMT"), parse_rfc3339("1999-01-01T00:00:00Z"));
}

TEST(HttpDate, RefusesOtherText) {
  for (const std::string_view text :
       {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 CET",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT", "Sun, 06 Nov 0001 00:00:00 GMT",
        "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Abc 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT+1",
        "06 Nov 1994 08:49:37 GMT"}) {
    EXPECT_EQ(parse_rfc1123(text), std::nullopt) << text;
  }
}

TEST(HttpDate, FormatsTheFixedForm) {
  EXPECT_EQ(format_rfc1123(rfc_example), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_rfc1123(rfc_example + 999ms), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_rfc1123(at(-1ns)), "Wed, 31 Dec 1969 23:59:59 GMT");
}

TEST(Rfc3339, ParsesUtcAndOffsets) {
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37Z"), rfc_example);
  EXPECT_EQ(parse_rfc3339("1994-11-06t08:49:37z"), rfc_example);
  EXPECT_EQ(parse_rfc3339("1994-11-06 08:49:37Z"), rfc_example);
  EXPECT_EQ(parse_rfc3339("1994-11-06T09:49:37+01:00"), rfc_example);
  EXPECT_EQ(parse_rfc3339("1994-11-06T03:19:37-05:30"), rfc_example);
}

TEST(Rfc3339, ParsesFractionsAndDropsDigitsBeyondNanoseconds) {
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37.5Z"), rfc_example + 500ms);
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37.000Z"), rfc_example);
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37.1234567Z"), rfc_example + 123'456'700ns);
  EXPECT_EQ(parse_rfc3339("1994-11-06T08:49:37.123456789987654321Z"), rfc_example + 123'456'789ns);
}

TEST(Rfc3339, RollsALeapSecondIntoTheNextMinute) {
  EXPECT_EQ(parse_rfc3339("2016-12-31T23:59:60Z"), parse_rfc3339("2017-01-01T00:00:00Z"));
}

TEST(Rfc3339, KnowsLeapYears) {
  EXPECT_TRUE(parse_rfc3339("2000-02-29T00:00:00Z").has_value());
  EXPECT_FALSE(parse_rfc3339("1900-02-29T00:00:00Z").has_value());
}

TEST(Rfc3339, RefusesOtherText) {
  for (const std::string_view text :
       {"", "1994-11-06", "1994-11-06T08:49:37", "1994-11-06T08:49:37.Z", "1994-11-06T08:49Z",
        "1994-13-06T08:49:37Z", "1994-11-31T08:49:37Z", "1994-11-06T08:49:37+1:00",
        "1994-11-06T08:49:37+24:00", "1994-11-06T08:49:37Zx", "94-11-06T08:49:37Z", "+994-11-06T08:49:37Z",
        "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1994-11-06T08:49:37,5Z"}) {
    EXPECT_EQ(parse_rfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339, HoldsTheWholeDocumentedRange) {
  for (const std::string_view text : {"1678-01-01T00:00:00Z", "2261-12-31T23:59:59.999999999Z"}) {
    const auto time = parse_rfc3339(text);
    ASSERT_TRUE(time.has_value()) << text;
    EXPECT_EQ(format_rfc3339(*time), text);
  }
  EXPECT_TRUE(parse_rfc3339("1678-01-01T00:00:00+23:59").has_value());
  EXPECT_TRUE(parse_rfc3339("2261-12-31T23:59:59-23:59").has_value());
}

TEST(Rfc3339, FormatsAFractionOnlyWhenThereIsOne) {
  EXPECT_EQ(format_rfc3339(rfc_example), "1994-11-06T08:49:37Z");
  EXPECT_EQ(format_rfc3339(rfc_example + 50ms), "1994-11-06T08:49:37.050Z");
  EXPECT_EQ(format_rfc3339(rfc_example + 1us), "1994-11-06T08:49:37.000001Z");
  EXPECT_EQ(format_rfc3339(rfc_example + 1ns), "1994-11-06T08:49:37.000000001Z");
  EXPECT_EQ(format_rfc3339(at(-1ns)), "1969-12-31T23:59:59.999999999Z");
}

TEST(AmzDate, UsesTheBasicFormat) {
  EXPECT_EQ(format_amz_date(*parse_rfc3339("2013-05-24T00:00:00Z")), "20130524T000000Z");
  EXPECT_EQ(format_amz_date(*parse_rfc3339("2015-08-30T12:36:00.9Z")), "20150830T123600Z");
}

TEST(Duration, ParsesIntegersWithUnits) {
  EXPECT_EQ(parse_duration("0"), 0ns);
  EXPECT_EQ(parse_duration("500ms"), 500ms);
  EXPECT_EQ(parse_duration("1m 30s"), 90s);
  EXPECT_EQ(parse_duration("2h37min"), 157min);
  EXPECT_EQ(parse_duration(" 1day  2 hours "), 26h);
  EXPECT_EQ(parse_duration("3us 4nsec"), 3'004ns);
  EXPECT_EQ(parse_duration("5 \xC2\xB5s"), 5us);
  EXPECT_EQ(parse_duration("1week"), 168h);
  EXPECT_EQ(parse_duration("1M"), 2'630'016s);
  EXPECT_EQ(parse_duration("2years"), 63'115'200s);
}

TEST(Duration, RefusesOtherText) {
  for (const std::string_view text :
       {"", " ", "10", "s", "1.5s", "-1s", "+1s", "1 fortnight", "1s 5", "1S", "0 0", "s1", "1,s", "293years",
        "99999999999999999999ns", "292years 292years"}) {
    EXPECT_EQ(parse_duration(text), std::nullopt) << text;
  }
}

TEST(Duration, FormatsTheLargestUnitFirst) {
  EXPECT_EQ(format_duration(0ns), "0s");
  EXPECT_EQ(format_duration(90s), "1m 30s");
  EXPECT_EQ(format_duration(500ms), "500ms");
  EXPECT_EQ(format_duration(26h), "1day 2h");
  EXPECT_EQ(format_duration(48h), "2days");
  EXPECT_EQ(format_duration(31'557'600s + 2 * 2'630'016s), "1year 2months");
  EXPECT_EQ(format_duration(1'002'003ns), "1ms 2us 3ns");
  EXPECT_EQ(format_duration(-1s), "-1s");
}

TEST(Duration, ParsesWhatItFormatted) {
  for (const std::chrono::nanoseconds value : {1ns, 999'999'999ns, 123'456'789'012'345'678ns}) {
    EXPECT_EQ(parse_duration(format_duration(value)), value);
  }
  EXPECT_EQ(parse_duration(format_duration(std::chrono::nanoseconds::max())),
            std::chrono::nanoseconds::max());
  EXPECT_EQ(format_duration(std::chrono::nanoseconds::min()).front(), '-');
}

// TZ is the process's: the test only says what holds in every zone.
TEST(LocalTime, IsReadInThisMachinesZone) {
  const auto time = parse_local_time("2026-03-04 05:06:07.890000");
  ASSERT_TRUE(time);
  const std::time_t clock = std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count();
  std::tm fields{};
  ::localtime_r(&clock, &fields);
  EXPECT_EQ(fields.tm_year, 126);
  EXPECT_EQ(fields.tm_hour, 5);
  EXPECT_EQ(fields.tm_sec, 7);
  EXPECT_EQ(parse_local_time("yesterday"), std::nullopt);
}

}  // namespace
}  // namespace storelink::codec
