// Blob Batch: many deletes in one request, each a part of a multipart/mixed body (RFC 2046) that holds a
// request with an authorization of its own.
//
// Source: "Blob Batch" in the Azure Storage REST API reference. Pure.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cloud/xml_listing.hpp"
#include "storelink/transport.hpp"

namespace storelink::cloud::azure {

inline constexpr std::size_t batch_limit = 256;  // requests

// Of a delete: its snapshots go with a blob, which could not be deleted without them.
Headers delete_headers();

// A batch before it is signed: its body is the URLs of what is to be deleted, one a line.
HttpRequest batch_request(std::string url, const std::vector<std::string>& deleted);

bool is_batch(const HttpRequest& request) noexcept;

// The requests of an unsigned batch.
std::vector<HttpRequest> batch_parts(const HttpRequest& batch);

// The body of a batch of these requests, as they are to be sent.
std::string batch_body(const std::vector<HttpRequest>& parts);

// The keys whose part of the answer is no success, or missing. Throws Error(generic) for an answer that is
// none to a batch.
std::vector<DeleteFailure> parse_batch(const HttpResponse& response, std::span<const std::string_view> keys);

}  // namespace storelink::cloud::azure
