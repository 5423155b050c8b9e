// The state of one multipart upload.
#pragma once

#include <memory>
#include <string>

#include "cloud/service.hpp"
#include "storelink/object_store.hpp"

namespace storelink::cloud {

// Starts an upload. Parts may be put in any order and at once; see MultipartUpload for the contract.
// * complete(): the parts must be 0 … n-1 and none may be under way; otherwise Error(generic) names what is
//   missing and the upload stays open. Without parts the upload is aborted and an empty object is put. An
//   answer that was lost is looked for: if the object has the etag that the parts make, it was completed.
// * abort(): a second one, or one of an upload that the service no longer has, does nothing. Error(generic)
//   after complete().
// * Destroying an unfinished upload aborts it in the background, except in a child of fork().
Task<std::unique_ptr<MultipartUpload>> start_multipart_async(SharedService service, MultipartRequest request);

// 16 random hexadecimal digits.
std::string random_id();

// Copies `from` to `to` by way of an upload with one part, only where `to` does not exist.
Task<void> copy_by_multipart_async(SharedService service, std::string from, std::string to);

}  // namespace storelink::cloud
