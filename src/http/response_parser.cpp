#include "http/response_parser.hpp"

#include "http/exchange.hpp"

namespace storelink::http {

namespace {

constexpr int switching_protocols = 101;

// RFC 9112, section 6.3: these final responses have no body, whatever their headers say.
bool has_no_body(int status) {
  return status == 204 || status == 304;
}

}  // namespace

struct ResponseParser::Callbacks {
  static ResponseParser& self(http_parser* parser) { return *static_cast<ResponseParser*>(parser->data); }

  static int on_begin(http_parser* parser) {
    ResponseParser& me = self(parser);
    me.begun_ = true;
    me.interim_ = false;
    me.in_trailer_ = false;
    return 0;
  }

  // A name or a value may come in several pieces, a value also in none.
  static int on_name(http_parser* parser, const char* text, std::size_t size) {
    ResponseParser& me = self(parser);
    if (me.in_trailer_) return 0;
    if (me.in_value_) add(me);
    me.name_.append(text, size);
    return 0;
  }

  static int on_value(http_parser* parser, const char* text, std::size_t size) {
    ResponseParser& me = self(parser);
    if (me.in_trailer_) return 0;
    me.in_value_ = true;
    me.value_.append(text, size);
    return 0;
  }

  static void add(ResponseParser& me) {
    me.exchange_->add_header(me.name_, me.value_);
    me.name_.clear();
    me.value_.clear();
    me.in_value_ = false;
  }

  static int on_status(http_parser* parser, const char*, std::size_t) {
    self(parser).exchange_->begin_response(static_cast<int>(parser->status_code));
    return 0;
  }

  static int on_headers(http_parser* parser) {
    ResponseParser& me = self(parser);
    if (me.in_value_) add(me);
    me.in_trailer_ = true;
    const int status = static_cast<int>(parser->status_code);
    me.interim_ = status < 200;
    if (status == switching_protocols) return -1;
    if (me.interim_) return 0;
    if (!me.exchange_->headers_complete()) return -1;
    constexpr int no_body_here = 1;
    if (me.head_request_ || has_no_body(status)) return no_body_here;
    const bool has_length = parser->content_length != UINT64_MAX && (parser->flags & F_CHUNKED) == 0;
    if (!has_length) return 0;
    me.body_left_ = parser->content_length;
    return no_body_here;
  }

  static int on_body(http_parser* parser, const char* text, std::size_t size) {
    return self(parser).exchange_->take({text, size}) ? 0 : -1;
  }

  static int on_complete(http_parser* parser) {
    ResponseParser& me = self(parser);
    if (me.interim_) return 0;
    me.done_ = true;
    me.keeps_alive_ = http_should_keep_alive(parser) != 0;
    http_parser_pause(parser, 1);  // what follows is not this response's
    return 0;
  }

  static const http_parser_settings& settings() {
    static const http_parser_settings all = [] {
      http_parser_settings made;
      http_parser_settings_init(&made);
      made.on_message_begin = &on_begin;
      made.on_status = &on_status;
      made.on_header_field = &on_name;
      made.on_header_value = &on_value;
      made.on_headers_complete = &on_headers;
      made.on_body = &on_body;
      made.on_message_complete = &on_complete;
      return made;
    }();
    return all;
  }
};

void ResponseParser::begin(Exchange& exchange, bool head_request) noexcept {
  http_parser_init(&parser_, HTTP_RESPONSE);
  parser_.data = this;
  exchange_ = &exchange;
  head_request_ = head_request;
  begun_ = interim_ = done_ = keeps_alive_ = false;
  in_value_ = in_trailer_ = false;
  name_.clear();
  value_.clear();
  body_left_ = 0;
}

std::size_t ResponseParser::feed(std::string_view bytes) {
  return http_parser_execute(&parser_, &Callbacks::settings(), bytes.data(), bytes.size());
}

void ResponseParser::feed_end() {
  http_parser_execute(&parser_, &Callbacks::settings(), nullptr, 0);
}

const char* ResponseParser::failure() const noexcept {
  const auto error = HTTP_PARSER_ERRNO(&parser_);
  if (error == HPE_OK || error == HPE_PAUSED) return nullptr;
  if (error == HPE_CB_headers_complete) return "the server wants another protocol";
  return http_errno_description(error);
}

}  // namespace storelink::http
