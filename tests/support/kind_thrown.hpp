// What an action fails with.
#pragma once

#include <gtest/gtest.h>

#include "storelink/error.hpp"

namespace storelink::testing {

// The Error that `action` throws; a test failure when it throws none.
template <class Action>
Error error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "nothing was thrown";
  return Error(ErrorKind::generic, "");
}

// Its kind.
template <class Action>
ErrorKind kind_thrown(const Action& action) {
  return error_of(action).kind();
}

}  // namespace storelink::testing
