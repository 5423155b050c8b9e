#include "http/curl_exchange.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cstring>

#include "codec/text.hpp"
#include "codec/url.hpp"

namespace storelink::http {

namespace {

constexpr std::size_t other_body_limit = 1 << 20;

// Where nothing can have reached the server.
bool before_sending(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR;
}

bool about_certificates(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_SSL_ISSUER_ERROR;
}

}  // namespace

CurlExchange::CurlExchange(std::shared_ptr<CurlHandles> handles, HttpRequest request)
    : request_(std::move(request)), handles_(std::move(handles)) {}

CurlExchange::~CurlExchange() {
  release();
}

void CurlExchange::release() noexcept {
  if (easy_ == nullptr) return;
  handles_->give_back(std::exchange(easy_, nullptr));
}

void CurlExchange::begin(EventLoop& loop) {
  loop_ = &loop;
  easy_ = handles_->take();
  set_request();
  set_headers();
  id_ = loop.add(easy_, *this);
}

void CurlExchange::set_request() {
  const ClientOptions& options = handles_->options();
  curl_easy_setopt(easy_, CURLOPT_URL, request_.url.c_str());
  // Undoes what the handle's last request set.
  curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, nullptr);
  if (request_.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (!request_.body.empty() || request_.method == "PUT" || request_.method == "POST") {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request_.body.data());  // not copied
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  } else if (request_.method != "GET") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request_.method.c_str());
  }
  // A stream takes as long as its reader; it only must not stall. (libcurl does not count paused time.)
  const bool stream = request_.sink == Sink::stream;
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, stream ? 0L : curl_milliseconds(options.timeout));
  const auto stall = options.read_timeout ? options.read_timeout
                     : stream             ? std::optional(options.timeout)
                                          : std::nullopt;
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, stall ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME,
                   stall ? static_cast<long>(std::chrono::ceil<std::chrono::seconds>(*stall).count()) : 0L);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlExchange::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlExchange::on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

// The list's nodes point into one string, instead of two allocations for each header.
void CurlExchange::set_headers() {
  const Headers& defaults = handles_->options().default_headers;
  std::size_t lines = 4;
  std::size_t room = 64;
  for (const Headers* headers : {&std::as_const(request_.headers), &defaults}) {
    lines += headers->size();
    for (const auto& [name, value] : *headers) room += name.size() + value.size() + 3;
  }
  header_text_.reserve(room);
  header_list_.reserve(lines);
  auto add = [this](std::string_view name, std::string_view separator, std::string_view value) {
    curl_slist node{header_text_.data() + header_text_.size(), nullptr};
    header_text_.append(name).append(separator).append(value).push_back('\0');
    header_list_.push_back(node);
  };
  for (const auto& [name, value] : request_.headers) {
    // libcurl sends a header with an empty value only in this form.
    value.empty() ? add(name, ";", "") : add(name, ": ", value);
  }
  for (const auto& [name, value] : defaults) {
    if (find_header(request_.headers, name) == nullptr) add(name, ": ", value);
  }
  // libcurl would add these of its own.
  if (find_header(request_.headers, "accept") == nullptr) add("Accept", ":", "");
  if (!request_.body.empty() || request_.method == "POST" || request_.method == "PUT") {
    if (find_header(request_.headers, "content-type") == nullptr) add("Content-Type", ":", "");
    if (find_header(request_.headers, "expect") == nullptr) add("Expect", ":", "");
  }
  for (std::size_t i = 1; i < header_list_.size(); ++i) header_list_[i - 1].next = &header_list_[i];
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_.empty() ? nullptr : header_list_.data());
}

std::size_t CurlExchange::on_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  try {
    exchange->header_line({data, size * count});
  } catch (const std::exception& error) {
    exchange->refusal_ = error.what();
    return 0;
  }
  return size * count;
}

void CurlExchange::header_line(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    // A new response: what came before was informational (100 Continue) or a proxy's.
    response_.headers.clear();
    response_.headers.reserve(16);
    content_length_.reset();
    const std::size_t space = line.find(' ');
    response_.status = 0;
    if (space != std::string_view::npos)
      std::from_chars(line.data() + space + 1, line.data() + line.size(), response_.status);
    return;
  }
  if (line.empty()) {
    if (response_.status >= 200 && !headers_done_) {
      headers_done_ = true;
      headers_done();
    }
    return;
  }
  if (headers_done_) return;  // a trailer
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  auto& [name, value] =
      response_.headers.emplace_back(line.substr(0, colon), codec::trim(line.substr(colon + 1)));
  for (char& c : name)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  if (name == "content-length") content_length_ = codec::parse_number(value);
}

std::size_t CurlExchange::on_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto* exchange = static_cast<CurlExchange*>(self);
  const std::size_t bytes = size * count;
  try {
    if (exchange->success()) return exchange->take(data, bytes);
    std::string& body = exchange->other_body_;
    body.append(data, std::min(bytes, other_body_limit - std::min(other_body_limit, body.size())));
    return bytes;
  } catch (const std::exception& error) {
    exchange->refusal_ = error.what();
    return 0;
  }
}

std::optional<TransportError> CurlExchange::conclude(CURLcode code) {
  std::optional<TransportError> failure;
  if (!headers_done_) {
    // libcurl takes a connection that ends within the headers for a whole answer.
    if (code == CURLE_OK) code = CURLE_PARTIAL_FILE;
    response_.status = 0;
  }
  if (code != CURLE_OK) failure = describe(code);
  release();
  if (!other_body_.empty()) response_.body = Bytes::adopt(std::move(other_body_));
  return failure;
}

TransportError CurlExchange::describe(CURLcode code) const {
  std::string where = request_.url;
  try {
    const auto url = codec::parse_url(request_.url);
    where = url.scheme + "://" + url.authority();
  } catch (const Error&) {
    where = codec::redact_query(where);
  }
  if (code == CURLE_ABORTED_BY_CALLBACK) return {ErrorKind::cancelled, "the request was cancelled", true};
  if (!refusal_.empty()) return {ErrorKind::generic, refusal_, true};
  if (code == CURLE_OPERATION_TIMEDOUT) {
    const bool connected = [this] {
      curl_off_t time = 0;
      curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &time);
      return time != 0;
    }();
    return {ErrorKind::timeout,
            connected ? fmt::format("{} did not answer in time (client options timeout, read_timeout)", where)
                      : fmt::format("no connection to {} in time (client option connect_timeout)", where),
            connected};
  }
  if (about_certificates(code)) {
    return {ErrorKind::generic,
            fmt::format(
                "the certificate of {} was not accepted: {} (client option root_certificate names a further "
                "authority)",
                where, curl_easy_strerror(code)),
            false};
  }
  if (code == CURLE_COULDNT_RESOLVE_HOST)
    return {ErrorKind::io, fmt::format("the host name of {} is not known; is the address right?", where),
            false};
  if (code == CURLE_COULDNT_CONNECT) {
    long os_error = 0;
    curl_easy_getinfo(easy_, CURLINFO_OS_ERRNO, &os_error);
    return {ErrorKind::io,
            fmt::format("cannot connect to {}: {}; is the address right, and does the server run?", where,
                        os_error != 0 ? std::strerror(static_cast<int>(os_error)) : curl_easy_strerror(code)),
            false};
  }
  return {ErrorKind::io, fmt::format("the exchange with {} failed: {}", where, curl_easy_strerror(code)),
          !before_sending(code)};
}

void CollectExchange::await_suspend(std::coroutine_handle<> caller) {
  caller_ = caller;
  if (EventLoop* own = context_.event_loop()) {
    start(*own);
  } else {
    EventLoop& background = background_loop();
    background.post([this, &background] { start(background); });
  }
}

void CollectExchange::start(EventLoop& on) {
  begin(on);
  stop_.emplace(context_.stop_token(), Stop{&on, id()});
}

void CollectExchange::headers_done() {
  if (!success()) return;
  const auto length = content_length();
  if (request_.sink == Sink::into) {
    if (length && *length > request_.buffer.size())
      throw Error(ErrorKind::generic, fmt::format("the buffer holds {} bytes, the response has {}",
                                                  request_.buffer.size(), *length));
  } else if (length && request_.method != "HEAD") {
    buffer_ = Buffer(*length);
    has_length_ = true;
  }
}

std::size_t CollectExchange::take(const char* data, std::size_t size) {
  if (request_.sink == Sink::into) {
    if (size > request_.buffer.size() - received_) {
      refusal_ = fmt::format("the buffer holds {} bytes, the response has more", request_.buffer.size());
      return 0;
    }
    std::memcpy(request_.buffer.data() + received_, data, size);
  } else if (has_length_) {
    if (size > buffer_.capacity() - received_) return 0;
    std::memcpy(buffer_.data() + received_, data, size);
  } else {
    growing_.append(data, size);
  }
  received_ += size;
  return size;
}

void CollectExchange::finished(CURLcode code) noexcept {
  failure_ = conclude(code);
  if (context_.event_loop() != nullptr)
    caller_.resume();
  else
    context_.executor().post([caller = caller_] { caller.resume(); });
}

HttpResponse CollectExchange::await_resume() {
  stop_.reset();
  const bool usable = failure_ && success() && failure_->kind() != ErrorKind::cancelled && refusal_.empty();
  if (failure_ && !usable) throw TransportError(*failure_);
  if (success()) {
    if (request_.sink == Sink::into)
      response_.written = received_;
    else
      response_.body = has_length_ ? std::move(buffer_).freeze(received_) : Bytes::adopt(std::move(growing_));
  }
  if (failure_) response_.broken = std::move(*failure_);
  return std::move(response_);
}

}  // namespace storelink::http
