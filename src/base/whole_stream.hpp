// A body that is there already, as a stream.
#pragma once

#include <utility>

#include "storelink/object_store.hpp"

namespace storelink {

class WholeStream final : public BodyStream {
 public:
  explicit WholeStream(Bytes body) : body_(std::move(body)) {}
  Task<Bytes> next_async() override { co_return std::exchange(body_, Bytes()); }

 private:
  Bytes body_;
};

}  // namespace storelink
