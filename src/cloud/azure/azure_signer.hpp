// Signatures of Azure requests: account key, shared access signature, bearer token, or none.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "cloud/azure/azure_credentials.hpp"
#include "cloud/signer.hpp"
#include "http/client.hpp"

namespace storelink::cloud::azure {

class AzureSigner final : public Signer {
 public:
  // `client` asks for user delegation keys.
  AzureSigner(const AzureConfig& config, AuthorizationCache::Provider provider,
              std::chrono::nanoseconds refresh_ahead, http::Client client);

  Task<void> sign_async(HttpRequest* request) override;
  // With an account key a service SAS of up to 100 years; with a bearer token a user delegation SAS of at
  // most 7 days, for which a key is asked once an hour or less. not_supported with a SAS and for methods
  // other than GET, HEAD, PUT and DELETE.
  Task<std::string> presign_async(std::string method, std::string url,
                                  std::chrono::seconds expires_in) override;
  void redact(std::string& text) const override;

 private:
  // Null: anonymous.
  Task<std::shared_ptr<const Authorization>> authorization();
  void authorize(HttpRequest& request, const Authorization* with) const;
  std::string resource_of(std::string_view url) const;
  Task<std::shared_ptr<const DelegationKey>> delegation_key(std::shared_ptr<const Authorization> with,
                                                            std::chrono::seconds needed);

  const std::string account_, container_, service_url_, container_url_;
  const http::Client client_;
  const bool https_only_;
  std::shared_ptr<const Authorization> fixed_;
  std::optional<AuthorizationCache> cache_;

  std::mutex mutex_;  // guards the two below
  std::shared_ptr<const DelegationKey> delegation_key_;
  Timestamp delegation_expiry_{};
};

}  // namespace storelink::cloud::azure
