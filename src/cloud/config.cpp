#include "cloud/config.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/environment.hpp"
#include "codec/text.hpp"
#include "codec/url.hpp"
#include "http/client_options.hpp"

namespace storelink::cloud {

namespace {

std::string client_option(std::string_view key, std::string_view prefix) {
  const std::string lower = codec::to_lower(key);
  const std::string_view bare =
      lower.starts_with(prefix) ? std::string_view(lower).substr(prefix.size()) : lower;
  return client_option_name(std::string(bare));
}

bool contains(const Settings& settings, std::string_view name) {
  return std::any_of(settings.begin(), settings.end(),
                     [name](const auto& setting) { return client_option_name(setting.first) == name; });
}

[[noreturn]] void refuse_unknown(std::span<const ConfigKey> keys, std::string_view prefix,
                                 const std::string& key) {
  std::vector<std::string_view> known;
  for (const ConfigKey& row : keys) {
    // Suggestions look like what was given.
    const bool with_prefix = codec::to_lower(key).starts_with(prefix);
    if (row.name.starts_with(prefix) == with_prefix) known.push_back(row.name);
    for (const std::string_view name : row.aliases) {
      if (!name.empty() && name.starts_with(prefix) == with_prefix) known.push_back(name);
    }
  }
  std::string accepted = fmt::format("; known are {}, and the client options", fmt::join(known, ", "));
  // Client options may stand among the settings.
  const auto options = http::client_option_names();
  known.insert(known.end(), options.begin(), options.end());
  const std::string_view near = codec::nearest_match(key, known);
  if (!near.empty()) accepted = fmt::format("; the nearest known one is {:?}", near);
  throw Error(ErrorKind::unknown_config_key, fmt::format("unknown configuration key {:?}{}", key, accepted));
}

[[noreturn]] void refuse_twice(std::string_view name) {
  throw Error(ErrorKind::generic,
              fmt::format("the configuration key {:?} was given twice; aliases count as the same key", name));
}

std::string to_upper(std::string_view text) {
  std::string upper(text);
  for (char& c : upper) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return upper;
}

std::optional<ConfigValue> from_environment(const ConfigKey& key, std::string_view prefix) {
  const auto look = [&key](const std::string& name) -> std::optional<ConfigValue> {
    std::string value = environment_variable(name);
    if (value.empty()) return {};
    return ConfigValue(key, std::move(value), name);
  };
  if (!key.in_environment) return {};
  if (auto found = look(to_upper(key.name))) return found;
  for (const std::string_view name : key.aliases) {
    if (!name.starts_with(prefix)) continue;
    if (auto found = look(to_upper(name))) return found;
  }
  if (key.variable.empty()) return {};
  return look(std::string(key.variable));
}

void read_client_options(std::string_view prefix, const Settings& explicit_options, Settings& found) {
  const std::string upper_prefix = to_upper(prefix);
  for (char** entry = environment_entries(); entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || equals + 1 == text.size() || !text.starts_with(upper_prefix))
      continue;
    const std::string name = client_option(text.substr(0, equals), prefix);
    if (name.empty() || contains(explicit_options, name) || contains(found, name)) continue;
    found.emplace_back(name, text.substr(equals + 1));
  }
}

}  // namespace

std::string ConfigValue::source() const {
  return from_environment() ? fmt::format("the environment variable {}", variable_)
                            : fmt::format("the configuration key {:?}", key_->name);
}

bool ConfigValue::boolean() const {
  const auto value = codec::parse_bool(text_);
  if (!value) refuse("true and false");
  return *value;
}

std::string_view ConfigValue::one_of(std::initializer_list<std::string_view> accepted) const {
  std::string list;
  for (const std::string_view candidate : accepted) {
    if (codec::iequals(candidate, codec::trim(text_))) return candidate;
    list += fmt::format("{}{:?}", list.empty() ? "" : ", ", candidate);
  }
  refuse(list);
}

void ConfigValue::refuse(std::string_view accepted) const {
  std::string shown;
  switch (key_->shown) {
    case Shown::all: shown = fmt::format("{:?}", text_); break;
    case Shown::url: shown = fmt::format("{:?}", codec::redact_url(text_)); break;
    case Shown::nothing: shown = "invalid"; break;
  }
  throw Error(ErrorKind::generic, fmt::format("{} is {}; accepted: {}", source(), shown, accepted));
}

const ConfigKey* find_config_key(std::span<const ConfigKey> keys, std::string_view key) noexcept {
  for (const ConfigKey& row : keys) {
    if (codec::iequals(row.name, key)) return &row;
    for (const std::string_view alias : row.aliases) {
      if (!alias.empty() && codec::iequals(alias, key)) return &row;
    }
  }
  return nullptr;
}

ResolvedConfig resolve_config(std::span<const ConfigKey> keys, std::string_view prefix, const Settings& given,
                              const Settings& client_options, bool read_environment) {
  ResolvedConfig resolved;
  resolved.values.resize(keys.size());
  std::vector<bool> seen(keys.size());
  for (const auto& [key, value] : given) {
    if (const ConfigKey* row = find_config_key(keys, key); row != nullptr) {
      const auto index = static_cast<std::size_t>(row - keys.data());
      if (seen[index]) refuse_twice(row->name);
      seen[index] = true;
      if (!value.empty()) resolved.values[index].emplace(*row, value, std::string());
      continue;
    }
    const std::string option = client_option(key, prefix);
    if (option.empty()) refuse_unknown(keys, prefix, key);
    if (contains(resolved.client_options, option) || contains(client_options, option)) refuse_twice(option);
    resolved.client_options.emplace_back(option, value);
  }
  if (!read_environment) return resolved;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!seen[i]) resolved.values[i] = from_environment(keys[i], prefix);
  }
  read_client_options(prefix, client_options, resolved.client_options);
  return resolved;
}

}  // namespace storelink::cloud
