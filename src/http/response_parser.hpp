// ResponseParser: HTTP/1.1 responses (RFC 9112), read by the http_parser library, told to an Exchange.
#pragma once

#include <http_parser.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace storelink::http {

class Exchange;

// Used anew for each exchange of a connection.
class ResponseParser {
 public:
  // The response to a request of this method comes next.
  void begin(Exchange& exchange, bool head_request) noexcept;

  // Takes the bytes up to the end of the response, or up to a body of known length, which is not read here.
  // Returns how many that were; failed() and done() say more.
  std::size_t feed(std::string_view bytes);
  // The peer has closed its side.
  void feed_end();

  // Why the bytes are no response, or the exchange refused it; null otherwise.
  const char* failure() const noexcept;

  // Some bytes of the response have arrived.
  bool begun() const noexcept { return begun_; }
  // The response is complete, but for the body_left() bytes of its body that the caller has to read.
  bool done() const noexcept { return done_; }
  std::uint64_t body_left() const noexcept { return body_left_; }
  // The connection can carry another exchange afterwards.
  bool keeps_alive() const noexcept { return keeps_alive_; }

 private:
  struct Callbacks;

  http_parser parser_;
  Exchange* exchange_ = nullptr;
  std::string name_;
  std::string value_;
  bool in_value_ = false;
  bool in_trailer_ = false;  // header lines behind the headers, which are skipped
  bool head_request_ = false;
  bool begun_ = false;
  bool interim_ = false;
  bool done_ = false;
  bool keeps_alive_ = false;
  std::uint64_t body_left_ = 0;
};

}  // namespace storelink::http
