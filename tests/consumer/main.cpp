#include <cstring>
#include <storelink/error.hpp>

int main() {
  const storelink::Error error(storelink::ErrorKind::not_found, "no such object");
  return std::strcmp(error.what(), "no such object");
}
