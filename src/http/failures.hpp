// The TransportErrors of this library's transports, worded once. `where` is scheme://authority.
#pragma once

#include <string>
#include <string_view>

#include "storelink/transport.hpp"

namespace storelink::http {

// What of a request's URL may stand in a message.
std::string server_of(const std::string& url);

TransportError cancelled();
// `connected`: the request may have been sent.
TransportError timed_out(std::string_view where, bool connected);
TransportError certificate_refused(std::string_view where, std::string_view why);
TransportError unknown_host(std::string_view where);
TransportError cannot_connect(std::string_view where, std::string_view why);
// Anything else that ended an exchange early.
TransportError exchange_failed(std::string_view where, std::string_view why, bool may_have_arrived);

}  // namespace storelink::http
