// Large puts as multipart uploads.
#pragma once

#include <algorithm>
#include <exception>

#include "storelink/object_store.hpp"

namespace storelink {

namespace detail {
inline constexpr std::size_t most_parts = 10'000;  // S3's limit

// `part_size`, or more where there would be too many parts.
inline std::size_t sufficient_part_size(std::size_t part_size, std::size_t whole) {
  return std::max(part_size, (whole + most_parts - 1) / most_parts);
}
}  // namespace detail

inline Task<PutResult> upload_async(std::shared_ptr<ObjectStore> store, PutRequest request,
                                    UploadOptions options) {
  if (options.part_size == 0)
    throw Error(ErrorKind::generic, "part_size is 0; accepted is any number of bytes from 1")
        .at({}, request.path);
  const bool one_put = request.mode.kind != PutMode::Kind::overwrite || !request.headers.empty();
  if (request.body.size() <= options.part_size || one_put) {
    PutResult single = co_await store->put_async(std::move(request));
    co_return single;
  }
  options.part_size = detail::sufficient_part_size(options.part_size, request.body.size());
  MultipartRequest start(request.path);
  start.attributes = request.attributes;
  start.tags = request.tags;
  std::unique_ptr<MultipartUpload> upload;
  try {
    upload = co_await store->start_multipart_async(std::move(start));
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::not_supported) throw;
  }
  if (!upload) {
    // In one piece, then; what else the store lacks is refused here.
    PutResult single = co_await store->put_async(std::move(request));
    co_return single;
  }

  std::exception_ptr failure;
  PutResult result;
  try {
    const std::size_t parts = (request.body.size() + options.part_size - 1) / options.part_size;
    std::function<Task<void>(std::size_t)> put_one = [&upload, &request, &options](std::size_t index) {
      return upload->put_part_async(index, request.body.slice(index * options.part_size, options.part_size));
    };
    co_await for_each_concurrent(parts, options.concurrency, std::move(put_one));
    result = co_await upload->complete_async();
  } catch (...) {
    failure = std::current_exception();
  }
  if (failure) {
    // A cancelled operation cannot await more: dropping the upload then aborts it in the background.
    try {
      co_await upload->abort_async();
    } catch (...) {
    }
    std::rethrow_exception(failure);
  }
  co_return result;
}

}  // namespace storelink
