// Calling Python functions, synchronous or asynchronous, from tasks.
//
// The GIL is taken for each call and for turning its result into C++ values, where blocking is allowed: on
// the caller's own thread, else on the thread pool. Nothing holds it across an await.
#pragma once

#include "base/blocking.hpp"
#include "errors_from_python.hpp"
#include "event_loop_thread.hpp"

namespace storelink::python {

// Runs `body` with the GIL. What Python raises in it is thrown as Error; see throw_python_error().
template <class F>
std::invoke_result_t<F> with_python(F& body) {
  const EnteredPython entered;
  if (!entered) throw Error(ErrorKind::cancelled, "the interpreter is ending");
  // What ended another call of this thread, such as KeyboardInterrupt, waits for the caller in Python.
  if (PyErr_Occurred() != nullptr) throw Error(ErrorKind::cancelled, "the call was interrupted");
  try {
    return body();
  } catch (const ErrorAlreadySet&) {
    throw_python_error();
  }
}

// with_python() where blocking is allowed.
template <class F>
Task<std::invoke_result_t<F>> in_python(F body) {
  Context& context = *co_await current_context();
  context.check();
  auto work = [&body] { return with_python(body); };
  co_return co_await run_blocking(std::move(work));
}

// A function, or none.
struct PythonFunction {
  PythonFunction() {}
  PythonFunction(SharedRef f, std::string n, bool a)
      : object(std::move(f)), name(std::move(n)), asynchronous(a) {}
  explicit operator bool() const noexcept { return object != nullptr; }
  SharedRef object;
  std::string name;           // for messages
  bool asynchronous = false;  // its result is awaited on the private event loop
};

// The method `name` of the object, or else `name`_async, or none; the other way round where that is asked
// for. Needs the GIL.
PythonFunction find_method(PyObject* object, const std::string& name, bool asynchronous_first = false);

// A function of the module builtins. Needs the GIL.
PythonFunction builtin_function(const char* name, bool asynchronous);

// The arguments of a call, as they are put together with the GIL: a tuple, and a dict or nothing.
struct PythonArguments {
  PythonArguments() {}
  explicit PythonArguments(Ref tuple, Ref dict = Ref()) : args(std::move(tuple)), kwargs(std::move(dict)) {}
  Ref args;
  Ref kwargs;
};

// Calls `function` with what `prepare()` gives (PythonArguments), and returns what `convert` makes of its
// result (a borrowed PyObject*). Both run with the GIL; what they return must not need it to be destroyed.
template <class Prepare, class Convert>
Task<std::invoke_result_t<Convert, PyObject*>> call(PythonFunction function, Prepare prepare,
                                                    Convert convert) {
  if (!function.asynchronous) {
    auto work = [&function, &prepare, &convert] {
      const PythonArguments given = prepare();
      const Ref result = call_python(function.object.get(), given.args.get(), given.kwargs.get());
      return convert(result.get());
    };
    co_return co_await in_python(std::move(work));
  }
  auto pack = [&prepare] {
    const PythonArguments given = prepare();
    return CallValues(share(given.args.get()), share(given.kwargs.get()));
  };
  CallValues values = co_await in_python(std::move(pack));
  const SharedRef result = co_await await_on_loop(function.object, std::move(values));
  auto unpack = [&convert, &result] { return convert(result.get()); };
  co_return co_await in_python(std::move(unpack));
}

}  // namespace storelink::python
