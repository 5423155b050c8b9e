#include "credentials.hpp"

#include <algorithm>
#include <cmath>

#include "base/blocking.hpp"
#include "call_arguments.hpp"

namespace storelink::python {

namespace {

// Runs coroutines on one loop in a thread of its own, so that a provider can keep an HTTP session between
// calls, and a blocking call inside a running loop does not disturb that one. A forked child makes its own.
constexpr const char* loop_source = R"(
import asyncio
import os
import threading

_lock = threading.Lock()
_loop = None
_pid = None


def _serve(loop):
    asyncio.set_event_loop(loop)
    loop.run_forever()


def _private_loop():
    global _lock, _loop, _pid
    if _pid != os.getpid():
        _lock, _loop, _pid = threading.Lock(), None, os.getpid()
    with _lock:
        if _loop is None:
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_serve, args=(_loop,), name="storelink-credentials", daemon=True).start()
        return _loop


async def _wait_for(awaitable):
    return await awaitable


def run(awaitable):
    return asyncio.run_coroutine_threadsafe(_wait_for(awaitable), _private_loop()).result()
)";

PyObject* run_awaitable_function() {
  static PyObject* const function = [] {
    const Ref globals = checked(PyDict_New());
    check(PyDict_SetItemString(globals.get(), "__builtins__", PyEval_GetBuiltins()));
    const Ref code =
        checked(Py_CompileString(loop_source, "<storelink credential providers>", Py_file_input));
    (void)checked(PyEval_EvalCode(code.get(), globals.get(), globals.get()));
    return Py_NewRef(PyDict_GetItemString(globals.get(), "run"));
  }();
  return function;
}

// The mapping's item, or empty where there is none or it is None.
Ref optional_item(PyObject* mapping, const char* key) {
  Ref item = Ref::steal(PyMapping_GetItemString(mapping, key));
  if (!item) {
    if (PyErr_ExceptionMatches(PyExc_KeyError) == 0) throw ErrorAlreadySet{};
    PyErr_Clear();
  }
  return item.is_none() ? Ref() : item;
}

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
  const Ref seconds = checked(PyObject_CallMethod(datetime, "timestamp", nullptr));
  const double value = PyFloat_AsDouble(seconds.get());
  if (PyErr_Occurred() != nullptr) throw ErrorAlreadySet{};
  // Times beyond what nanoseconds can count (the year 2262) mean "never" anyway.
  constexpr double limit = 9.2e9;
  const double clamped = std::min(std::max(value, -limit), limit);
  return Timestamp(std::chrono::nanoseconds(std::llround(clamped * 1e6) * 1000));
}

AwsCredential parse_credential(PyObject* result) {
  if (PyMapping_Check(result) == 0 || PyUnicode_Check(result) != 0)
    raise_wrong_type("credential_provider: its result", result,
                     "a dict with access_key_id, secret_access_key, token and expires_at");
  AwsCredential credential;
  credential.access_key_id = text_item(result, "access_key_id", true);
  credential.secret_access_key = text_item(result, "secret_access_key", true);
  credential.session_token = text_item(result, "token", false);
  if (const Ref expires_at = optional_item(result, "expires_at"))
    credential.expires_at = expiry(expires_at.get());
  return credential;
}

// The Python exception that is set, as an Error that has it as its cause.
Error provider_error() {
  const TakenError taken;
  ErrorDetails details;
  const bool ends_the_program = taken.matches(PyExc_KeyboardInterrupt) || taken.matches(PyExc_SystemExit);
  details.kind = ends_the_program ? ErrorKind::cancelled : ErrorKind::unauthenticated;
  details.message = "the credential provider failed: " + taken.message();
  details.cause = std::make_exception_ptr(ForeignException(share(taken.value())));
  return Error(std::move(details));
}

AwsCredential call_provider(PyObject* provider) {
  const GilHeld gil;
  try {
    Ref result = checked(PyObject_CallNoArgs(provider));
    if (attribute_or_none(result.get(), "__await__"))
      result = checked(PyObject_CallFunctionObjArgs(run_awaitable_function(), result.get(), nullptr));
    return parse_credential(result.get());
  } catch (const ErrorAlreadySet&) {
    throw provider_error();
  }
}

Task<AwsCredential> ask_provider(SharedRef provider) {
  // A named lambda that is moved: GCC 12 destroys one with captures twice if it stands in the await itself.
  auto call = [provider] { return call_provider(provider.get()); };
  co_return co_await run_blocking(std::move(call));
}

}  // namespace

void set_credential_provider(S3Options& options, PyObject* provider) {
  if (const Ref given = attribute_or_none(provider, "refresh_threshold"); given && !given.is_none()) {
    const std::string what = "credential_provider.refresh_threshold";
    if (!is_timedelta(given.get())) raise_wrong_type(what, given.get(), "datetime.timedelta", true);
    options.credential_refresh_threshold = from_timedelta(what, given.get());
  }
  options.credential_provider = [provider = share(provider)] { return ask_provider(provider); };
}

}  // namespace storelink::python
