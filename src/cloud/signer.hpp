// Signer: puts credentials onto requests.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "storelink/object_store.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud {

// Thread-safe. Holds secrets; none of its errors has one.
class Signer {
 public:
  virtual ~Signer() = default;

  // Adds what the service wants to see, with the time of now, replacing what an earlier call added. May wait
  // for credentials. `request` must outlive the task. Throws Error(unauthenticated) when there are no
  // credentials, and whatever a credential provider throws.
  virtual Task<void> sign_async(HttpRequest* request) = 0;

  // `url` in a form that lets its holder send `method` until the time is over.
  // Throws Error(generic) for a lifetime that the service does not allow, not_supported without credentials.
  virtual Task<std::string> presign_async(std::string method, std::string url,
                                          std::chrono::seconds expires_in) = 0;

  // Whether the answer, which is no success, says how to sign otherwise: the request may then be sent once
  // more. The service has not acted on it.
  virtual bool learn(const HttpResponse&) { return false; }

  // Replaces the credentials in use wherever `text` has them. For text that comes from the service.
  virtual void redact(std::string& text) const = 0;
};

// The time of now, as signatures and expiries have it.
Timestamp signing_time() noexcept;

// Replaces `secret`, if it is not empty, wherever `text` has it.
void hide_secret(std::string& text, std::string_view secret);

}  // namespace storelink::cloud
