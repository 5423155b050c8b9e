// The least an HTTP client can do: blocking sockets, one kept-alive connection, a response with
// Content-Length. What the benchmarks compare with; not a client for anything else.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace storelink::bench {

class RawConnection {
 public:
  RawConnection(const std::string& host, std::uint16_t port) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    const int on = 1;
    if (socket_ < 0 || ::inet_pton(AF_INET, host.c_str(), &address.sin_addr) != 1 ||
        ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0 ||
        ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
      const int error = errno;
      if (socket_ >= 0) ::close(socket_);
      throw std::system_error(error, std::generic_category(), "connect");
    }
  }
  ~RawConnection() { ::close(socket_); }
  RawConnection(const RawConnection&) = delete;
  RawConnection& operator=(const RawConnection&) = delete;

  // Sends `request` and receives the body into fresh memory. Returns its size. Throws on any failure.
  std::size_t exchange(std::string_view request) {
    for (std::string_view rest = request; !rest.empty();)
      rest.remove_prefix(checked(::send(socket_, rest.data(), rest.size(), MSG_NOSIGNAL)));

    std::size_t filled = 0;
    std::size_t head_size = std::string_view::npos;
    do {
      if (filled == sizeof(head_)) throw std::runtime_error("response header too long");
      filled += checked(::recv(socket_, head_ + filled, sizeof(head_) - filled, 0));
      head_size = std::string_view(head_, filled).find("\r\n\r\n");
    } while (head_size == std::string_view::npos);

    const std::string_view head(head_, head_size);
    if (!head.starts_with("HTTP/1.1 20")) throw std::runtime_error("not a 2xx response");
    constexpr std::string_view name = "\r\nContent-Length: ";
    const std::size_t at = head.find(name);
    if (at == std::string_view::npos) throw std::runtime_error("no Content-Length");
    const std::size_t length = std::strtoull(head_ + at + name.size(), nullptr, 10);

    std::size_t have = filled - head_size - 4;
    const std::unique_ptr<char[]> body(new char[length]);
    std::string_view(head_, filled).substr(head_size + 4).copy(body.get(), have);
    while (have < length) have += checked(::recv(socket_, body.get() + have, length - have, 0));
    return length;
  }

 private:
  static std::size_t checked(ssize_t count) {
    if (count < 0) throw std::system_error(errno, std::generic_category(), "socket");
    if (count == 0) throw std::runtime_error("the server closed the connection");
    return static_cast<std::size_t>(count);
  }

  int socket_;
  char head_[4096];
};

}  // namespace storelink::bench
