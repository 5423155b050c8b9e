// The sockets of this process, looked at from outside the library.
#pragma once

#include <string>

namespace storelink::testing {

// The descriptor of a TCP connection from this process to the loopback server of `url`; -1 where there is
// none.
int client_socket(const std::string& url);

// A number that getsockopt() gives; -1 where it gives none.
int socket_option(int fd, int level, int name);

}  // namespace storelink::testing
