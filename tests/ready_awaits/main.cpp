// A million awaits of tasks that are ready take constant stack: a program of headers only, so that it can be
// built and run quickly under every preset, at every level of optimisation.
#include <pthread.h>

#include <cstdio>

#include "storelink/task.hpp"

namespace {

using namespace storelink;

class Inline final : public Context, private Executor {
 public:
  Executor& executor() override { return *this; }

 private:
  void post(std::function<void()> work) override { work(); }
};

Task<int> one() {
  co_return 1;
}

Task<int> million() {
  int sum = 0;
  for (int i = 0; i < 1'000'000; ++i) sum += co_await one();
  co_return sum;
}

void* run(void* result) {
  Inline context;
  Task<int> task = million();
  task.start(context, [](void*) noexcept {}, nullptr);
  *static_cast<int*>(result) = task.result();
  return nullptr;
}

}  // namespace

int main() {
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, 256u << 10);
  pthread_t thread{};
  int sum = 0;
  if (pthread_create(&thread, &attributes, run, &sum) != 0) return 2;
  pthread_join(thread, nullptr);
  std::printf("%d\n", sum);
  return sum == 1'000'000 ? 0 : 1;
}
