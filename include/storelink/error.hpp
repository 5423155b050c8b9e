// The one exception type of storelink.
//
// Every verb of every store reports failure by throwing `Error` (blocking calls) or by letting it
// pass through a `Task` (asynchronous calls). `ErrorKind` is a closed list, so that a `switch` over
// it needs no default and bindings can map each kind to one exception class of their language.
//
// Nothing secret is ever stored in an Error: no access key, token, signature or signed query.
// Copies share one immutable record, so copying is cheap and does not throw.
#pragma once

#include <cstdint>
#include <exception>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace storelink {

enum class ErrorKind : std::int32_t {
  generic = 1,         // anything without a kind of its own: bad configuration, 5xx after all retries
  not_found,           // no such object, bucket or container
  already_exists,      // create-only put, copy or rename onto an existing object
  precondition,        // If-Match / If-Unmodified-Since did not hold
  not_modified,        // If-None-Match / If-Modified-Since: the caller's copy is current
  permission_denied,   // credentials are known but may not do this (403)
  unauthenticated,     // credentials are missing or wrong (401)
  invalid_path,        // the key or path cannot be used with this store
  unknown_config_key,  // a configuration key nobody knows
  not_supported,       // this store cannot do this at all
  not_implemented,     // this operation or mode has no implementation for this store
  join,                // a worker ended abnormally
  io,                  // the operating system failed a file or socket operation
  timeout,             // a time limit passed
  cancelled,           // stopped by the caller
};

// The kind's stable, lower-case name, for messages and logs.
constexpr std::string_view to_string(ErrorKind kind) noexcept {
  switch (kind) {
    case ErrorKind::generic: return "generic";
    case ErrorKind::not_found: return "not found";
    case ErrorKind::already_exists: return "already exists";
    case ErrorKind::precondition: return "precondition failed";
    case ErrorKind::not_modified: return "not modified";
    case ErrorKind::permission_denied: return "permission denied";
    case ErrorKind::unauthenticated: return "unauthenticated";
    case ErrorKind::invalid_path: return "invalid path";
    case ErrorKind::unknown_config_key: return "unknown configuration key";
    case ErrorKind::not_supported: return "not supported";
    case ErrorKind::not_implemented: return "not implemented";
    case ErrorKind::join: return "join";
    case ErrorKind::io: return "input/output";
    case ErrorKind::timeout: return "timeout";
    case ErrorKind::cancelled: return "cancelled";
  }
  return "unknown";
}

namespace detail {

// A number as text, without std::to_string's code in every extension.
class Decimal {
 public:
  explicit Decimal(std::uint64_t number) noexcept {
    do {
      *--first_ = static_cast<char>('0' + number % 10);
      number /= 10;
    } while (number != 0);
  }
  operator std::string_view() const noexcept {
    return {first_, static_cast<std::size_t>(text_ + sizeof(text_) - first_)};
  }

 private:
  char text_[20];
  char* first_ = text_ + sizeof(text_);
};

}  // namespace detail

// What an Error is made of. Empty strings and a zero status mean "not known".
struct ErrorDetails {
  ErrorKind kind = ErrorKind::generic;
  std::string message;     // what was given, what is accepted or what to do
  std::string store;       // e.g. "s3://bucket/prefix"; never holds credentials
  std::string path;        // the key as the caller gave it
  int status = 0;          // HTTP status
  std::string request_id;  // the service's request id
  // What led to it, where that was an exception too: thrown by a credential provider, for example.
  std::exception_ptr cause;
  // Of a request that got no complete answer: whether the server may have received it all the same.
  std::optional<bool> may_have_arrived;
};

// An exception of the language that the library is called from, as the cause of an Error: for Python the
// exception object (PyObject*). The library passes it on without looking at it. It is let go of on any
// thread, so the deleter of `object` must neither throw nor wait for a lock of that language.
class ForeignException : public std::exception {
 public:
  explicit ForeignException(std::shared_ptr<void> object) noexcept : object_(std::move(object)) {}
  const std::shared_ptr<void>& object() const noexcept { return object_; }
  const char* what() const noexcept override { return "an exception of the calling language"; }

 private:
  std::shared_ptr<void> object_;
};

// Not to be derived from with data of its own: what passes through an Error by value would lose it.
class Error : public std::exception {
 public:
  Error(ErrorKind kind, std::string message) : Error(make(kind, std::move(message))) {}
  explicit Error(ErrorDetails details) : record_(std::make_shared<const Record>(std::move(details))) {}

  ErrorKind kind() const noexcept { return record_->details.kind; }
  const std::string& message() const noexcept { return record_->details.message; }
  const std::string& store() const noexcept { return record_->details.store; }
  const std::string& path() const noexcept { return record_->details.path; }
  int status() const noexcept { return record_->details.status; }
  const std::string& request_id() const noexcept { return record_->details.request_id; }
  const std::exception_ptr& cause() const noexcept { return record_->details.cause; }
  const ErrorDetails& details() const noexcept { return record_->details; }

  // One line: the message, then whatever else is known in brackets.
  const char* what() const noexcept override { return record_->text.c_str(); }

  // The same error that also names its store and path, unless it already names one.
  Error at(std::string_view store, std::string_view path) const {
    ErrorDetails details = record_->details;
    if (details.store.empty()) details.store = std::string(store);
    if (details.path.empty()) details.path = std::string(path);
    return Error(std::move(details));
  }

 private:
  struct Record {
    explicit Record(ErrorDetails d) : details(std::move(d)), text(compose(details)) {}
    ErrorDetails details;
    std::string text;
  };

  static ErrorDetails make(ErrorKind kind, std::string message) {
    ErrorDetails details;
    details.kind = kind;
    details.message = std::move(message);
    return details;
  }

  static std::string compose(const ErrorDetails& d) {
    std::string text(d.message.empty() ? to_string(d.kind) : std::string_view(d.message));
    const char* before = " [";
    auto add = [&text, &before](std::string_view name, std::string_view value) {
      if (value.empty()) return;
      text.append(before).append(name).append(value);
      before = ", ";
    };
    add("store ", d.store);
    add("path ", d.path);
    if (d.status != 0) add("HTTP status ", detail::Decimal(static_cast<std::uint64_t>(d.status)));
    add("request id ", d.request_id);
    if (*before == ',') text += "]";
    return text;
  }

  std::shared_ptr<const Record> record_;
};

namespace detail {

// Out of line and in one piece, since headers throw in many places that hardly ever run.
[[noreturn]] [[gnu::cold]] [[gnu::noinline]] inline void throw_error(
    ErrorKind kind, std::initializer_list<std::string_view> message, std::string_view store = {},
    std::string_view path = {}) {
  ErrorDetails details;
  details.kind = kind;
  details.store = std::string(store);
  details.path = std::string(path);
  for (const std::string_view part : message) details.message.append(part);
  throw Error(std::move(details));
}

}  // namespace detail

}  // namespace storelink
