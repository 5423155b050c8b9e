#include "cloud/headers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/digest.hpp"
#include "codec/percent.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"
#include "storelink/detail/attribute_names.hpp"

namespace storelink::cloud {

namespace {

constexpr std::string_view encoded_word_start = "=?UTF-8?B?";
constexpr std::string_view encoded_word_end = "?=";

bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte < 0x20 || byte == 0x7F;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [marks](char c) {
    return codec::is_ascii_alpha(c) || codec::is_ascii_digit(c) || marks.find(c) != std::string_view::npos;
  });
}

void refuse_control(std::string_view name, std::string_view value) {
  if (std::any_of(value.begin(), value.end(), is_control)) {
    throw Error(ErrorKind::generic,
                fmt::format("the attribute {:?} has a control character, which HTTP cannot carry", name));
  }
}

void append_attribute(Headers& headers, std::string_view name, const std::optional<std::string>& value) {
  if (!value) return;
  refuse_control(name, *value);
  if (!is_ascii(*value))
    throw Error(ErrorKind::generic, fmt::format("the attribute {:?} must be ASCII", name));
  headers.emplace_back(name, *value);
}

std::string encode_metadata(std::string_view value) {
  const bool plain = is_ascii(value) && !value.starts_with(' ') && !value.ends_with(' ') &&
                     value.find("=?") == std::string_view::npos;
  if (plain) return std::string(value);
  return fmt::format("{}{}{}", encoded_word_start, codec::base64_encode(value), encoded_word_end);
}

// The "Q" encoding of RFC 2047, section 4.2: quoted-printable with "_" for a space.
std::string decode_q(std::string_view text) {
  std::string escaped(text);
  for (char& c : escaped) {
    if (c == '=')
      c = '%';
    else if (c == '_')
      c = ' ';
    else if (c == '%')
      c = '\x01';  // not an escape here; no encoded word has control characters
  }
  std::string decoded = codec::percent_decode(escaped);
  std::replace(decoded.begin(), decoded.end(), '\x01', '%');
  return decoded;
}

// One encoded word at the start of `text`: its length there and what it says.
struct EncodedWord {
  std::size_t length = 0;
  std::string decoded;
};
std::optional<EncodedWord> encoded_word(std::string_view text) {
  if (text.size() < encoded_word_start.size() || !codec::iequals(text.substr(0, 8), "=?utf-8?")) return {};
  const char encoding = codec::to_lower_ascii(text[8]);
  if (text[9] != '?' || (encoding != 'b' && encoding != 'q')) return {};
  const std::size_t end = text.find(encoded_word_end, 10);
  if (end == std::string_view::npos) return {};
  const std::string_view payload = text.substr(10, end - 10);
  EncodedWord word;
  word.length = end + encoded_word_end.size();
  if (encoding == 'q') {
    word.decoded = decode_q(payload);
    return word;
  }
  auto decoded = codec::base64_decode(payload);
  if (!decoded) return {};
  word.decoded = std::move(*decoded);
  return word;
}

std::string decode_metadata(std::string_view value) {
  std::string out;
  bool after_word = false;
  while (!value.empty()) {
    // White space between two encoded words is not part of the text.
    if (after_word) {
      const std::string_view rest = codec::trim(value);
      if (rest.starts_with("=?") && rest.size() < value.size()) value.remove_prefix(value.find("=?"));
    }
    if (const auto word = encoded_word(value)) {
      out += word->decoded;
      value.remove_prefix(word->length);
      after_word = true;
      continue;
    }
    const std::size_t next = std::min(value.find("=?", 1), value.size());
    out += value.substr(0, next);
    value.remove_prefix(next);
    after_word = false;
  }
  return out;
}

}  // namespace

void append_attributes(Headers& headers, const Attributes& attributes, const HeaderNames& names,
                       std::string_view default_content_type) {
  const auto own_name = [&names](std::string_view name) {
    return std::string(names.attribute_prefix).append(name);
  };
  for (const auto& [name, member] : http_attributes)
    append_attribute(headers, own_name(name), attributes.*member);
  if (!attributes.content_type && !default_content_type.empty())
    headers.emplace_back(own_name("content-type"), default_content_type);
  append_attribute(headers, names.storage_class, attributes.storage_class);
  for (const auto& [name, value] : attributes.metadata) {
    if (!is_token(name)) {
      throw Error(ErrorKind::generic,
                  fmt::format("the metadata name {:?} is no HTTP token: it may have letters, digits and "
                              "!#$%&'*+-.^_`|~ only",
                              name));
    }
    refuse_control(name, value);
    headers.emplace_back(std::string(names.metadata_prefix) + name, encode_metadata(value));
  }
}

Attributes parse_attributes(const Headers& headers, const HeaderNames& names) {
  Attributes attributes;
  bool inferred = false;
  for (const auto& [name, value] : headers) {
    if (!names.metadata_prefix.empty() && name.size() > names.metadata_prefix.size() &&
        name.starts_with(names.metadata_prefix)) {
      attributes.metadata.emplace(name.substr(names.metadata_prefix.size()), decode_metadata(value));
      continue;
    }
    if (name == names.storage_class) {
      attributes.storage_class = value;
      continue;
    }
    inferred |=
        !names.storage_class_inferred.empty() && name == names.storage_class_inferred && value == "true";
    for (const auto& [known, member] : http_attributes) {
      if (name == known) attributes.*member = value;
    }
  }
  if (inferred) attributes.storage_class.reset();
  return attributes;
}

void parse_meta(const Headers& headers, const HeaderNames& names, ObjectMeta& meta) {
  for (const auto& [name, value] : headers) {
    if (name == "etag") {
      meta.e_tag = value;
    } else if (name == "last-modified") {
      if (const auto time = codec::parse_rfc1123(value)) meta.last_modified = *time;
    } else if (!names.resource_type.empty() && name == names.resource_type && value == "directory") {
      throw Error(ErrorKind::not_found, "this is a directory and no object");
    } else if (name == names.version && value != "null") {
      // "null" is the version of what was stored while versioning was off.
      meta.version = value;
    }
  }
}

std::optional<ContentRange> parse_content_range(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const std::string_view bounds = text.substr(0, slash);
  const auto size = codec::parse_number(text.substr(slash + 1));
  if (!size) return {};
  ContentRange range;
  range.size = *size;
  if (bounds == "bytes *") return range;
  const auto extent = http::content_range_bounds(text);
  if (!extent || extent->end > *size) return {};
  range.start = extent->start;
  range.end = extent->end;
  range.satisfied = true;
  return range;
}

void check_header_value(std::string_view name, std::string_view value) {
  const bool valid = std::all_of(value.begin(), value.end(), [](char c) { return c >= ' ' && c < 0x7F; });
  if (!valid) {
    throw Error(ErrorKind::generic,
                fmt::format("{} has a character that HTTP cannot carry; accepted is printable ASCII", name));
  }
}

PutResult parse_put_result(const Headers& headers, const HeaderNames& names) {
  ObjectMeta meta;
  parse_meta(headers, names, meta);
  PutResult result;
  result.e_tag = std::move(meta.e_tag);
  result.version = std::move(meta.version);
  return result;
}

void append_given(Headers& headers, const RequestHeaders& given) {
  constexpr std::string_view own[] = {"authorization",
                                      "connection",
                                      "content-length",
                                      "host",
                                      "transfer-encoding",
                                      "expect",
                                      "range",
                                      "if-match",
                                      "x-amz-date",
                                      "x-amz-content-sha256",
                                      "x-amz-security-token",
                                      "x-amz-s3session-token",
                                      "x-ms-date",
                                      "date"};
  for (const auto& [name, value] : given) {
    if (!is_token(name))
      throw Error(ErrorKind::generic, fmt::format("{:?} is no name of an HTTP header", name));
    const std::string lower = codec::to_lower(name);
    if (find_header(headers, lower) != nullptr ||
        std::find(std::begin(own), std::end(own), lower) != std::end(own))
      throw Error(ErrorKind::generic, fmt::format("the header {:?} is the store's own", name));
    check_header_value("a header of the request", value);
    headers.emplace_back(lower, value);
  }
}

void append_get_headers(Headers& headers, const GetRequest& get, const GetRange& range,
                        std::string_view if_match) {
  if (std::string bytes = range_header(range); !bytes.empty())
    headers.emplace_back("range", std::move(bytes));
  const auto add = [&headers](std::string_view name, const std::string& value) {
    check_header_value(name, value);
    headers.emplace_back(name, value);
  };
  if (!if_match.empty()) {
    headers.emplace_back("if-match", if_match);
    return;
  }
  if (get.if_match) add("if-match", *get.if_match);
  if (get.if_none_match) add("if-none-match", *get.if_none_match);
  if (get.if_modified_since) add("if-modified-since", codec::format_rfc1123(*get.if_modified_since));
  if (get.if_unmodified_since) add("if-unmodified-since", codec::format_rfc1123(*get.if_unmodified_since));
}

std::string range_header(const GetRange& range) {
  switch (range.kind()) {
    case GetRange::Kind::all: return {};
    case GetRange::Kind::bounded:
      if (range.start() >= range.end()) {
        throw Error(ErrorKind::generic,
                    fmt::format("the range {}..{} is empty or backwards: its end must be greater "
                                "than its start",
                                range.start(), range.end()));
      }
      return "bytes=" + std::to_string(range.start()) + "-" + std::to_string(range.end() - 1);
    case GetRange::Kind::offset: return fmt::format("bytes={}-", range.start());
    case GetRange::Kind::suffix:
      if (range.suffix_length() == 0)
        throw Error(ErrorKind::generic, "a suffix of 0 bytes is an empty range: ask for 1 byte or more");
      return fmt::format("bytes=-{}", range.suffix_length());
  }
  return {};
}

}  // namespace storelink::cloud
