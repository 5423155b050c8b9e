#include "http/socket.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "http/sigpipe.hpp"

namespace storelink::http {

Socket::~Socket() {
  close();
}

void Socket::open(int fd) {
  close();
  fd_ = fd;
  prevent_sigpipe(fd);
}

void Socket::close() noexcept {
  tls_ = TlsSession();
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

IoResult Socket::outcome(ssize_t moved, short wanted) {
  if (moved > 0) return {Io::done, static_cast<std::size_t>(moved)};
  if (moved == 0) return {Io::closed, 0};
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
    waits_for_ = wanted;
    return {Io::wait, 0};
  }
  failure_ = std::strerror(errno);
  return {Io::failed, 0};
}

IoResult Socket::handshake() {
  return tls_.handshake(waits_for_, failure_);
}

IoResult Socket::read(std::span<char> into) {
  if (tls_) return tls_.read(into, waits_for_, failure_);
  return outcome(recv(fd_, into.data(), into.size(), 0), POLLIN);
}

IoResult Socket::write(std::string_view head, std::string_view body) {
  if (tls_) return tls_.write(head.empty() ? body : head, waits_for_, failure_);
  if (body.empty() || head.empty()) {
    const std::string_view text = head.empty() ? body : head;
    return outcome(send(fd_, text.data(), text.size(), send_flags), POLLOUT);
  }
  std::array<iovec, 2> pieces{iovec{const_cast<char*>(head.data()), head.size()},
                              iovec{const_cast<char*>(body.data()), body.size()}};
  msghdr message{};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  return outcome(sendmsg(fd_, &message, send_flags), POLLOUT);
}

bool Socket::is_idle() {
  // Through TLS there may be messages of the protocol's own, such as session tickets.
  char byte = 0;
  return read({&byte, 1}).state == Io::wait;
}

}  // namespace storelink::http
