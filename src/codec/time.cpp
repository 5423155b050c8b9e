#include "codec/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <ctime>
#include <limits>

#include "codec/text.hpp"

namespace storelink::codec {

namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr std::array<std::string_view, 12> month_names = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> day_names = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                       "Thursday", "Friday", "Saturday"};

// The whole years that nanoseconds in 64 bits can hold.
constexpr int first_year = 1678;
constexpr int last_year = 2261;

// Reads `text` from left to right. A step that fails makes the reader fail for good, so that callers
// check once, at the end.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  bool failed() const { return failed_; }
  bool done() const { return !failed_ && rest_.empty(); }
  char peek() const { return rest_.empty() ? '\0' : rest_.front(); }

  // Exactly `count` decimal digits.
  int digits(std::size_t count) {
    if (rest_.size() < count) return fail();
    int value = 0;
    for (const char c : rest_.substr(0, count)) {
      if (!is_ascii_digit(c)) return fail();
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return value;
  }

  // All digits from here as the fraction of a second, at least one.
  nanoseconds fraction() {
    if (!is_ascii_digit(peek())) fail();
    std::int64_t value = 0;
    std::int64_t unit = 1'000'000'000;
    while (is_ascii_digit(peek())) {
      unit /= 10;
      value += unit * (take() - '0');
    }
    return nanoseconds(value);
  }

  void expect(char c) {
    if (rest_.starts_with(c)) {
      rest_.remove_prefix(1);
    } else {
      fail();
    }
  }
  void expect(std::string_view literal) {
    if (rest_.starts_with(literal)) {
      rest_.remove_prefix(literal.size());
    } else {
      fail();
    }
  }

  // One of the characters in `choices`, which is consumed and returned.
  char any_of(std::string_view choices) {
    if (rest_.empty() || choices.find(rest_.front()) == std::string_view::npos)
      return static_cast<char>(fail());
    return take();
  }

  // A name out of `names`, each cut to `length` characters when that is not zero; its index.
  template <std::size_t Count>
  std::size_t name(const std::array<std::string_view, Count>& names, std::size_t length = 0) {
    for (std::size_t i = 0; i < Count; ++i) {
      const std::string_view candidate = length == 0 ? names[i] : names[i].substr(0, length);
      if (!iequals(rest_.substr(0, candidate.size()), candidate)) continue;
      rest_.remove_prefix(candidate.size());
      return i;
    }
    fail();
    return 0;
  }

 private:
  char take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }

  int fail() {
    failed_ = true;
    rest_ = {};
    return 0;
  }

  std::string_view rest_;
  bool failed_ = false;
};

struct CivilTime {
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;  // 60 is a leap second: the first of the next minute
};

void read_clock(Reader& in, CivilTime& out) {
  out.hour = in.digits(2);
  in.expect(':');
  out.minute = in.digits(2);
  in.expect(':');
  out.second = in.digits(2);
}

std::optional<Timestamp> to_timestamp(const CivilTime& t) {
  const std::chrono::year_month_day date{std::chrono::year(t.year),
                                         std::chrono::month(static_cast<unsigned>(t.month)),
                                         std::chrono::day(static_cast<unsigned>(t.day))};
  if (t.year < first_year || t.year > last_year || !date.ok()) return std::nullopt;
  if (t.hour > 23 || t.minute > 59 || t.second > 60) return std::nullopt;
  return std::chrono::sys_days(date) + hours(t.hour) + minutes(t.minute) + seconds(t.second) + nanoseconds(0);
}

int current_year() {
  const auto today = std::chrono::floor<days>(std::chrono::system_clock::now());
  return static_cast<int>(std::chrono::year_month_day(today).year());
}

int expand_year(int two_digits) {
  const int now = current_year();
  const int year = now - now % 100 + two_digits;
  return year > now + 50 ? year - 100 : year;
}

std::optional<Timestamp> finish(const Reader& in, const CivilTime& t) {
  if (!in.done()) return std::nullopt;
  return to_timestamp(t);
}

std::optional<Timestamp> parse_imf_fixdate(std::string_view text) {
  Reader in(text);
  CivilTime t;
  in.name(day_names, 3);
  in.expect(", ");
  t.day = in.digits(2);
  in.expect(' ');
  t.month = static_cast<int>(in.name(month_names)) + 1;
  in.expect(' ');
  t.year = in.digits(4);
  in.expect(' ');
  read_clock(in, t);
  in.expect(" GMT");
  return finish(in, t);
}

std::optional<Timestamp> parse_rfc850(std::string_view text) {
  Reader in(text);
  CivilTime t;
  in.name(day_names);
  in.expect(", ");
  t.day = in.digits(2);
  in.expect('-');
  t.month = static_cast<int>(in.name(month_names)) + 1;
  in.expect('-');
  t.year = expand_year(in.digits(2));
  in.expect(' ');
  read_clock(in, t);
  in.expect(" GMT");
  return finish(in, t);
}

std::optional<Timestamp> parse_asctime(std::string_view text) {
  Reader in(text);
  CivilTime t;
  in.name(day_names, 3);
  in.expect(' ');
  t.month = static_cast<int>(in.name(month_names)) + 1;
  in.expect(' ');
  if (in.peek() == ' ') {
    in.expect(' ');
    t.day = in.digits(1);
  } else {
    t.day = in.digits(2);
  }
  in.expect(' ');
  read_clock(in, t);
  in.expect(' ');
  t.year = in.digits(4);
  return finish(in, t);
}

// A timestamp split for formatting.
struct Broken {
  explicit Broken(Timestamp time)
      : midnight(std::chrono::floor<days>(time)), date(midnight), clock(time - midnight) {}

  unsigned year() const { return static_cast<unsigned>(static_cast<int>(date.year())); }
  unsigned month() const { return static_cast<unsigned>(date.month()); }
  unsigned day() const { return static_cast<unsigned>(date.day()); }
  unsigned hour() const { return static_cast<unsigned>(clock.hours().count()); }
  unsigned minute() const { return static_cast<unsigned>(clock.minutes().count()); }
  unsigned second() const { return static_cast<unsigned>(clock.seconds().count()); }
  unsigned nanosecond() const { return static_cast<unsigned>(clock.subseconds().count()); }

  std::chrono::sys_days midnight;
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<nanoseconds> clock;
};

// Appends `value` with leading zeros, `width` digits.
void append_padded(std::string& out, unsigned value, std::size_t width) {
  const std::size_t start = out.size();
  out.resize(start + width);
  for (std::size_t i = width; i > 0; --i) {
    out[start + i - 1] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

void append_date(std::string& out, const Broken& t, std::string_view separator) {
  append_padded(out, t.year(), 4);
  out += separator;
  append_padded(out, t.month(), 2);
  out += separator;
  append_padded(out, t.day(), 2);
}

void append_clock(std::string& out, const Broken& t, std::string_view separator) {
  append_padded(out, t.hour(), 2);
  out += separator;
  append_padded(out, t.minute(), 2);
  out += separator;
  append_padded(out, t.second(), 2);
}

struct DurationUnit {
  std::array<std::string_view, 5> names;
  std::uint64_t nanoseconds;
};

constexpr std::uint64_t second_ns = 1'000'000'000;
constexpr std::uint64_t day_ns = 86'400 * second_ns;
constexpr std::uint64_t month_ns = 2'630'016 * second_ns;
constexpr std::uint64_t year_ns = 31'557'600 * second_ns;

constexpr std::array<DurationUnit, 10> duration_units = {{
    {{"ns", "nsec", "nanos"}, 1},
    {{"us", "\xC2\xB5s", "usec"}, 1'000},
    {{"ms", "msec", "millis"}, 1'000'000},
    {{"s", "sec", "secs", "second", "seconds"}, second_ns},
    {{"m", "min", "mins", "minute", "minutes"}, 60 * second_ns},
    {{"h", "hr", "hrs", "hour", "hours"}, 3'600 * second_ns},
    {{"d", "day", "days"}, day_ns},
    {{"w", "wk", "wks", "week", "weeks"}, 7 * day_ns},
    {{"M", "month", "months"}, month_ns},
    {{"y", "yr", "yrs", "year", "years"}, year_ns},
}};

std::optional<std::uint64_t> unit_nanoseconds(std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const DurationUnit& unit : duration_units) {
    for (const std::string_view known : unit.names) {
      if (name == known) return unit.nanoseconds;
    }
  }
  return std::nullopt;
}

// Moves the longest prefix whose bytes satisfy `wanted` out of `text`.
template <typename Predicate>
std::string_view take_while(std::string_view& text, Predicate wanted) {
  std::size_t length = 0;
  while (length < text.size() && wanted(text[length])) ++length;
  const std::string_view taken = text.substr(0, length);
  text.remove_prefix(length);
  return taken;
}

// The number, or nothing when it does not fit.
std::optional<std::uint64_t> parse_digits(std::string_view digits) {
  constexpr std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (limit - digit) / 10) return std::nullopt;
    value = value * 10 + digit;
  }
  return value;
}

}  // namespace

std::optional<Timestamp> parse_rfc1123(std::string_view text) {
  text = trim(text);
  if (auto time = parse_imf_fixdate(text)) return time;
  if (auto time = parse_rfc850(text)) return time;
  return parse_asctime(text);
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  Reader in(text);
  CivilTime t;
  t.year = in.digits(4);
  in.expect('-');
  t.month = in.digits(2);
  in.expect('-');
  t.day = in.digits(2);
  in.any_of("Tt ");
  read_clock(in, t);
  nanoseconds fraction{0};
  if (in.peek() == '.') {
    in.expect('.');
    fraction = in.fraction();
  }
  minutes offset{0};
  const char sign = in.any_of("Zz+-");
  if (sign == '+' || sign == '-') {
    const int offset_hours = in.digits(2);
    in.expect(':');
    const int offset_minutes = in.digits(2);
    if (offset_hours > 23 || offset_minutes > 59) return std::nullopt;
    offset = hours(offset_hours) + minutes(offset_minutes);
    if (sign == '-') offset = -offset;
  }
  auto time = finish(in, t);
  if (time) *time += fraction - offset;
  return time;
}

std::optional<Timestamp> parse_local_time(std::string_view text) {
  const auto as_utc = parse_rfc3339(std::string(text) + "Z");
  if (!as_utc) return std::nullopt;
  const std::time_t clock = std::chrono::floor<seconds>(*as_utc).time_since_epoch().count();
  std::tm fields{};
  ::gmtime_r(&clock, &fields);
  fields.tm_isdst = -1;
  return Timestamp(seconds(std::mktime(&fields)));
}

std::string format_rfc1123(Timestamp time) {
  const Broken t(time);
  std::string out;
  out.reserve(29);
  out += day_names[std::chrono::weekday(t.midnight).c_encoding()].substr(0, 3);
  out += ", ";
  append_padded(out, t.day(), 2);
  out += ' ';
  out += month_names[t.month() - 1];
  out += ' ';
  append_padded(out, t.year(), 4);
  out += ' ';
  append_clock(out, t, ":");
  out += " GMT";
  return out;
}

std::string format_rfc3339(Timestamp time) {
  const Broken t(time);
  std::string out;
  out.reserve(30);
  append_date(out, t, "-");
  out += 'T';
  append_clock(out, t, ":");
  unsigned fraction = t.nanosecond();
  if (fraction != 0) {
    std::size_t width = 9;
    while (fraction % 1000 == 0) {
      fraction /= 1000;
      width -= 3;
    }
    out += '.';
    append_padded(out, fraction, width);
  }
  out += 'Z';
  return out;
}

std::string format_amz_date(Timestamp time) {
  const Broken t(time);
  std::string out;
  out.reserve(16);
  append_date(out, t, "");
  out += 'T';
  append_clock(out, t, "");
  out += 'Z';
  return out;
}

std::optional<nanoseconds> parse_duration(std::string_view text) {
  constexpr auto limit = static_cast<std::uint64_t>(nanoseconds::max().count());
  std::string_view rest = trim(text);
  if (rest.empty()) return std::nullopt;
  if (rest == "0") return nanoseconds(0);
  std::uint64_t total = 0;
  while (!rest.empty()) {
    const auto count = parse_digits(take_while(rest, is_ascii_digit));
    take_while(rest, is_ascii_space);
    const std::string_view name =
        take_while(rest, [](char c) { return !is_ascii_digit(c) && !is_ascii_space(c); });
    const auto unit = unit_nanoseconds(name);
    if (!count || !unit || *count > (limit - total) / *unit) return std::nullopt;
    total += *count * *unit;
    take_while(rest, is_ascii_space);
  }
  return nanoseconds(static_cast<nanoseconds::rep>(total));
}

std::string format_duration(nanoseconds duration) {
  const bool negative = duration < nanoseconds::zero();
  const auto bits = static_cast<std::uint64_t>(duration.count());
  std::uint64_t rest = negative ? 0 - bits : bits;
  if (rest == 0) return "0s";
  std::string out;
  const auto append = [&](std::uint64_t unit, std::string_view one, std::string_view many) {
    const std::uint64_t count = rest / unit;
    rest %= unit;
    if (count == 0) return;
    if (!out.empty()) out += ' ';
    out += std::to_string(count);
    out += count == 1 ? one : many;
  };
  append(year_ns, "year", "years");
  append(month_ns, "month", "months");
  append(day_ns, "day", "days");
  append(3'600 * second_ns, "h", "h");
  append(60 * second_ns, "m", "m");
  append(second_ns, "s", "s");
  append(1'000'000, "ms", "ms");
  append(1'000, "us", "us");
  append(1, "ns", "ns");
  return negative ? "-" + out : out;
}

}  // namespace storelink::codec
