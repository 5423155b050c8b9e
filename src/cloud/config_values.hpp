// Reading what several clouds' settings have in common.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/config.hpp"
#include "codec/url.hpp"
#include "http/client_options.hpp"

namespace storelink::cloud {

// The values of a resolved table, under the canonical names of its keys. Borrows them.
template <const auto& keys>
class ConfigValues {
 public:
  // One of `keys`; the compiler refuses other names.
  class Key {
   public:
    constexpr Key() = default;  // none
    // NOLINTNEXTLINE(google-explicit-constructor): a name is written where a key is wanted
    consteval Key(const char* name) : row_(0) {
      while (keys[row_].name != name) ++row_;
    }
    constexpr std::size_t row() const { return row_; }
    constexpr explicit operator bool() const { return row_ < std::size(keys); }
    constexpr bool operator==(const Key&) const = default;

   private:
    std::size_t row_ = std::size(keys);
  };

  explicit ConfigValues(const ResolvedConfig& resolved) : values_(resolved.values) {}
  // Null where the key was not given.
  const ConfigValue* find(Key key) const { return values_[key.row()] ? &*values_[key.row()] : nullptr; }
  std::string text(Key key) const { return find(key) != nullptr ? find(key)->text() : std::string(); }
  bool flag(Key key) const { return find(key) != nullptr && find(key)->boolean(); }

 private:
  const std::vector<std::optional<ConfigValue>>& values_;
};

// The settings among a store's options.
template <class Options>
ResolvedConfig resolve_options(std::span<const ConfigKey> keys, std::string_view prefix,
                               const Options& options) {
  return resolve_config(keys, prefix, options.config, options.client_options, options.read_environment);
}

// Error(generic).
[[noreturn]] void refuse_config(std::string message);

// The name of a bucket or container (`what`): `given` by its own argument, or as `value` of the setting
// `key`; the environment comes last. Refuses two different ones, and none.
std::string read_name(std::string_view what, const ConfigValue* value, const std::string& given,
                      std::string_view key);

// The same, and refuses what is no bucket name.
std::string read_bucket(const ConfigValue* value, const std::string& given, std::string_view key);

// An http or https URL without user, query and fragment; `example` stands in the message otherwise.
codec::Url read_endpoint(const ConfigValue& value, std::string_view example);

// A URL's path in the one form that signatures know, without a slash at its end.
std::string endpoint_path(const codec::Url& address);

// An endpoint without a slash at its end; where none was given, `fallback`, which is an example as well.
std::string read_base_url(const ConfigValue* value, std::string_view fallback);

// Refuses a secret that HTTP cannot carry.
void check_printable(const ConfigValue& value);

// Refuses a negative one.
void check_refresh_threshold(std::chrono::nanoseconds threshold);

// Refuses a URL with http unless the options allow it.
void check_encrypted(std::string_view url, const http::ClientOptions& client);

// The client options of all places.
Settings all_client_options(const ResolvedConfig& resolved, const Settings& given);

// The same, parsed; refuses a `base_url` with http unless they allow it.
http::ClientOptions read_client_options(const ResolvedConfig& resolved, const Settings& given,
                                        std::string_view base_url);

}  // namespace storelink::cloud
