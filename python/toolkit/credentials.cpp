#include "credentials.hpp"

#include "base/blocking.hpp"
#include "call_arguments.hpp"
#include "errors_from_python.hpp"
#include "event_loop_thread.hpp"
#include "values.hpp"

namespace storelink::python {

namespace {

// How long before its expiry the core renews a credential, when the provider says nothing.
constexpr std::chrono::seconds core_refresh_threshold{300};

std::string text_item(PyObject* mapping, const char* key, bool required) {
  const std::string what = std::string("credential_provider: '") + key + "' of its result";
  const Ref item = optional_item(mapping, key);
  if (item) return expect_text(what, item.get());
  if (required) raise(PyExc_TypeError, what + " is missing");
  return {};
}

Timestamp expiry(PyObject* datetime) {
  const std::string what = "credential_provider: 'expires_at' of its result";
  const Ref zone = attribute_or_none(datetime, "tzinfo");
  if (!zone) raise_wrong_type(what, datetime, "datetime.datetime or None");
  if (zone.is_none())
    raise(PyExc_ValueError,
          what + " has no time zone; give an aware time such as datetime.now(timezone.utc)");
  return from_datetime(datetime);
}

AwsCredential parse_credential(PyObject* result, std::chrono::nanoseconds refresh_threshold) {
  if (PyMapping_Check(result) == 0 || PyUnicode_Check(result) != 0)
    raise_wrong_type("credential_provider: its result", result,
                     "a dict with access_key_id, secret_access_key, token and expires_at");
  AwsCredential credential;
  credential.access_key_id = text_item(result, "access_key_id", true);
  credential.secret_access_key = text_item(result, "secret_access_key", true);
  credential.session_token = text_item(result, "token", false);
  if (const Ref expires_at = optional_item(result, "expires_at"))
    // The core asks again a fixed time ahead of this.
    credential.expires_at = expiry(expires_at.get()) - refresh_threshold + core_refresh_threshold;
  return credential;
}

// Throws the Python exception that is set as Error, or leaves it set where it ends the whole call.
[[noreturn]] void throw_provider_error() {
  TakenError taken;
  rethrow_interrupt(taken, "the credential provider");
  throw Error(ErrorKind::unauthenticated, "the credential provider failed: " + taken.message());
}

AwsCredential call_provider(PyObject* provider, std::chrono::nanoseconds refresh_threshold) {
  const GilHeld gil;
  try {
    Ref result = checked(PyObject_CallNoArgs(provider));
    if (attribute_or_none(result.get(), "__await__")) result = run_awaitable(result.get());
    return parse_credential(result.get(), refresh_threshold);
  } catch (const ErrorAlreadySet&) {
    throw_provider_error();
  }
}

Task<AwsCredential> ask_provider(SharedRef provider, std::chrono::nanoseconds refresh_threshold) {
  // A named lambda that is moved: GCC 12 destroys one with captures twice if it stands in the await itself.
  auto call = [provider, refresh_threshold] { return call_provider(provider.get(), refresh_threshold); };
  co_return co_await run_blocking(std::move(call));
}

}  // namespace

AwsCredentialProvider make_credential_provider(PyObject* provider) {
  std::chrono::nanoseconds refresh_threshold = core_refresh_threshold;
  if (const Ref given = attribute_or_none(provider, "refresh_threshold"); given && !given.is_none()) {
    const std::string what = "credential_provider.refresh_threshold";
    if (!is_timedelta(given.get())) raise_wrong_type(what, given.get(), "datetime.timedelta", true);
    refresh_threshold = from_timedelta(what, given.get());
  }
  return
      [provider = share(provider), refresh_threshold] { return ask_provider(provider, refresh_threshold); };
}

}  // namespace storelink::python
