#include "http/curl_wire.hpp"

#include <charconv>
#include <cstring>

#include "http/failures.hpp"

namespace storelink::http {

namespace {

// Where nothing can have reached the server.
bool before_sending(CURLcode code) {
  return code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_COULDNT_CONNECT || code == CURLE_SSL_CONNECT_ERROR;
}

bool about_certificates(CURLcode code) {
  return code == CURLE_PEER_FAILED_VERIFICATION || code == CURLE_SSL_CACERT_BADFILE ||
         code == CURLE_SSL_ISSUER_ERROR;
}

// One exchange; deletes itself at its end.
class CurlWire final : public Wire, private EventLoop::Transfer {
 public:
  CurlWire(EventLoop& loop, Exchange& exchange, std::shared_ptr<CurlHandles> handles)
      : loop_(loop), exchange_(exchange), handles_(std::move(handles)), easy_(handles_->take()) {
    set_request();
    set_headers();
  }
  ~CurlWire() { handles_->give_back(easy_); }
  CurlWire(const CurlWire&) = delete;
  CurlWire& operator=(const CurlWire&) = delete;

  void begin() { loop_.add(easy_, *this); }

  void abort() noexcept override { end(cancelled()); }
  void resume() noexcept override { curl_easy_pause(easy_, CURLPAUSE_CONT); }

 private:
  static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<CurlWire*>(self)->header_line({data, size * count}) ? size * count : 0;
  }

  static std::size_t on_body(char* data, std::size_t size, std::size_t count, void* self) {
    Exchange& exchange = static_cast<CurlWire*>(self)->exchange_;
    if (!exchange.wants_more()) return CURL_WRITEFUNC_PAUSE;
    return exchange.take({data, size * count}) ? size * count : 0;
  }

  void finished(CURLcode code) noexcept override {
    // libcurl takes a connection that ends within the headers for a whole answer.
    if (code == CURLE_OK && !headers_complete_) code = CURLE_PARTIAL_FILE;
    std::optional<TransportError> failure;
    if (code != CURLE_OK) failure = describe(code);
    end(std::move(failure));
  }

  void end(std::optional<TransportError> failure) noexcept {
    loop_.remove(easy_);
    Exchange& exchange = exchange_;
    delete this;
    exchange.end(std::move(failure));
  }

  bool header_line(std::string_view line);
  void set_request();
  void set_headers();
  TransportError describe(CURLcode code) const;

  EventLoop& loop_;
  Exchange& exchange_;
  std::shared_ptr<CurlHandles> handles_;
  CURL* easy_;
  int status_ = 0;
  bool headers_complete_ = false;
  std::string header_text_;
  std::vector<curl_slist> header_list_;
};

void CurlWire::set_request() {
  const HttpRequest& request = exchange_.request();
  curl_easy_setopt(easy_, CURLOPT_URL, request.url.c_str());
  // Undoes what the handle's last request set.
  curl_easy_setopt(easy_, CURLOPT_HTTPGET, 1L);
  curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, nullptr);
  if (request.method == "HEAD") {
    curl_easy_setopt(easy_, CURLOPT_NOBODY, 1L);
  } else if (!request.body.empty() || request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(easy_, CURLOPT_POSTFIELDS, request.body.data());  // not copied
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  } else if (request.method != "GET") {
    curl_easy_setopt(easy_, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
  // Of other limits libcurl knows only the loop's, for all connections; and no age is no limit there.
  const ClientOptions& options = handles_->options();
  const bool keeps_none =
      options.pool_max_idle_per_host == 0 || options.pool_idle_timeout == std::chrono::nanoseconds();
  curl_easy_setopt(easy_, CURLOPT_FORBID_REUSE, keeps_none ? 1L : 0L);
  // (libcurl does not count paused time as stalled.)
  const auto limit = exchange_.time_limit();
  const auto stall = exchange_.stall_limit();
  curl_easy_setopt(easy_, CURLOPT_TIMEOUT_MS, limit ? curl_milliseconds(*limit) : 0L);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_LIMIT, stall ? 1L : 0L);
  curl_easy_setopt(easy_, CURLOPT_LOW_SPEED_TIME,
                   stall ? static_cast<long>(std::chrono::ceil<std::chrono::seconds>(*stall).count()) : 0L);
  curl_easy_setopt(easy_, CURLOPT_HEADERFUNCTION, &CurlWire::on_header);
  curl_easy_setopt(easy_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy_, CURLOPT_WRITEFUNCTION, &CurlWire::on_body);
  curl_easy_setopt(easy_, CURLOPT_WRITEDATA, this);
}

// The list's nodes point into one string, instead of two allocations for each header.
void CurlWire::set_headers() {
  const HttpRequest& request = exchange_.request();
  const Headers& defaults = handles_->options().default_headers;
  std::size_t lines = 4;
  std::size_t room = 64;
  for (const Headers* headers : {&request.headers, &defaults}) {
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
  for (const auto& [name, value] : request.headers) {
    // libcurl sends a header with an empty value only in this form.
    value.empty() ? add(name, ";", "") : add(name, ": ", value);
  }
  for (const auto& [name, value] : defaults) {
    if (find_header(request.headers, name) == nullptr) add(name, ": ", value);
  }
  // libcurl would add these of its own.
  if (find_header(request.headers, "accept") == nullptr) add("Accept", ":", "");
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    if (find_header(request.headers, "content-type") == nullptr) add("Content-Type", ":", "");
    if (find_header(request.headers, "expect") == nullptr) add("Expect", ":", "");
  }
  for (std::size_t i = 1; i < header_list_.size(); ++i) header_list_[i - 1].next = &header_list_[i];
  curl_easy_setopt(easy_, CURLOPT_HTTPHEADER, header_list_.empty() ? nullptr : header_list_.data());
}

bool CurlWire::header_line(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {
    // What came before was informational (100 Continue) or a proxy's.
    status_ = 0;
    const std::size_t space = line.find(' ');
    if (space != std::string_view::npos)
      std::from_chars(line.data() + space + 1, line.data() + line.size(), status_);
    exchange_.begin_response(status_);
    return true;
  }
  if (headers_complete_) return true;  // a trailer
  if (line.empty()) {
    if (status_ < 200) return true;
    headers_complete_ = true;
    return exchange_.headers_complete();
  }
  if (const std::size_t colon = line.find(':'); colon != std::string_view::npos)
    exchange_.add_header(line.substr(0, colon), line.substr(colon + 1));
  return true;
}

TransportError CurlWire::describe(CURLcode code) const {
  const std::string where = server_of(exchange_.request().url);
  if (code == CURLE_OPERATION_TIMEDOUT) {
    curl_off_t connected = 0;
    curl_easy_getinfo(easy_, CURLINFO_CONNECT_TIME_T, &connected);
    return timed_out(where, connected != 0);
  }
  if (about_certificates(code)) return certificate_refused(where, curl_easy_strerror(code));
  if (code == CURLE_COULDNT_RESOLVE_HOST) return unknown_host(where);
  if (code == CURLE_COULDNT_CONNECT) return cannot_connect(where, connect_failure(easy_, code));
  return exchange_failed(where, curl_easy_strerror(code), !before_sending(code));
}

}  // namespace

Wire* CurlCarrier::start(EventLoop& loop, Exchange& exchange) const {
  auto wire = std::make_unique<CurlWire>(loop, exchange, handles_);
  wire->begin();
  return wire.release();
}

}  // namespace storelink::http
