#include "http/http1_connection.hpp"

#include <fcntl.h>
#include <fmt/format.h>

#include <cstring>

#include "http/failures.hpp"

namespace storelink::http {

namespace {

// A body up to this size is sent in one piece with the head through TLS: one record.
constexpr std::size_t joined_body = 16384;

// After so many bytes the loop's other connections have their turn.
constexpr std::size_t turn_limit = 4u << 20;

// So far from now; a time that is too long for a clock is none.
EventLoop::Clock::time_point after(std::chrono::nanoseconds time) {
  const auto now = EventLoop::Clock::now();
  return time >= EventLoop::never - now ? EventLoop::never : now + time;
}

// Takes the socket of a connected handle, whose own descriptor will be closed.
int take_descriptor(CURL* easy) {
  curl_socket_t socket = CURL_SOCKET_BAD;
  curl_easy_getinfo(easy, CURLINFO_ACTIVESOCKET, &socket);
  return socket == CURL_SOCKET_BAD ? -1 : fcntl(socket, F_DUPFD_CLOEXEC, 0);
}

}  // namespace

Http1Carrier::Http1Carrier(std::shared_ptr<CurlHandles> handles) : handles_(std::move(handles)) {
  const ClientOptions& o = options();
  if (o.allow_invalid_certificates) trust_key_ += " any certificate";
  if (o.disable_system_certificates) trust_key_ += " no system certificates";
  if (!o.root_certificate.empty()) trust_key_ += ' ' + o.root_certificate;
}

Wire* Http1Carrier::start(EventLoop& loop, Exchange& exchange) const {
  const HttpRequest& request = exchange.request();
  const Origin origin = origin_of(request.url);
  ConnectionPool& pool = ConnectionPool::of(loop);
  Http1Connection& connection = pool.acquire(pool.server(origin, trust_key_), options());
  try {
    connection.carry(exchange, origin, shared_from_this());
  } catch (...) {
    pool.release(connection, false);
    throw;
  }
  return &connection;
}

Http1Connection::Http1Connection(ConnectionPool& pool, Server& server)
    : pool_(pool), loop_(pool.loop()), server_(server) {}

Http1Connection::~Http1Connection() {
  loop_.unwatch(*this);
  disconnect();
}

std::string Http1Connection::where() const {
  return server_of(exchange_->request().url);
}

void Http1Connection::carry(Exchange& exchange, const Origin& origin,
                            std::shared_ptr<const Http1Carrier> carrier) {
  const bool made_by_another = phase_ == Phase::exchanging && carrier_ != carrier;
  carrier_ = std::move(carrier);
  if (made_by_another) probe_peer(socket_.descriptor(), options());
  exchange_ = &exchange;
  const HttpRequest& request = exchange.request();
  write_head(request, origin, options().default_headers, head_);
  const std::string_view body = request.body.view();
  joined_ = server_.tls && !body.empty() && body.size() <= joined_body;
  if (joined_) head_.append(body);
  const auto limit = exchange.time_limit();
  time_limit_ = limit ? after(*limit) : EventLoop::never;
  stall_limit_ = EventLoop::never;
  if (phase_ == Phase::exchanging) {
    repeatable_ = request.method == "GET" || request.method == "HEAD";
    begin_exchange();
  } else {
    repeatable_ = false;
    connect();
  }
}

// --- connecting -------------------------------------------------------------------------------------------

void Http1Connection::connect() {
  phase_ = Phase::connecting;
  connect_limit_ = after(options().connect_timeout);
  easy_ = carrier_->handles().take();
  const HostPort& to = server_.address;
  const bool v6 = to.host.find(':') != std::string::npos;
  const std::string url = fmt::format("http://{}:{}/", v6 ? '[' + to.host + ']' : to.host, to.port);
  curl_easy_setopt(easy_, CURLOPT_URL, url.c_str());
  curl_easy_setopt(easy_, CURLOPT_CONNECT_ONLY, 1L);
  try {
    loop_.add(easy_, *this);
  } catch (...) {
    carrier_->handles().give_back(std::exchange(easy_, nullptr));
    throw;
  }
  loop_.watch(*this, -1, 0, std::min(time_limit_, connect_limit_));
}

// Ends what connect() began, whatever came of it.
void Http1Connection::disconnect() noexcept {
  if (easy_ == nullptr) return;
  loop_.remove(easy_);
  carrier_->handles().give_back(std::exchange(easy_, nullptr));
}

void Http1Connection::finished(CURLcode code) noexcept {
  if (code != CURLE_OK) {
    if (code == CURLE_OPERATION_TIMEDOUT) return fail(timed_out(where(), false));
    if (code == CURLE_COULDNT_RESOLVE_HOST) return fail(unknown_host(where()));
    return fail(cannot_connect(where(), connect_failure(easy_, code)));
  }
  const int descriptor = take_descriptor(easy_);
  const int why = errno;
  disconnect();
  if (descriptor < 0) return fail(cannot_connect(where(), std::strerror(why)));
  socket_.open(descriptor);
  if (!server_.tls) return begin_exchange();
  try {
    socket_.start_tls(
        carrier_->trust().connect(options(), descriptor, server_.address.host, &server_.ticket));
  } catch (const std::exception& error) {
    return fail(TransportError(ErrorKind::generic, error.what(), false));
  }
  phase_ = Phase::securing;
  secure();
}

void Http1Connection::secure() {
  const IoResult result = socket_.handshake();
  if (result.state == Io::done) return begin_exchange();
  if (result.state == Io::wait) return wait_for(socket_.waits_for());
  if (socket_.certificate_refused()) return fail(certificate_refused(where(), socket_.failure()));
  const std::string why = result.state == Io::closed ? "the server closed the connection" : socket_.failure();
  fail(exchange_failed(
      where(), fmt::format("no TLS handshake: {}; does the server speak TLS on this port?", why), false));
}

// --- one exchange -----------------------------------------------------------------------------------------

void Http1Connection::begin_exchange() {
  phase_ = Phase::exchanging;
  connect_limit_ = EventLoop::never;
  const HttpRequest& request = exchange_->request();
  parser_.begin(*exchange_, request.method == "HEAD");
  body_left_ = 0;
  sent_ = 0;
  all_sent_ = unfit_ = paused_ = false;
  note_progress();
  send();
  wait_for_more(POLLIN);
}

// As much as the socket takes. A failure is not reported here: the server may have answered before it closed.
void Http1Connection::send() {
  const std::string_view body = exchange_->request().body.view();
  const std::size_t head_size = head_.size();
  const std::size_t total = joined_ ? head_size : head_size + body.size();
  const std::size_t stop = sent_ + turn_limit;
  while (sent_ < total) {
    IoResult result;
    if (sent_ < head_size)
      result = socket_.write(std::string_view(head_).substr(sent_), joined_ ? std::string_view() : body);
    else
      result = socket_.write({}, body.substr(sent_ - head_size));
    if (result.state == Io::wait) return;
    if (result.state != Io::done) {
      unfit_ = true;
      break;
    }
    sent_ += result.size;
    note_progress();
    if (sent_ >= stop) return;
  }
  all_sent_ = true;
}

void Http1Connection::ready(short events) noexcept {
  if (phase_ == Phase::securing) return secure();
  if (!all_sent_) {
    send();
    if (events == POLLOUT) return wait_for_more(POLLIN);
  }
  receive();
}

void Http1Connection::receive() {
  std::size_t total = 0;
  while (receive_some(total)) {
    if (total < turn_limit) continue;
    // Where bytes always wait, no turn is without an event.
    if (Clock::now() >= time_limit_) return expired();
    loop_.again(*this);
    return;
  }
}

bool Http1Connection::receive_some(std::size_t& total) {
  if (!exchange_->wants_more()) {
    paused_ = true;
    wait_for(0);
    return false;
  }
  std::span<char> into = body_left_ > 0 ? exchange_->room() : std::span<char>();
  const bool in_place = !into.empty();
  if (!in_place) into = pool_.scratch();
  if (body_left_ > 0 && body_left_ < into.size()) into = into.first(body_left_);

  const IoResult result = socket_.read(into);
  if (result.state == Io::wait) {
    wait_for_more(socket_.waits_for());
    return false;
  }
  if (result.state != Io::done) {
    lost(result);
    return false;
  }
  total += result.size;
  note_progress();
  if (in_place) {
    exchange_->filled(result.size);
    body_left_ -= result.size;
    if (body_left_ == 0) {
      finish({}, true);
      return false;
    }
  } else if (!understand({into.data(), result.size})) {
    return false;
  }
  // A plain socket that gave less than it could has nothing more. Bytes inside TLS are not seen by poll().
  if (server_.tls || result.size == into.size()) return true;
  wait_for_more(POLLIN);
  return false;
}

bool Http1Connection::understand(std::string_view piece) {
  if (body_left_ == 0) {
    const std::size_t used = parser_.feed(piece);
    if (const char* failure = parser_.failure()) {
      fail(exchange_failed(where(), failure, true));
      return false;
    }
    if (!parser_.done()) return true;
    body_left_ = parser_.body_left();
    piece.remove_prefix(used);
    if (piece.size() > body_left_) unfit_ = true;
    piece = piece.substr(0, body_left_);
  }
  if (!piece.empty() && !exchange_->take(piece)) {
    fail(exchange_failed(where(), "the response was refused", true));
    return false;
  }
  body_left_ -= piece.size();
  if (body_left_ > 0) return true;
  finish({}, true);
  return false;
}

// The connection has ended before the response.
void Http1Connection::lost(const IoResult& result) {
  if (repeatable_ && !parser_.begun()) {
    // An idle connection that the server had closed. The others to it are not newer.
    socket_.close();
    server_.idle.clear();
    repeatable_ = false;
    loop_.unwatch(*this);
    try {
      return connect();
    } catch (const std::exception& error) {
      return fail(exchange_failed(where(), error.what(), true));
    }
  }
  if (result.state == Io::closed && parser_.begun() && body_left_ == 0) {
    parser_.feed_end();  // a body may last until the connection ends
    if (parser_.done()) return finish({}, false);
  }
  const std::string_view why = result.state == Io::failed ? std::string_view(socket_.failure())
                               : parser_.begun()
                                   ? "the server closed the connection before the end of its answer"
                                   : "the server closed the connection without an answer";
  fail(exchange_failed(where(), why, true));
}

void Http1Connection::expired() noexcept {
  fail(timed_out(where(), phase_ == Phase::exchanging));
}

void Http1Connection::abort() noexcept {
  fail(cancelled());
}

void Http1Connection::resume() noexcept {
  if (!std::exchange(paused_, false)) return;
  note_progress();
  wait_for_more(POLLIN);
  loop_.again(*this);
}

void Http1Connection::fail(TransportError failure) {
  finish(std::move(failure), false);
}

// Nothing of this object may be touched afterwards: it may be gone, or carry the next exchange already.
void Http1Connection::finish(std::optional<TransportError> failure, bool reusable) noexcept {
  Exchange* exchange = std::exchange(exchange_, nullptr);
  loop_.unwatch(*this);
  disconnect();
  reusable = reusable && all_sent_ && !unfit_ && parser_.keeps_alive();
  if (reusable) idle_since_ = Clock::now();
  pool_.release(*this, reusable);
  exchange->end(std::move(failure));
}

void Http1Connection::wait_for(short events) {
  const auto stall = paused_ ? EventLoop::never : stall_limit_;
  // Without an event, poll() would still report that the peer has gone.
  const int descriptor = events == 0 ? -1 : socket_.descriptor();
  loop_.watch(*this, descriptor, events, std::min({time_limit_, stall, connect_limit_}));
}

void Http1Connection::wait_for_more(short events) {
  wait_for(static_cast<short>(events | (all_sent_ ? 0 : POLLOUT)));
}

void Http1Connection::note_progress() {
  if (const auto stall = exchange_->stall_limit()) stall_limit_ = after(*stall);
}

}  // namespace storelink::http
