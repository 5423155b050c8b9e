#include "http/tls.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/environment.hpp"
#include "base/runtime.hpp"
#include "http/sigpipe.hpp"
#include "http/socket.hpp"

namespace storelink::http {

namespace {

// As much of the connection as one system call brings: sixteen records.
constexpr std::size_t read_ahead = std::size_t{16} * (16384 + 256);

int descriptor(BIO* bio) {
  return static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
}

int moved(BIO* bio, ssize_t bytes, int retry) {
  BIO_clear_retry_flags(bio);
  if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
    BIO_set_flags(bio, retry | BIO_FLAGS_SHOULD_RETRY);
  return static_cast<int>(bytes);
}

// OpenSSL's own socket BIO raises SIGPIPE when the peer has gone.
BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket");
    if (made == nullptr) throw std::bad_alloc();
    BIO_meth_set_read(made, [](BIO* bio, char* into, int size) {
      return moved(bio, recv(descriptor(bio), into, static_cast<std::size_t>(size), 0), BIO_FLAGS_READ);
    });
    BIO_meth_set_write(made, [](BIO* bio, const char* from, int size) {
      return moved(bio, send(descriptor(bio), from, static_cast<std::size_t>(size), send_flags),
                   BIO_FLAGS_WRITE);
    });
    BIO_meth_set_ctrl(
        made, [](BIO*, int command, long, void*) -> long { return command == BIO_CTRL_FLUSH ? 1 : 0; });
    return made;
  }();
  return method;
}

BIO* socket_bio(int fd) {
  BIO* bio = BIO_new(socket_method());
  if (bio == nullptr) throw std::bad_alloc();
  // NOLINTNEXTLINE(performance-no-int-to-ptr): a descriptor in a pointer's place
  BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
  BIO_set_init(bio, 1);
  return bio;
}

// The first reason in OpenSSL's queue, which is emptied.
std::string reason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "the connection was closed";
  const char* text = ERR_reason_error_string(code);
  return text != nullptr ? text : fmt::format("TLS error {:#x}", code);
}

void trust_system(SSL_CTX* context) {
  const Authorities system = system_authorities();
  // The built-in directory, or that of SSL_CERT_DIR.
  if (!system.by_user || !system.directory.empty()) SSL_CTX_set_default_verify_dir(context);
  if (!system.by_user && !system.directory.empty())
    SSL_CTX_load_verify_dir(context, system.directory.c_str());
  if (!system.file.empty()) SSL_CTX_load_verify_file(context, system.file.c_str());
}

void trust(SSL_CTX* context, const std::string& pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> text(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  bool any = false;
  while (X509* certificate = PEM_read_bio_X509(text.get(), nullptr, nullptr, nullptr)) {
    X509_STORE_add_cert(SSL_CTX_get_cert_store(context), certificate);
    X509_free(certificate);
    any = true;
  }
  // The end of the text is reported as a missing start line.
  const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  const std::string why = ended ? "it has no certificate" : reason();
  ERR_clear_error();
  if (!any || !ended)
    throw Error(ErrorKind::generic, fmt::format("client option root_certificate cannot be read: {}", why));
}

int ticket_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int keep_ticket(SSL* ssl, SSL_SESSION* session) {
  auto* ticket = static_cast<TlsTicket*>(SSL_get_ex_data(ssl, ticket_index()));
  if (ticket == nullptr) return 0;
  ticket->reset(session);
  return 1;  // it is ours now
}

SSL_CTX* make_context(const ClientOptions& options) {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_default_read_buffer_len(context.get(), read_ahead);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), &keep_ticket);
  constexpr std::string_view http11 = "\x08http/1.1";
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(http11.data()),
                          static_cast<unsigned>(http11.size()));
  if (options.allow_invalid_certificates) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context.release();
  }
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!options.disable_system_certificates) trust_system(context.get());
  if (!options.root_certificate.empty()) trust(context.get(), options.root_certificate);
  ERR_clear_error();
  return context.release();
}

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> bytes;
  return inet_pton(AF_INET, host.c_str(), bytes.data()) == 1 ||
         inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1;
}

}  // namespace

Authorities system_authorities(const std::string& root) {
  // OpenSSL's built-in places are those of the system on which it was built.
  const char* const bundles[] = {
      X509_get_default_cert_file(),
      "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Alpine, Arch
      "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora, RHEL 6
      "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // Fedora, RHEL 7 and later
      "/etc/ssl/ca-bundle.pem",                             // openSUSE
      "/var/lib/ca-certificates/ca-bundle.pem",             // openSUSE
      "/etc/ssl/cert.pem",                                  // Alpine, macOS, FreeBSD
  };
  // Of files under hashes of their names; for where there is no bundle.
  const char* const directories[] = {
      X509_get_default_cert_dir(),
      "/etc/ssl/certs",      // Debian, Alpine, openSUSE
      "/etc/pki/tls/certs",  // Fedora, RHEL
  };
  Authorities found;
  found.file = environment_variable("SSL_CERT_FILE");
  found.directory = environment_variable("SSL_CERT_DIR");
  found.by_user = !found.file.empty() || !found.directory.empty();
  if (found.by_user) {
    if (access(found.file.c_str(), R_OK) != 0) found.file.clear();
    return found;
  }
  const auto first_readable = [&root](std::span<const char* const> paths) {
    for (const char* path : paths)
      if (std::string place = root + path; access(place.c_str(), R_OK) == 0) return place;
    return std::string();
  };
  found.file = first_readable(bundles);
  if (found.file.empty()) found.directory = first_readable(directories);
  return found;
}

void FreeSsl::operator()(SSL* ssl) const noexcept {
  if (SSL_is_init_finished(ssl) == 1) SSL_shutdown(ssl);
  SSL_free(ssl);
  ERR_clear_error();
}

// A child of fork() makes its own: a lock in the parent's may be held by a thread that the child does not
// have.
struct TlsTrust::Context {
  explicit Context(const ClientOptions& options) : ssl(make_context(options)) {}
  ~Context() { SSL_CTX_free(ssl); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  SSL_CTX* const ssl;
  const std::uint64_t made_in = fork_generation();
};

TlsTrust::~TlsTrust() {
  const Context* mine = context_.load();
  if (mine != nullptr && mine->made_in == fork_generation()) delete mine;
}

SSL_CTX* TlsTrust::context(const ClientOptions& options) {
  Context* existing = context_.load(std::memory_order_acquire);
  while (existing == nullptr || existing->made_in != fork_generation()) {
    // Two threads may both read the files; one result is kept.
    auto fresh = std::make_unique<Context>(options);
    if (context_.compare_exchange_strong(existing, fresh.get(), std::memory_order_acq_rel))
      return fresh.release()->ssl;
  }
  return existing->ssl;
}

TlsSession TlsTrust::connect(const ClientOptions& options, int fd, const std::string& host,
                             TlsTicket* ticket) {
  // Certificates know neither the zone of an address nor the dot that ends an absolute name.
  std::string name = host.substr(0, host.find('%'));
  if (name.size() > 1 && name.ends_with('.')) name.pop_back();
  std::unique_ptr<SSL, FreeSsl> ssl(SSL_new(context(options)));
  if (!ssl) throw std::bad_alloc();
  BIO* bio = socket_bio(fd);
  SSL_set_bio(ssl.get(), bio, bio);
  SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool named = is_address(name)
                         ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), name.c_str()) == 1
                         : SSL_set_tlsext_host_name(ssl.get(), name.c_str()) == 1 &&
                               SSL_set1_host(ssl.get(), name.c_str()) == 1;
  if (!named) throw std::bad_alloc();  // never without a check of the name
  if (ticket != nullptr) {
    SSL_set_ex_data(ssl.get(), ticket_index(), ticket);
    if (*ticket) SSL_set_session(ssl.get(), ticket->get());
  }
  SSL_set_connect_state(ssl.get());
  return TlsSession(std::move(ssl));
}

IoResult TlsSession::outcome(int result, short& waits_for, std::string& failure) {
  if (result > 0) return {Io::done, static_cast<std::size_t>(result)};
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ: waits_for = POLLIN; return {Io::wait, 0};
    case SSL_ERROR_WANT_WRITE: waits_for = POLLOUT; return {Io::wait, 0};
    case SSL_ERROR_ZERO_RETURN: return {Io::closed, 0};
    case SSL_ERROR_SYSCALL:
      failure = errno != 0 ? std::strerror(errno) : "the connection was closed";
      ERR_clear_error();
      return {Io::failed, 0};
    default:
      failure =
          certificate_refused() ? X509_verify_cert_error_string(SSL_get_verify_result(ssl_.get())) : reason();
      ERR_clear_error();
      return {Io::failed, 0};
  }
}

// What other code of this thread left in OpenSSL's queue is no answer to the next call.
void TlsSession::begin_call() noexcept {
  ERR_clear_error();
  errno = 0;
}

bool TlsSession::certificate_refused() const noexcept {
  return ssl_ && SSL_get_verify_result(ssl_.get()) != X509_V_OK &&
         (SSL_get_verify_mode(ssl_.get()) & SSL_VERIFY_PEER) != 0;
}

IoResult TlsSession::handshake(short& waits_for, std::string& failure) {
  begin_call();
  return outcome(SSL_do_handshake(ssl_.get()), waits_for, failure);
}

IoResult TlsSession::read(std::span<char> into, short& waits_for, std::string& failure) {
  begin_call();
  const auto size = static_cast<int>(std::min<std::size_t>(into.size(), 1u << 30));
  return outcome(SSL_read(ssl_.get(), into.data(), size), waits_for, failure);
}

IoResult TlsSession::write(std::string_view text, short& waits_for, std::string& failure) {
  begin_call();
  const auto size = static_cast<int>(std::min<std::size_t>(text.size(), 1u << 30));
  return outcome(SSL_write(ssl_.get(), text.data(), size), waits_for, failure);
}

}  // namespace storelink::http
