#include "support/tiny_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <stdexcept>

namespace storelink::testing {

TlsIdentity::TlsIdentity(const std::string& names) : context_(SSL_CTX_new(TLS_server_method())) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  X509_set_version(made.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(made.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(made.get()), -60);
  X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
  X509_set_pubkey(made.get(), key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(made.get()), "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(made.get(), X509_get_subject_name(made.get()));
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(made.get(), extension, -1);
  X509_EXTENSION_free(extension);
  X509_sign(made.get(), key.get(), EVP_sha256());

  const std::unique_ptr<BIO, decltype(&BIO_free)> text(BIO_new(BIO_s_mem()), &BIO_free);
  PEM_write_bio_X509(text.get(), made.get());
  char* data = nullptr;
  const long size = BIO_get_mem_data(text.get(), &data);
  certificate_.assign(data, static_cast<std::size_t>(size));
  if (SSL_CTX_use_certificate(context_, made.get()) != 1 || SSL_CTX_use_PrivateKey(context_, key.get()) != 1)
    throw std::runtime_error("no TLS identity");
}

TlsIdentity::~TlsIdentity() {
  SSL_CTX_free(context_);
}

TinyServer::Connection::Connection(int fd, const TlsIdentity* identity) : fd_(fd) {
  if (identity == nullptr) return;
  // OpenSSL raises it when the client has gone; only this thread, the server's, does not care.
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, nullptr);
  tls_ = SSL_new(identity->context());
  SSL_set_fd(tls_, fd);
  SSL_accept(tls_);
}

TinyServer::Connection::~Connection() {
  SSL_free(tls_);
}

std::size_t TinyServer::Connection::read_some(char* into, std::size_t size) {
  const ssize_t got =
      tls_ != nullptr ? SSL_read(tls_, into, static_cast<int>(size)) : ::recv(fd_, into, size, 0);
  return got > 0 ? static_cast<std::size_t>(got) : 0;
}

std::string TinyServer::Connection::read() {
  std::string head;
  char c = 0;
  while (read_some(&c, 1) == 1) {
    head.push_back(c);
    if (head.ends_with("\r\n\r\n")) return head;
  }
  return {};
}

std::string TinyServer::Connection::read_body(std::size_t size) {
  std::string body(size, 0);
  std::size_t filled = 0;
  while (filled < size) {
    const std::size_t got = read_some(body.data() + filled, size - filled);
    if (got == 0) break;
    filled += got;
  }
  body.resize(filled);
  return body;
}

bool TinyServer::Connection::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t sent = tls_ != nullptr ? SSL_write(tls_, text.data(), static_cast<int>(text.size()))
                                         : ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

bool TinyServer::Connection::resumed() const {
  return SSL_session_reused(tls_) == 1;
}

void TinyServer::Connection::reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

void TinyServer::Connection::wait_until_closed() {
  char c = 0;
  while (::recv(fd_, &c, 1, 0) > 0) {
  }
}

TinyServer::TinyServer(Handler handler, const TlsIdentity* identity)
    : handler_(std::move(handler)), identity_(identity) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no loopback port");
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { serve(); });
}

TinyServer::~TinyServer() {
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int fd : open_) ::shutdown(fd, SHUT_RDWR);
  }
  for (auto& thread : handlers_) thread.join();
}

void TinyServer::serve() {
  for (;;) {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    ++connections_;
    const std::lock_guard lock(mutex_);
    open_.push_back(fd);
    handlers_.emplace_back([this, fd] {
      {
        Connection connection(fd, identity_);
        handler_(connection);
      }
      const std::lock_guard closing(mutex_);
      std::erase(open_, fd);
      ::close(fd);
    });
  }
}

std::string TinyServer::url(const std::string& path) const {
  return (identity_ != nullptr ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(port_) + path;
}

}  // namespace storelink::testing
