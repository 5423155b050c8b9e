#include "store_arguments.hpp"

#include <algorithm>
#include <cmath>

#include "call_arguments.hpp"
#include "codec/text.hpp"
#include "codec/time.hpp"
#include "config_keys.hpp"

namespace storelink::python {

namespace {

bool has_key(PyObject* dict, PyObject* key) {
  const int found = PyDict_Contains(dict, key);
  check(found);
  return found != 0;
}

// Settings on their way to the core, and the dict that shows them.
struct SettingsView {
  Settings settings;
  Ref shown = checked(PyDict_New());

  bool has(const std::string& name) const { return has_key(shown.get(), from_utf8(name).get()); }

  void add(const std::string& what, const std::string& name, std::string text, PyObject* value) {
    if (has(name))
      throw Error(ErrorKind::generic, what + " is given twice; give it once, under one of its names");
    check(PyDict_SetItem(shown.get(), from_utf8(name).get(), value));
    settings.emplace_back(name, std::move(text));
  }

  void add(const std::string& what, const std::string& name, const std::string& text) {
    add(what, name, text, from_utf8(text).get());
  }
};

// Values are never quoted in messages: some are secrets.
std::string setting_text(const std::string& what, PyObject* value) {
  if (PyBool_Check(value) != 0) return value == Py_True ? "true" : "false";
  if (PyUnicode_Check(value) != 0) return to_utf8(value);
  if (is_timedelta(value)) return codec::format_duration(from_timedelta(what, value));
  raise_wrong_type(what, value, "str, bool or datetime.timedelta");
}

std::string bytes_or_text(const std::string& what, PyObject* value) {
  if (PyBytes_Check(value) == 0) {
    if (PyUnicode_Check(value) == 0) raise_wrong_type(what, value, "str or bytes");
    return to_utf8(value);
  }
  char* data = nullptr;
  Py_ssize_t size = 0;
  check(PyBytes_AsStringAndSize(value, &data, &size));
  return {data, static_cast<std::size_t>(size)};
}

Ref to_bytes(const std::string& text) {
  return checked(PyBytes_FromStringAndSize(text.data(), static_cast<Py_ssize_t>(text.size())));
}

bool is_header_name(const std::string& name) {
  constexpr std::string_view punctuation = "!#$%&'*+-.^_`|~";
  return !name.empty() && std::ranges::all_of(name, [&](char c) {
    return codec::is_ascii_alpha(c) || codec::is_ascii_digit(c) ||
           punctuation.find(c) != std::string_view::npos;
  });
}

// {"X-Name": "value"} → one "x-name: value" per line, and {"x-name": b"value"}.
void add_default_headers(SettingsView& view, PyObject* headers) {
  const std::string what = "the client option 'default_headers'";
  std::string lines;
  const Ref shown = checked(PyDict_New());
  for_each_item(what, headers, [&](const std::string& given, PyObject* value) {
    const std::string name = codec::to_lower(given);
    if (!is_header_name(name)) raise(PyExc_ValueError, what + ": '" + given + "' is no HTTP header name");
    const std::string text = bytes_or_text(what + ": the value of '" + given + "'", value);
    if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
      raise(PyExc_ValueError, what + ": the value of '" + given + "' has a line break or a NUL in it");
    lines += name + ": " + text + "\n";
    check(PyDict_SetItem(shown.get(), from_utf8(name).get(), to_bytes(text).get()));
  });
  view.add(what, "default_headers", lines, shown.get());
}

void add_client_option(SettingsView& view, const std::string& name, PyObject* value) {
  const std::string what = "the client option '" + name + "'";
  if (name == "default_headers") {
    add_default_headers(view, value);
  } else if (name == "root_certificate") {
    const std::string text = bytes_or_text(what, value);
    view.add(what, name, text, to_bytes(text).get());
  } else {
    view.add(what, name, setting_text(what, value));
  }
}

// What a RetryConfig or BackoffConfig may hold, and where it goes.
std::chrono::nanoseconds retry_time(const std::string& what, PyObject* value) {
  if (is_timedelta(value)) return from_timedelta(what, value);
  if (PyUnicode_Check(value) == 0)
    raise_wrong_type(what, value, "datetime.timedelta or text such as \"1m 30s\"", true);
  const auto duration = codec::parse_duration(to_utf8(value));
  if (!duration)
    raise(PyExc_ValueError, what + " is '" + to_utf8(value) + "'; accepted is text such as \"1m 30s\"");
  return *duration;
}

[[noreturn]] void throw_unknown_retry_key(const std::string& what, const std::string& key,
                                          std::initializer_list<std::string_view> known) {
  std::string message = what + " has no key '" + key + "'; known are";
  for (const std::string_view name : known) message += " " + std::string(name);
  throw Error(ErrorKind::unknown_config_key, message);
}

void parse_backoff(PyObject* given, RetryConfig& retry) {
  const std::string where = "retry_config['backoff']";
  for_each_item(where, given, [&](const std::string& key, PyObject* value) {
    const std::string what = where + "['" + key + "']";
    if (key == "init_backoff") {
      retry.init_backoff = retry_time(what, value);
    } else if (key == "max_backoff") {
      retry.max_backoff = retry_time(what, value);
    } else if (key == "base") {
      if (PyFloat_Check(value) == 0 && PyLong_Check(value) == 0)
        raise_wrong_type(what, value, "float or int", true);
      retry.base = PyFloat_AsDouble(value);
      if (retry.base == -1.0 && PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
      if (!std::isfinite(retry.base) || retry.base < 1)
        raise(PyExc_ValueError, what + " is " + std::to_string(retry.base) + "; it must be at least 1");
    } else {
      throw_unknown_retry_key(where, key, {"init_backoff", "max_backoff", "base"});
    }
  });
}

RetryConfig parse_retry_config(PyObject* given) {
  RetryConfig retry;
  for_each_item("retry_config", given, [&](const std::string& key, PyObject* value) {
    const std::string what = "retry_config['" + key + "']";
    if (key == "backoff") {
      parse_backoff(value, retry);
    } else if (key == "max_retries") {
      if (PyLong_Check(value) == 0 || PyBool_Check(value) != 0) raise_wrong_type(what, value, "int", true);
      const long long count = PyLong_AsLongLong(value);
      if (count < 0) {
        PyErr_Clear();
        raise(PyExc_ValueError, what + " is too large or negative; accepted is 0 (no retries) or more");
      }
      retry.max_retries = static_cast<std::size_t>(count);
    } else if (key == "retry_timeout") {
      retry.retry_timeout = retry_time(what, value);
    } else {
      throw_unknown_retry_key("retry_config", key, {"backoff", "max_retries", "retry_timeout"});
    }
  });
  return retry;
}

Ref show_retry_config(const RetryConfig& retry) {
  const Ref backoff =
      checked(Py_BuildValue("{s:O,s:O,s:d}", "init_backoff", to_timedelta(retry.init_backoff).get(),
                            "max_backoff", to_timedelta(retry.max_backoff).get(), "base", retry.base));
  return checked(Py_BuildValue("{s:O,s:n,s:O}", "backoff", backoff.get(), "max_retries",
                               static_cast<Py_ssize_t>(retry.max_retries), "retry_timeout",
                               to_timedelta(retry.retry_timeout).get()));
}

// The argument of that name, if it was given.
Ref take_retry_config(CallArguments& call, RetryConfig& retry) {
  const Ref given = call.take("retry_config");
  if (!given) return {};
  retry = parse_retry_config(given.get());
  return show_retry_config(retry);
}

// Settings and client options of one store, from wherever they were given.
class CloudSettings {
 public:
  explicit CloudSettings(const CloudNames& cloud) : cloud_(cloud) {}

  void add(const std::string& key, PyObject* value) {
    const std::string name = setting_name(cloud_, key);
    if (is_client_option(name)) return add_option(name, value);
    const std::string what = std::string(cloud_.class_name) + ": the setting '" + name + "'";
    config_.add(what, name, setting_text(what, value));
  }

  void add_client_option(const std::string& key, PyObject* value) { add_option(codec::to_lower(key), value); }

  // For a provider's own config: fills what nobody has set.
  void add_if_missing(const std::string& key, PyObject* value) {
    const std::string name = setting_name(cloud_, key);
    if (!config_.has(name) && !client_.has(name)) add(key, value);
  }

  void mark_client_options_given() { client_given_ = true; }

  template <class Options>
  void finish(CloudArguments<Options>& parsed) && {
    parsed.options.config = std::move(config_.settings);
    parsed.options.client_options = std::move(client_.settings);
    parsed.config = std::move(config_.shown);
    if (client_given_) parsed.client_options = std::move(client_.shown);
  }

 private:
  void add_option(const std::string& name, PyObject* value) {
    client_given_ = true;
    python::add_client_option(client_, name, value);
  }

  const CloudNames& cloud_;
  SettingsView config_;
  SettingsView client_;
  bool client_given_ = false;
};

template <class Options>
CloudArguments<Options> parse_cloud_arguments(const CloudNames& cloud, PyObject* args, PyObject* kwargs) {
  const std::string function = std::string(cloud.class_name) + "()";
  const std::string bucket_name(cloud.bucket);
  CallArguments call(function, args, kwargs, {bucket_name.c_str()});
  const Ref bucket = call.take(bucket_name.c_str());
  Ref prefix = call.take("prefix");
  const Ref config = call.take("config");
  const Ref client_options = call.take("client_options");
  CloudArguments<Options> parsed;
  parsed.retry_config = take_retry_config(call, parsed.options.retry);
  Ref provider = call.take("credential_provider");

  CloudSettings settings(cloud);
  const auto add = [&](const std::string& key, PyObject* value) { settings.add(key, value); };
  if (config) for_each_item("config", config.get(), add);
  for_each_item("the settings", call.rest(), add);
  if (bucket) {
    (void)expect_text(function + ": " + bucket_name, bucket.get());
    settings.add(bucket_name, bucket.get());
  }
  if (client_options) {
    settings.mark_client_options_given();
    for_each_item("client_options", client_options.get(),
                  [&](const std::string& key, PyObject* value) { settings.add_client_option(key, value); });
  }
  std::string prefix_from = function + ": prefix";
  if (provider) {
    if (PyCallable_Check(provider.get()) == 0)
      raise_wrong_type(function + ": credential_provider", provider.get(), "a callable");
    const Ref defaults = attribute_or_none(provider.get(), "config");
    if (defaults && !defaults.is_none())
      for_each_item("credential_provider.config", defaults.get(),
                    [&](const std::string& key, PyObject* value) { settings.add_if_missing(key, value); });
    if (!prefix && cloud.prefix_of_provider) {
      prefix = attribute_or_none(provider.get(), "prefix");
      prefix_from = "credential_provider.prefix";
    }
    parsed.credential_provider = std::move(provider);
  }
  if (prefix && !prefix.is_none()) {
    parsed.options.prefix = parse_path(expect_text(prefix_from, prefix.get()));
    parsed.prefix = from_utf8(parsed.options.prefix);
  }
  std::move(settings).finish(parsed);
  return parsed;
}

}  // namespace

CloudArguments<S3Options> parse_s3_arguments(PyObject* args, PyObject* kwargs) {
  return parse_cloud_arguments<S3Options>(s3_names, args, kwargs);
}

CloudArguments<GcsOptions> parse_gcs_arguments(PyObject* args, PyObject* kwargs) {
  return parse_cloud_arguments<GcsOptions>(gcs_names, args, kwargs);
}

CloudArguments<AzureOptions> parse_azure_arguments(PyObject* args, PyObject* kwargs) {
  return parse_cloud_arguments<AzureOptions>(azure_names, args, kwargs);
}

HttpArguments parse_http_arguments(PyObject* args, PyObject* kwargs) {
  CallArguments call("HTTPStore()", args, kwargs, {"url"});
  HttpArguments parsed;
  parsed.url = call.take_required("url");
  parsed.options.url = expect_text("HTTPStore(): url", parsed.url.get());
  const Ref client_options = call.take("client_options");
  parsed.retry_config = take_retry_config(call, parsed.options.retry);
  call.finish();
  if (client_options) {
    SettingsView client;
    for_each_item("client_options", client_options.get(), [&](const std::string& key, PyObject* value) {
      add_client_option(client, codec::to_lower(key), value);
    });
    parsed.options.client_options = std::move(client.settings);
    parsed.client_options = std::move(client.shown);
  }
  return parsed;
}

LocalArguments parse_local_arguments(PyObject* args, PyObject* kwargs) {
  CallArguments call("LocalStore()", args, kwargs, {"prefix"});
  const Ref prefix = call.take("prefix");
  LocalArguments parsed;
  parsed.options.automatic_cleanup = call.take_flag("automatic_cleanup");
  parsed.options.mkdir = call.take_flag("mkdir");
  call.finish();
  if (!prefix) return parsed;

  const Ref name = PyBytes_Check(prefix.get()) != 0 ? Ref() : Ref::steal(PyOS_FSPath(prefix.get()));
  if (!name || PyUnicode_Check(name.get()) == 0) {
    PyErr_Clear();
    raise_wrong_type("LocalStore(): prefix", prefix.get(), "str or pathlib.Path", true);
  }
  const Ref encoded = checked(PyUnicode_EncodeFSDefault(name.get()));
  parsed.options.root = bytes_or_text("prefix", encoded.get());
  // The core takes an empty root for "/", which nobody means who writes LocalStore("").
  if (parsed.options.root.empty())
    throw Error(ErrorKind::generic,
                "LocalStore(): prefix is empty; give a directory, or None for the whole disk");
  if (parsed.options.root.find('\0') != std::string::npos)
    raise(PyExc_ValueError, "LocalStore(): prefix has a NUL character in it");
  const Ref path_class = import_attribute("pathlib", "Path");
  parsed.prefix = checked(PyObject_CallFunctionObjArgs(path_class.get(), name.get(), nullptr));
  return parsed;
}

}  // namespace storelink::python
