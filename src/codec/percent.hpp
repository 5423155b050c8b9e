// Percent-encoding (RFC 3986, section 2) and escaping of XML text.
#pragma once

#include <string>
#include <string_view>

namespace storelink::codec {

// The bytes percent-encoding leaves alone. "Unreserved" is A-Z a-z 0-9 - . _ ~.
enum class Keep { unreserved, unreserved_and_slash };

// Every byte that `keep` does not name becomes %XX with upper-case digits. Works on bytes: UTF-8 text
// and arbitrary bytes are both fine.
std::string percent_encode(std::string_view text, Keep keep);

// The same, appended to `out`.
void append_percent_encoded(std::string& out, std::string_view text, Keep keep);

// A URL or path with only those bytes encoded that a request cannot carry: spaces, control characters and
// what is not ASCII. How the rest is written stays as it is.
std::string encode_unprintable(std::string_view url);

// %XX (either case) becomes the byte; a malformed escape is kept as it is. "+" is not a space here.
std::string percent_decode(std::string_view text);

// Text fit for XML character data and attribute values: & < > " ' become entities; control characters
// become numeric references, so that no parser's newline normalisation changes a key. Other bytes are
// kept, so UTF-8 stays UTF-8. (Strict XML 1.0 knows no reference to most control characters, but
// object stores take them in keys, and there is no other way to write them.)
std::string xml_escape(std::string_view text);

}  // namespace storelink::codec
