#include "runtime_way/library.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "storelink/abi.hpp"
#include "storelink/storelink.hpp"
#include "support/run_task.hpp"

namespace {

using namespace storelink;

void expect(bool good, const char* what) {
  if (!good) throw Error(ErrorKind::generic, std::string("not so: ") + what);
}
#define EXPECT(condition) expect((condition), #condition)

template <class Run>
void use(ObjectStore& store, Run run) {
  run(store.put_async(PutRequest("a/1", Bytes::copy("0123456789"))));
  EXPECT(run(store.get_async(GetRequest("a/1", GetRange::bounded(2, 4)))).body.view() == "23");
  EXPECT(run(store.get_ranges_async("a/1", {{8, 10}, {0, 1}})).at(0).view() == "89");
  std::array<std::byte, 10> buffer{};
  GetRequest into("a/1");
  into.sink = Sink::into;
  into.buffer = buffer;
  EXPECT(run(store.get_async(std::move(into))).end == 10);
  EXPECT(std::memcmp(buffer.data(), "0123456789", 10) == 0);
  GetRequest streamed("a/1");
  streamed.sink = Sink::stream;
  auto stream = run(store.get_async(std::move(streamed))).stream;
  EXPECT(run(stream->collect_async(10)).view() == "0123456789");

  auto upload = run(store.start_multipart_async(MultipartRequest("a/2")));
  run(upload->put_part_async(1, Bytes::copy("b")));
  run(upload->put_part_async(0, Bytes::copy("a")));
  run(upload->complete_async());
  run(store.copy_async(CopyRequest("a/2", "b")));
  run(store.rename_async(CopyRequest("b", "c")));
  EXPECT(run(store.list_async(ListRequest())).objects.size() == 3);

  try {
    (void)run(store.get_async(GetRequest("missing")));
    EXPECT(!"missing");
  } catch (const Error& error) {
    EXPECT(error.kind() == ErrorKind::not_found);
  }
  // More than one at a time.
  std::function<Task<void>(std::size_t)> body = [&store](std::size_t) {
    return [](ObjectStore* from) -> Task<void> {
      GetRequest request("c");
      const GetResult got = co_await from->get_async(std::move(request));
      EXPECT(got.body.view() == "ab");
    }(&store);
  };
  run(for_each_concurrent(64, 8, std::move(body)));
  const auto failures = run(store.delete_many_async({"a/1", "a/2", "c"}));
  EXPECT(std::none_of(failures.begin(), failures.end(),
                      [](const auto& failure) { return failure.has_value(); }));
  EXPECT(run(store.list_async(ListRequest())).objects.empty());
}

}  // namespace

const sl_runtime* library_runtime() {
  return sl_get_runtime();
}

void library_use(const sl_store* exported, char* text, std::size_t size) {
  std::string failure;
  try {
    const auto store = import_store(exported);
    use(*store, [](auto task) { return drive(std::move(task)); });
    use(*store, [](auto task) { return testing::run_in_background(std::move(task)); });
  } catch (const std::exception& error) {
    failure = error.what();
  }
  failure.resize(std::min(failure.size(), size - 1));
  std::memcpy(text, failure.c_str(), failure.size() + 1);
}
