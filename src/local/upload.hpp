// Multipart uploads onto the file system.
#pragma once

#include "local/directory.hpp"

namespace storelink::local {

// An upload whose staged file is made at once, so that a key that cannot be written is refused here. Makes
// blocking system calls.
std::unique_ptr<MultipartUpload> start_upload(std::shared_ptr<const Root> root, MultipartRequest request);

}  // namespace storelink::local
