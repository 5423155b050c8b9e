#include "values.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "call_arguments.hpp"
#include "codec/text.hpp"
#include "storelink/detail/attribute_names.hpp"

namespace storelink::python {

namespace {

// Of the module datetime, found once: datetime and timezone.utc.
struct DatetimeNames {
  Ref datetime, utc;
};

const DatetimeNames& datetime_names() {
  static const DatetimeNames* made = nullptr;  // no initialised static: an import may let other threads run
  if (made == nullptr) {
    Ref datetime = import_attribute("datetime", "datetime");
    const Ref zone = import_attribute("datetime", "timezone");
    Ref utc = checked(PyObject_GetAttrString(zone.get(), "utc"));
    if (made == nullptr) made = new DatetimeNames{std::move(datetime), std::move(utc)};
  }
  return *made;
}

PyObject* utc() {
  return datetime_names().utc.get();
}

std::optional<std::string> optional_text(const std::string& what, PyObject* mapping, const char* key) {
  const Ref item = optional_item(mapping, key);
  if (!item) return std::nullopt;
  return expect_text("'" + std::string(key) + "' of " + what, item.get());
}

bool equals_ignoring_case(std::string_view a, std::string_view lower) {
  return std::ranges::equal(a, lower,
                            [](char x, char y) { return (x >= 'A' && x <= 'Z' ? x + 32 : x) == y; });
}

// "content-type" as "Content-Type"
std::string capitalised(std::string_view name) {
  std::string text(name);
  for (std::size_t i = 0; i < text.size(); ++i)
    if ((i == 0 || text[i - 1] == '-') && text[i] >= 'a' && text[i] <= 'z')
      text[i] = static_cast<char>(text[i] - 32);
  return text;
}

}  // namespace

Timestamp from_datetime(PyObject* datetime) {
  const Ref zone = checked(PyObject_GetAttrString(datetime, "tzinfo"));
  Ref aware = Ref::borrow(datetime);
  if (zone.is_none()) {
    const Ref replace = checked(PyObject_GetAttrString(datetime, "replace"));
    const Ref args = checked(PyTuple_New(0));
    const Ref kwargs = checked(PyDict_New());
    check(PyDict_SetItemString(kwargs.get(), "tzinfo", utc()));
    aware = checked(PyObject_Call(replace.get(), args.get(), kwargs.get()));
  }
  const Ref seconds = checked(PyObject_CallMethod(aware.get(), "timestamp", nullptr));
  const double value = PyFloat_AsDouble(seconds.get());
  if (PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
  // Times beyond what nanoseconds can count (the year 2262) mean "never" anyway.
  constexpr double limit = 9.2e9;
  const double clamped = std::clamp(value, -limit, limit);
  return Timestamp(std::chrono::nanoseconds(std::llround(clamped * 1e6) * 1000));
}

Ref to_datetime(Timestamp time) {
  using std::chrono::microseconds;
  const auto midnight = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(midnight);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<microseconds>(time - midnight));
  const auto byte = [](auto number) { return static_cast<char>(static_cast<unsigned char>(number)); };
  // The class's own form of a time, as in every pickle of one: half the price of seven ints.
  const int year = int{date.year()};
  const auto fraction = clock.subseconds().count();
  const std::array<char, 10> state = {byte(year >> 8),
                                      byte(year),
                                      byte(unsigned{date.month()}),
                                      byte(unsigned{date.day()}),
                                      byte(clock.hours().count()),
                                      byte(clock.minutes().count()),
                                      byte(clock.seconds().count()),
                                      byte(fraction >> 16),
                                      byte(fraction >> 8),
                                      byte(fraction)};
  const Ref bytes = checked(PyBytes_FromStringAndSize(state.data(), state.size()));
  const DatetimeNames& names = datetime_names();
  return checked(PyObject_CallFunctionObjArgs(names.datetime.get(), bytes.get(), names.utc.get(), nullptr));
}

void append_as_utf8(std::string& to, std::string_view text) {
  if (codec::is_utf8(text)) {
    to += text;
    return;
  }
  while (!text.empty()) {
    const std::size_t length = codec::utf8_length(text);
    if (length != 0)
      to += text.substr(0, length);
    else
      to += "\xEF\xBF\xBD";
    text.remove_prefix(std::max<std::size_t>(1, length));
  }
}

Ref optional_item(PyObject* mapping, const char* key) {
  Ref item = Ref::steal(PyMapping_GetItemString(mapping, key));
  if (!item) {
    if (PyErr_ExceptionMatches(PyExc_KeyError) == 0) throw ErrorAlreadySet{};
    PyErr_Clear();
  }
  return item.is_none() ? Ref() : item;
}

std::string to_key(const std::string& what, PyObject* text) {
  if (PyUnicode_Check(text) == 0) raise_wrong_type(what, text, "str");
  Py_ssize_t size = 0;
  if (const char* data = PyUnicode_AsUTF8AndSize(text, &size)) return {data, static_cast<std::size_t>(size)};
  PyErr_Clear();
  const Ref encoded = checked(PyUnicode_AsEncodedString(text, "utf-8", "surrogateescape"));
  char* data = nullptr;
  check(PyBytes_AsStringAndSize(encoded.get(), &data, &size));
  return {data, static_cast<std::size_t>(size)};
}

std::uint64_t to_size(const std::string& what, PyObject* number) {
  const Ref index = Ref::steal(PyNumber_Index(number));
  if (!index) {
    PyErr_Clear();
    raise_wrong_type(what, number, "int");
  }
  const unsigned long long value = PyLong_AsUnsignedLongLong(index.get());
  if (PyErr_Occurred() == nullptr) return value;
  if (PyErr_ExceptionMatches(PyExc_OverflowError) == 0) throw ErrorAlreadySet{};
  PyErr_Clear();
  const Ref text = checked(PyObject_Str(index.get()));
  raise(PyExc_OverflowError,
        what + " is " + to_utf8(text.get()) + "; accepted is a number from 0 to 2**64 - 1");
}

ObjectMeta meta_from_mapping(const std::string& what, PyObject* mapping) {
  constexpr const char* accepted = "a mapping with path, size, last_modified, e_tag and version";
  if (PyMapping_Check(mapping) == 0 || PyUnicode_Check(mapping) != 0)
    raise_wrong_type(what, mapping, accepted);
  const Ref path = optional_item(mapping, "path");
  const Ref size = optional_item(mapping, "size");
  if (!path || !size) raise(PyExc_TypeError, what + " has no path or no size; accepted is " + accepted);
  ObjectMeta meta;
  meta.path = to_key("'path' of " + what, path.get());
  meta.size = to_size("'size' of " + what, size.get());
  if (const Ref modified = optional_item(mapping, "last_modified")) {
    if (!attribute_or_none(modified.get(), "tzinfo"))
      raise_wrong_type("'last_modified' of " + what, modified.get(), "datetime.datetime");
    meta.last_modified = from_datetime(modified.get());
  }
  meta.e_tag = optional_text(what, mapping, "e_tag");
  meta.version = optional_text(what, mapping, "version");
  return meta;
}

Attributes attributes_from_mapping(const std::string& what, PyObject* mapping) {
  Attributes attributes;
  const auto add = [&attributes](const std::string& name, std::string value) {
    for (const AttributeName& known : all_attributes)
      if (equals_ignoring_case(name, known.name)) {
        attributes.*known.member = std::move(value);
        return;
      }
    attributes.metadata.insert_or_assign(name, std::move(value));
  };
  for_each_item(what, mapping, [&](const std::string& name, PyObject* value) {
    add(name, expect_text("'" + name + "' of " + what, value));
  });
  return attributes;
}

Ref attributes_to_dict(const Attributes& attributes) {
  Ref dict = checked(PyDict_New());
  const auto set = [&dict](const std::string& name, const std::string& value) {
    check(PyDict_SetItem(dict.get(), from_utf8(name).get(), from_utf8(value).get()));
  };
  for (const AttributeName& known : all_attributes)
    if (const auto& value = attributes.*known.member) set(capitalised(known.name), *value);
  for (const auto& [name, value] : attributes.metadata) set(name, value);
  return dict;
}

}  // namespace storelink::python
