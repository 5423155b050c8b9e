// storelink._storelink: the store classes and exceptions of the Python package `storelink`.
#include "storelink/python/nanobind.hpp"

NB_MODULE(_storelink, m) {
  storelink::register_store_module(m, "storelink", "store");
  storelink::register_exceptions_module(m, "storelink", "exceptions");
}
