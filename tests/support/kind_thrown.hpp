// What an action fails with.
#pragma once

#include <gtest/gtest.h>

#include "storelink/error.hpp"

namespace storelink::testing {

// The kind of the Error that `action` throws; generic test failure when it throws none.
template <class Action>
ErrorKind kind_thrown(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.kind();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorKind::generic;
}

}  // namespace storelink::testing
