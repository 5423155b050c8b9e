// The options of a TCP socket that let the kernel notice a dead peer.
#pragma once

#include <chrono>

namespace storelink::http {

// After `idle` without traffic the peer is probed, and given up when it has said nothing for `patience`; also
// while what was sent is not acknowledged, where the system can do that. At most 32767 s each.
void keep_alive(int fd, std::chrono::seconds idle, std::chrono::seconds patience) noexcept;

}  // namespace storelink::http
