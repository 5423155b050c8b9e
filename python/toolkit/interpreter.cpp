#include "interpreter.hpp"

#include <cxxabi.h>
#include <pthread.h>
#include <unistd.h>

#include <utility>

#include "base/inbox.hpp"
#include "base/runtime.hpp"

namespace storelink::python {

namespace {

// Nothing in it is waited for at exit or found in a forked child.
struct Dropped {
  Dropped() {
    pthread_atfork(nullptr, nullptr, [] { (void)dropped().inbox.take_all(); });
  }
  static Dropped& dropped() {
    static auto* const instance = new Dropped();
    return *instance;
  }
  Inbox<NeedsGil> inbox;
};

void destroy_dropped() {
  const EnteredPython entered;
  if (!entered) return;
  for (NeedsGil* object = Dropped::dropped().inbox.take_all(); object != nullptr;) {
    const NeedsGil* destroyed = std::exchange(object, object->next);
    delete destroyed;
  }
}

}  // namespace

void destroy_later(NeedsGil* object) noexcept {
  try {
    if (Dropped::dropped().inbox.put(object) == Inbox<NeedsGil>::Put::first)
      thread_pool().post(destroy_dropped);
  } catch (const std::exception&) {
    (void)Dropped::dropped().inbox.take_all();  // no memory for the work: what was to be destroyed is lost
  }
}

EnteredPython::EnteredPython() noexcept {
  if (use_) state_ = PyGILState_Ensure();
}

EnteredPython::~EnteredPython() {
  if (use_) PyGILState_Release(state_);
}

SharedRef share(PyObject* object) {
  if (object == nullptr) return nullptr;
  watch_interpreter_exit();
  return {Py_NewRef(object), [](PyObject* dropped) {
            const EnteredPython entered;
            if (entered) Py_DECREF(dropped);
          }};
}

SharedRef share_until_later(PyObject* object) {
  class Holder final : public NeedsGil {
   public:
    explicit Holder(PyObject* held) : held_(Ref::borrow(held)) {}

   private:
    const Ref held_;
  };
  watch_interpreter_exit();
  const std::shared_ptr<NeedsGil> holder(new Holder(object), &destroy_later);
  return {holder, object};
}

namespace {

// Calls what CPython may end this thread in, at the interpreter's end; the thread then sleeps for ever.
template <class Call>
auto outlive_interpreter(Call call) {
#ifdef __GLIBCXX__
  try {
    return call();
  } catch (const abi::__forced_unwind&) {
    for (;;) pause();
  }
#else
  return call();
#endif
}

}  // namespace

Ref call_python(PyObject* function, PyObject* args, PyObject* kwargs) {
  return checked(outlive_interpreter([=] { return PyObject_Call(function, args, kwargs); }));
}

void take_gil_back(PyThreadState* state) noexcept {
  outlive_interpreter([state] { PyEval_RestoreThread(state); });
}

}  // namespace storelink::python
