#include "cloud/bulk_delete.hpp"

#include <unordered_map>

namespace storelink::cloud {

namespace {

constexpr std::size_t requests_at_a_time = 10;

// The work of one call. Batches write to different elements of `errors`.
struct Work {
  Work(SharedService s, std::vector<std::string> k)
      : service(std::move(s)), keys(std::move(k)), errors(keys.size()) {}
  const SharedService service;
  const std::vector<std::string> keys;
  std::vector<std::optional<Error>> errors;
  std::vector<std::vector<std::size_t>> batches;  // indices into keys; those of one key are deleted singly
};

void make_batches(Work& work) {
  const Dialect& dialect = *work.service->dialect;
  const std::size_t limit = dialect.bulk_delete_limit();
  std::vector<std::size_t> batch;
  for (std::size_t i = 0; i < work.keys.size(); ++i) {
    try {
      dialect.check_key(work.keys[i]);
    } catch (const Error& error) {
      work.errors[i] = error.at(work.service->name, work.keys[i]);
      continue;
    }
    if (limit == 0 || !dialect.can_bulk_delete(work.keys[i])) {
      work.batches.emplace_back(1, i);
      continue;
    }
    batch.push_back(i);
    if (batch.size() == limit) work.batches.push_back(std::exchange(batch, {}));
  }
  if (!batch.empty()) work.batches.push_back(std::move(batch));
}

Task<void> delete_batch(Work* work, const std::vector<std::size_t>* batch) {
  const Service& service = *work->service;
  std::vector<std::string_view> keys;
  keys.reserve(batch->size());
  for (const std::size_t index : *batch) keys.emplace_back(work->keys[index]);
  HttpRequest request = service.dialect->remove_many(keys);
  http::SendOptions options;
  options.error_in_success = true;
  HttpResponse response = co_await send_async(&service, std::move(request), options);
  if (!is_success(response)) throw service.error(Situation("bulk delete", service.name, {}), response);

  const std::vector<DeleteFailure> failures = service.dialect->parse_remove_many(response, keys);
  if (failures.empty()) co_return;
  std::unordered_map<std::string_view, const DeleteFailure*> by_key;
  for (const DeleteFailure& failure : failures) by_key.emplace(failure.key, &failure);
  std::size_t matched = 0;
  for (const std::size_t index : *batch) {
    const auto found = by_key.find(work->keys[index]);
    if (found == by_key.end()) continue;
    ++matched;
    const Error error = service.error(Situation("delete", service.name, work->keys[index]), *found->second);
    if (error.kind() != ErrorKind::not_found || is_about_bucket(found->second->code))
      work->errors[index] = error;
  }
  // An error about a key that was not sent must not look like success.
  if (matched < by_key.size())
    throw service.error(Situation("bulk delete", service.name, {}), failures.front());
}

Task<void> delete_single(Work* work, std::size_t index) {
  try {
    co_await delete_one_async(work->service, work->keys[index]);
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_found) throw;
  }
}

Task<void> run_batch(Work* work, std::size_t number) {
  const std::vector<std::size_t>& batch = work->batches[number];
  try {
    if (batch.size() == 1) {
      co_await delete_single(work, batch.front());
    } else {
      co_await delete_batch(work, &batch);
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
    for (const std::size_t index : batch) {
      if (!work->errors[index]) work->errors[index] = error.at(work->service->name, work->keys[index]);
    }
  }
}

}  // namespace

Task<void> delete_one_async(SharedService service, std::string key) {
  HttpRequest request = service->dialect->remove(key);
  HttpResponse response = co_await send_async(service.get(), std::move(request), http::SendOptions());
  if (!is_success(response)) throw service->error(Situation("delete", service->name, key), response);
}

Task<std::vector<std::optional<Error>>> delete_many_async(SharedService service,
                                                          std::vector<std::string> keys) {
  Work work(std::move(service), std::move(keys));
  make_batches(work);
  Work* shared = &work;
  std::function<Task<void>(std::size_t)> body = [shared](std::size_t number) {
    return run_batch(shared, number);
  };
  co_await for_each_concurrent(work.batches.size(), requests_at_a_time, std::move(body));
  co_return std::move(work.errors);
}

}  // namespace storelink::cloud
