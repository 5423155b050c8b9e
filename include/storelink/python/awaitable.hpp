// Python awaitables from C++ coroutines, for any binding library; nanobind users include nanobind.hpp
// instead.
//
// The coroutine starts when into_awaitable() is called, not when Python awaits the result, and runs on the
// thread pool: it and whatever it awaits may compute and block without holding up requests, the asyncio loop
// or other Python threads, and it must leave Python alone. Cancelling the awaitable in Python sets off its
// stop token; Python sees CancelledError at once, the coroutine ends in its own time.
//
// What the coroutine holds (parameters, locals) is destroyed where it ends, without the GIL. Anything of
// Python that has to live as long as the operation, such as an object whose buffer it fills, belongs in
// `convert`: that is called and destroyed with the GIL.
#pragma once

#include <Python.h>

#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <stop_token>
#include <type_traits>
#include <utility>
#include <variant>

#include "storelink/python/awaitable.h"
#include "storelink/python/toolkit.hpp"
#include "storelink/task.hpp"

namespace storelink::python {

enum class Start : std::uint8_t {
  on_executor,  // on the thread pool, from its first line
  // Up to its first wait on the calling thread, with the GIL; from there on the thread pool. For verbs of a
  // store as they are: they never block, and an operation that is over at once, as a MemoryStore's always
  // is, completes its await without going through the asyncio loop.
  in_place,
  // As in_place, but from its first wait on the background I/O loop, which saves a hop between threads. For
  // tasks of the library's own verbs that do next to nothing in between: requests wait while they compute.
  on_loop,
};

// Sets the Python exception that stands for one of the binding library's own; false for any other.
using TranslateException = bool (*)(const std::exception_ptr& failure) noexcept;

namespace detail {

inline void set_exception(const std::exception_ptr& failure, TranslateException translate) noexcept {
  if ((translate != nullptr && translate(failure)) || set_python_exception(failure)) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::out_of_range& error) {
    PyErr_SetString(PyExc_IndexError, error.what());
  } catch (const std::invalid_argument& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::domain_error& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::length_error& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::range_error& error) {
    PyErr_SetString(PyExc_ValueError, error.what());
  } catch (const std::overflow_error& error) {
    PyErr_SetString(PyExc_OverflowError, error.what());
  } catch (const std::exception& error) {
    PyErr_SetString(PyExc_RuntimeError, error.what());
  } catch (...) {
    PyErr_SetString(PyExc_RuntimeError, "an unknown C++ exception");
  }
}

// A coroutine on its way to its awaitable, and the context in which it runs.
class Operation : public Context {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  Executor& executor() override { return executor_; }
  std::stop_token stop_token() const noexcept override { return stop_.get_token(); }

 protected:
  explicit Operation(Start start)
      : executor_(start == Start::on_loop ? storelink::detail::background_executor() : thread_pool()) {}
  ~Operation() override = default;

  bool stopped() const noexcept { return stop_.stop_requested(); }

  // A pending awaitable that complete() completes. Null with a Python exception set, and the operation
  // stopped.
  PyObject* make_pending() noexcept {
    PyObject* awaitable = sl_awaitable_new(
        [](void* self) { static_cast<Operation*>(self)->stop_.request_stop(); }, this, &completion_);
    if (awaitable == nullptr) stop_.request_stop();
    return awaitable;
  }
  void complete(PyObject* (*finish)(void* self), void* self) noexcept {
    sl_awaitable_complete(completion_, finish, self);
  }

  // Between the thread where the coroutine ends and the one that makes its awaitable.
  enum class Stage : std::uint8_t {
    started,
    ended,      // there is an outcome
    awaited,    // there is an awaitable
    abandoned,  // there will be none: out of memory
  };
  std::atomic<Stage> stage{Stage::started};

 private:
  Executor& executor_;
  std::stop_source stop_;
  sl_completion* completion_ = nullptr;
};

template <class T, class Convert>
class OperationOf final : public Operation {
 public:
  OperationOf(Task<T> task, Convert to_python, Start start, TranslateException translate)
      : Operation(start), task_(std::move(task)), convert_(std::move(to_python)), translate_(translate) {}
  ~OperationOf() override = default;

  static PyObject* on_executor(std::unique_ptr<OperationOf> self) {
    self->stage = Stage::awaited;
    PyObject* awaitable = self->make_pending();
    if (awaitable != nullptr) thread_pool().post([started = self.release()] { started->start(); });
    return awaitable;
  }

  static PyObject* in_place(std::unique_ptr<OperationOf> owned) {
    OperationOf* self = owned.release();
    self->start();
    if (self->stage.load(std::memory_order_acquire) == Stage::ended) return sl_awaitable_done(finish(self));
    PyObject* awaitable = self->make_pending();
    const Stage next = awaitable != nullptr ? Stage::awaited : Stage::abandoned;
    if (self->stage.exchange(next, std::memory_order_acq_rel) == Stage::ended) {
      if (awaitable != nullptr)
        self->complete(&finish, self);
      else
        delete self;
    }
    return awaitable;
  }

 private:
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  void start() {
    task_.start(*this, [](void* self) noexcept { static_cast<OperationOf*>(self)->ended(); }, this);
  }

  void ended() noexcept {
    try {
      if constexpr (std::is_void_v<T>) {
        task_.result();
        value_.emplace();
      } else {
        value_.emplace(task_.result());
      }
    } catch (...) {
      failure_ = std::current_exception();
    }
    task_ = Task<T>();
    if (stopped()) value_.reset();  // nobody wants it
    // Who makes the awaitable goes on from here, unless it is there already. For one that could not be made
    // nothing is left to do, and this stays as it is: `convert_` cannot be destroyed here, without the GIL.
    if (stage.exchange(Stage::ended, std::memory_order_acq_rel) == Stage::awaited) complete(&finish, this);
  }

  // With the GIL; frees the operation.
  static PyObject* finish(void* object) {
    const std::unique_ptr<OperationOf> self(static_cast<OperationOf*>(object));
    if (self->stopped()) {  // the awaitable was cancelled
      PyThreadState* const thread = PyEval_SaveThread();
      self->value_.reset();
      PyEval_RestoreThread(thread);
      return Py_NewRef(Py_None);
    }
    try {
      if (self->failure_) std::rethrow_exception(self->failure_);
      if constexpr (std::is_void_v<T>)
        return self->convert_();
      else
        return self->convert_(std::move(*self->value_));
    } catch (...) {
      set_exception(std::current_exception(), self->translate_);
      return nullptr;
    }
  }

  Task<T> task_;
  std::optional<Value> value_;
  std::exception_ptr failure_;
  Convert convert_;
  const TranslateException translate_;
};

}  // namespace detail

// Starts the task and returns an awaitable for its result: a new reference, or null with a Python exception
// set. Needs the GIL. See awaitable.h for what the awaitable can do.
//
// `convert(T&&)`, or `convert()` where T is void, makes the Python object: a new reference, or null with a
// Python exception set; it may throw. It is called once, with the GIL, unless the awaitable was cancelled.
// An exception of the task or of `convert` becomes what `translate` makes of it, else what
// set_python_exception() does; the standard library's become the Python ones that binding libraries use.
template <class T, class Convert>
PyObject* into_awaitable(Task<T> task, Convert convert, Start start = Start::on_executor,
                         TranslateException translate = nullptr) {
  using Operation = detail::OperationOf<T, Convert>;
  auto operation = std::make_unique<Operation>(std::move(task), std::move(convert), start, translate);
  switch (start) {
    case Start::on_executor: return Operation::on_executor(std::move(operation));
    case Start::in_place:
    case Start::on_loop: return Operation::in_place(std::move(operation));
  }
  return nullptr;
}

}  // namespace storelink::python
