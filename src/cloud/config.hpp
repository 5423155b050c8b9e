// Settings of a cloud store: one row of a table per key.
//
// A row says what a key is called (canonical name and aliases, lower case), whether its value is secret, and
// how it is read into the cloud's own struct. This file finds rows, notices what was given twice, reads the
// environment, and words the errors; it never puts a secret's value into one.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storelink/stores.hpp"

namespace storelink::cloud {

// What of a value may stand in a message.
enum class Shown : std::uint8_t {
  all,
  url,  // without user info and query
  nothing,
};

struct ConfigKey {
  std::string_view name;                         // "aws_region"; its environment variable is this in capitals
  std::array<std::string_view, 5> aliases = {};  // those with the prefix have environment variables, too
  Shown shown = Shown::all;
  std::string_view variable = {};  // one more environment variable, without the prefix; read last
  bool in_environment = true;      // false: taken only where it is given
};

// One value, with what is needed to complain about it.
class ConfigValue {
 public:
  ConfigValue(const ConfigKey& key, std::string text, std::string variable)
      : key_(&key), text_(std::move(text)), variable_(std::move(variable)) {}

  const std::string& text() const noexcept { return text_; }
  bool from_environment() const noexcept { return !variable_.empty(); }
  // The key, or the environment variable that the value came from.
  std::string source() const;

  bool boolean() const;
  // One of `accepted`, in any case; returned as written there.
  std::string_view one_of(std::initializer_list<std::string_view> accepted) const;
  // Error(generic) that names the key, what of its value may be shown, and what is accepted.
  [[noreturn]] void refuse(std::string_view accepted) const;

 private:
  const ConfigKey* key_;
  std::string text_;
  std::string variable_;  // empty: the value was given
};

struct ResolvedConfig {
  ResolvedConfig() {}
  std::vector<std::optional<ConfigValue>> values;  // one for each row; empty texts count as not given
  Settings client_options;                         // those given among the store's own settings
};

// Sorts `given` by rows. Keys are taken in any case; a client option is taken with or without `prefix`
// ("aws_"). What was not given is looked for in the environment when `read_environment`: variables that begin
// with `prefix` in capitals. Client options are read from there, too, unless they are among `client_options`.
// Throws unknown_config_key with the nearest known key, and Error(generic) for a key given twice.
ResolvedConfig resolve_config(std::span<const ConfigKey> keys, std::string_view prefix, const Settings& given,
                              const Settings& client_options, bool read_environment);

// The row that `key` names, in any case and under any alias; null where there is none.
const ConfigKey* find_config_key(std::span<const ConfigKey> keys, std::string_view key) noexcept;

}  // namespace storelink::cloud
