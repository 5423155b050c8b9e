#include "cloud/signer.hpp"

namespace storelink::cloud {

Timestamp signing_time() noexcept {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

void hide_secret(std::string& text, std::string_view secret) {
  constexpr std::string_view hidden = "REDACTED";
  if (secret.empty()) return;
  for (std::size_t at = text.find(secret); at != std::string::npos;
       at = text.find(secret, at + hidden.size()))
    text.replace(at, secret.size(), hidden);
}

}  // namespace storelink::cloud
