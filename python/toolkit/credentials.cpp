#include "credentials.hpp"

#include "base/blocking.hpp"
#include "call_arguments.hpp"
#include "codec/url.hpp"
#include "errors_from_python.hpp"
#include "event_loop_thread.hpp"
#include "interpreter.hpp"
#include "values.hpp"

namespace storelink::python {

namespace {

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

void check_mapping(PyObject* result, const char* accepted) {
  if (PyMapping_Check(result) == 0 || PyUnicode_Check(result) != 0)
    raise_wrong_type("credential_provider: its result", result, accepted);
}

template <class Credential>
void parse_expiry(PyObject* result, Credential& credential) {
  if (const Ref expires_at = optional_item(result, "expires_at"))
    credential.expires_at = expiry(expires_at.get());
}

void parse_credential(PyObject* result, AwsCredential& credential) {
  check_mapping(result, "a dict with access_key_id, secret_access_key, token and expires_at");
  credential.access_key_id = text_item(result, "access_key_id", true);
  credential.secret_access_key = text_item(result, "secret_access_key", true);
  credential.session_token = text_item(result, "token", false);
  parse_expiry(result, credential);
}

void parse_credential(PyObject* result, BearerToken& credential) {
  check_mapping(result, "a dict with token and expires_at");
  credential.token = text_item(result, "token", true);
  parse_expiry(result, credential);
}

// The query of a SAS, as text or in pieces.
std::string sas_item(PyObject* result) {
  const Ref item = optional_item(result, "sas_token");
  if (!item) return {};
  const std::string what = "credential_provider: 'sas_token' of its result";
  if (PyUnicode_Check(item.get()) != 0) return to_utf8(item.get());
  const Ref pairs = Ref::steal(PySequence_List(item.get()));
  codec::QueryItems items;
  for (Py_ssize_t i = 0; pairs && i < PyList_Size(pairs.get()); ++i) {
    PyObject* pair = PyList_GetItem(pairs.get(), i);
    if (PyTuple_Check(pair) == 0 || PyTuple_Size(pair) != 2)
      raise_wrong_type(what, item.get(), "str or a list of (str, str)");
    items.emplace_back(expect_text(what, PyTuple_GetItem(pair, 0)),
                       expect_text(what, PyTuple_GetItem(pair, 1)));
  }
  if (!pairs) {
    PyErr_Clear();
    raise_wrong_type(what, item.get(), "str or a list of (str, str)");
  }
  return codec::encode_query(items);
}

void parse_credential(PyObject* result, AzureCredential& credential) {
  check_mapping(result, "a dict with access_key, sas_token or token, and expires_at");
  credential.access_key = text_item(result, "access_key", false);
  credential.sas_token = sas_item(result);
  credential.bearer_token = text_item(result, "token", false);
  parse_expiry(result, credential);
}

// The Python exception that is set, as an Error that has it as its cause.
Error provider_error() {
  const TakenError taken;
  ErrorDetails details;
  const bool ends_the_program = taken.matches(PyExc_KeyboardInterrupt) || taken.matches(PyExc_SystemExit);
  details.kind = ends_the_program ? ErrorKind::cancelled : ErrorKind::unauthenticated;
  details.message = "the credential provider failed: " + taken.message();
  details.cause = python_cause(taken.value());
  return Error(std::move(details));
}

template <class Credential>
Credential call_provider(PyObject* provider) {
  const GilHeld gil;
  try {
    Ref result = checked(PyObject_CallNoArgs(provider));
    if (attribute_or_none(result.get(), "__await__")) result = run_awaitable(result.get());
    Credential credential;
    parse_credential(result.get(), credential);
    return credential;
  } catch (const ErrorAlreadySet&) {
    throw provider_error();
  }
}

template <class Credential>
Task<Credential> ask_provider(SharedRef provider) {
  // A named lambda that is moved: GCC 12 destroys one with captures twice if it stands in the await itself.
  auto call = [provider] { return call_provider<Credential>(provider.get()); };
  co_return co_await run_blocking(std::move(call));
}

template <class Credential, class Options>
void set_provider(Options& options, PyObject* provider) {
  if (const Ref given = attribute_or_none(provider, "refresh_threshold"); given && !given.is_none()) {
    const std::string what = "credential_provider.refresh_threshold";
    if (!is_timedelta(given.get())) raise_wrong_type(what, given.get(), "datetime.timedelta", true);
    options.credential_refresh_threshold = from_timedelta(what, given.get());
  }
  options.credential_provider = [provider = share(provider)] { return ask_provider<Credential>(provider); };
}

}  // namespace

void set_credential_provider(S3Options& options, PyObject* provider) {
  set_provider<AwsCredential>(options, provider);
}

void set_credential_provider(GcsOptions& options, PyObject* provider) {
  set_provider<BearerToken>(options, provider);
}

void set_credential_provider(AzureOptions& options, PyObject* provider) {
  set_provider<AzureCredential>(options, provider);
}

}  // namespace storelink::python
