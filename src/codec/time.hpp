// Points in time and durations as text: HTTP dates, RFC 3339, SigV4's basic format, humantime.
//
// All functions work in UTC, without locale or time-zone data.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace storelink::codec {

// Nanoseconds since 1970-01-01T00:00:00Z; spans the years 1678 to 2261 completely.
using Timestamp = std::chrono::sys_time<std::chrono::nanoseconds>;

// An HTTP date in any of the three forms of RFC 9110, section 5.6.7: IMF-fixdate
// ("Sun, 06 Nov 1994 08:49:37 GMT"), RFC 850 ("Sunday, 06-Nov-94 08:49:37 GMT", a year more than 50
// years ahead meaning the century before) and asctime ("Sun Nov  6 08:49:37 1994"). The day of the
// week is read but not compared with the date. Nothing for any other text and for years outside
// 1678…2261.
std::optional<Timestamp> parse_rfc1123(std::string_view text);

// "2013-05-24T10:11:12[.fraction](Z|±hh:mm)" (RFC 3339; "t", "z" and a space for "T" are taken too).
// Digits of the fraction beyond nanoseconds are dropped. Nothing for any other text and for years
// outside 1678…2261.
std::optional<Timestamp> parse_rfc3339(std::string_view text);

// "2013-05-24 10:11:12[.fraction]" in this machine's time zone, as programs print it. Nothing for any other
// text.
std::optional<Timestamp> parse_local_time(std::string_view text);

// "Fri, 24 May 2013 00:00:00 GMT". Fractions of a second are dropped (towards the past).
std::string format_rfc1123(Timestamp time);

// "2013-05-24T00:00:00Z"; a fraction that is not zero is written with 3, 6 or 9 digits, as needed.
std::string format_rfc3339(Timestamp time);

// "20130524T000000Z", the first eight characters being the day of a SigV4 scope.
std::string format_amz_date(Timestamp time);

// A duration in the words of the humantime crate: integers with units, "1m 30s", "1day2h", "500ms".
// Units: ns nsec nanos; us µs usec; ms msec millis; s sec secs second seconds; m min mins minute
// minutes; h hr hrs hour hours; d day days; w wk wks week weeks; M month months (30.44 days); y yr yrs
// year years (365.25 days). "0" needs no unit. Surrounding and inner white space is ignored.
// Nothing for any other text (fractions and signs included) and when the sum overflows.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

// The same notation, largest unit first, zero parts left out: "1day 2h", "1m 30s", "500ms"; zero is
// "0s". A negative duration gets a leading "-" (which parse_duration does not take).
std::string format_duration(std::chrono::nanoseconds duration);

}  // namespace storelink::codec
