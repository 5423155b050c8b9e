#include "http/keep_alive.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace storelink::http {

void keep_alive(int fd, std::chrono::seconds idle, std::chrono::seconds patience) noexcept {
  const auto set = [fd](int level, int name, std::chrono::seconds::rep value) {
    const int number = static_cast<int>(value);
    (void)::setsockopt(fd, level, name, &number, sizeof number);
  };
  // One lost probe is no dead peer.
  const auto between = (patience.count() + 3) / 4;
  const auto probes = (patience.count() + between - 1) / between;
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
#if defined(TCP_KEEPIDLE)
  set(IPPROTO_TCP, TCP_KEEPIDLE, idle.count());
#elif defined(TCP_KEEPALIVE)  // macOS
  set(IPPROTO_TCP, TCP_KEEPALIVE, idle.count());
#endif
#ifdef TCP_KEEPINTVL
  set(IPPROTO_TCP, TCP_KEEPINTVL, between);
#endif
#ifdef TCP_KEEPCNT
  set(IPPROTO_TCP, TCP_KEEPCNT, probes);
#endif
  // There are no probes while what was sent is not acknowledged.
#if defined(TCP_USER_TIMEOUT)
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, (idle + patience).count() * 1000);
#elif defined(TCP_RXT_CONNDROPTIME)  // macOS
  set(IPPROTO_TCP, TCP_RXT_CONNDROPTIME, (idle + patience).count());
#endif
}

}  // namespace storelink::http
