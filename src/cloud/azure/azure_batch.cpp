#include "cloud/azure/azure_batch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "codec/text.hpp"

namespace storelink::cloud::azure {

namespace {

// No key in the body can hold it: keys are percent-encoded there.
constexpr std::string_view boundary = "batch_9f0c1d8e6b5a";
constexpr std::string_view batch_type = "multipart/mixed; boundary=";

// Takes what stands before `separator` off the text, and the separator.
std::string_view take(std::string_view& text, std::string_view separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + separator.size(), text.size()));
  return taken;
}

struct Part {
  std::optional<std::size_t> id;
  DeleteFailure outcome;
};

// One part: its own headers, then a response: status line, headers, an error document.
Part parse_part(std::string_view text) {
  Part part;
  std::string_view own = take(text, "\r\n\r\n");
  while (!own.empty()) {
    std::string_view value = take(own, "\r\n");
    const std::string_view name = take(value, ":");
    if (codec::iequals(name, "content-id")) part.id = codec::parse_number(codec::trim(value));
  }
  std::string_view head = take(text, "\r\n\r\n");
  std::string_view status_line = take(head, "\r\n");
  (void)take(status_line, " ");
  part.outcome.status = static_cast<int>(codec::parse_number(take(status_line, " ")).value_or(0));
  part.outcome.message = status_line;
  while (!head.empty()) {
    std::string_view value = take(head, "\r\n");
    const std::string_view name = take(value, ":");
    if (codec::iequals(name, "x-ms-error-code")) part.outcome.code = codec::trim(value);
  }
  return part;
}

}  // namespace

Headers delete_headers() {
  return {{"x-ms-delete-snapshots", "include"}};
}

HttpRequest batch_request(std::string url, const std::vector<std::string>& deleted) {
  HttpRequest request;
  request.method = "POST";
  request.url = std::move(url);
  request.headers.emplace_back("content-type", fmt::format("{}{}", batch_type, boundary));
  request.body = Bytes::adopt(fmt::format("{}", fmt::join(deleted, "\n")));
  return request;
}

bool is_batch(const HttpRequest& request) noexcept {
  const std::string* type = find_header(request.headers, "content-type");
  return request.method == "POST" && type != nullptr && type->starts_with(batch_type);
}

std::vector<HttpRequest> batch_parts(const HttpRequest& batch) {
  std::vector<HttpRequest> parts;
  std::string_view urls = batch.body.view();
  while (!urls.empty()) {
    HttpRequest& part = parts.emplace_back();
    part.method = "DELETE";
    part.url = take(urls, "\n");
    part.headers = delete_headers();
  }
  return parts;
}

std::string batch_body(const std::vector<HttpRequest>& parts) {
  std::string body;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    std::string_view target = parts[i].url;
    (void)take(target, "://");
    target.remove_prefix(std::min(target.find('/'), target.size()));
    body += fmt::format(
        "--{}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: "
        "{}\r\n\r\n{} {} HTTP/1.1\r\n",
        boundary, i, parts[i].method, target);
    for (const auto& [name, value] : parts[i].headers) body += fmt::format("{}: {}\r\n", name, value);
    body += "Content-Length: 0\r\n\r\n";
  }
  body += fmt::format("--{}--\r\n", boundary);
  return body;
}

std::vector<DeleteFailure> parse_batch(const HttpResponse& response, std::span<const std::string_view> keys) {
  const std::string* type = find_header(response.headers, "content-type");
  std::string_view parameters = type == nullptr ? std::string_view() : std::string_view(*type);
  (void)take(parameters, "boundary=");
  const std::string delimiter = "--" + std::string(codec::trim(parameters.substr(0, parameters.find(';'))));
  if (delimiter.size() == 2) throw Error(ErrorKind::generic, "the service's answer to a batch has no parts");

  std::vector<DeleteFailure> outcomes(keys.size());
  std::string_view text = response.body.view();
  (void)take(text, delimiter);
  while (!text.empty() && !text.starts_with("--")) {
    (void)take(text, "\r\n");
    Part part = parse_part(take(text, delimiter));
    // A batch that fails as a whole is answered by one part without id.
    if (part.id && *part.id < outcomes.size()) {
      outcomes[*part.id] = std::move(part.outcome);
    } else {
      std::fill(outcomes.begin(), outcomes.end(), part.outcome);
    }
  }

  std::vector<DeleteFailure> failures;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    DeleteFailure& outcome = outcomes[i];
    if (outcome.status >= 200 && outcome.status < 300) continue;
    outcome.key = keys[i];
    if (outcome.code.empty()) outcome.code = outcome.status == 0 ? "NoAnswer" : "Failed";
    if (outcome.status == 0)
      outcome.message = "the service's answer to the batch does not say what became of it";
    failures.push_back(std::move(outcome));
  }
  return failures;
}

}  // namespace storelink::cloud::azure
