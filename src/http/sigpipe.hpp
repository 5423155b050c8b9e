// Writing to a socket whose peer has gone is an error, not a signal that ends the process.
#pragma once

#include <sys/socket.h>

namespace storelink::http {

#ifdef MSG_NOSIGNAL
inline constexpr int send_flags = MSG_NOSIGNAL;
inline void prevent_sigpipe(int) noexcept {}
#else  // macOS: a setting of the socket
inline constexpr int send_flags = 0;
inline void prevent_sigpipe(int socket) noexcept {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_NOSIGPIPE, &on, sizeof on);
}
#endif

}  // namespace storelink::http
