#include "cloud/errors.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "codec/text.hpp"

namespace storelink::cloud {

namespace {

constexpr std::size_t longest_message = 1000;

struct CodeRow {
  std::string_view code;
  int status;
};

constexpr std::array code_rows = {
    CodeRow{"AccessDenied", 403},
    CodeRow{"AllAccessDisabled", 403},
    CodeRow{"BucketAlreadyExists", 409},
    CodeRow{"ConditionalRequestConflict", 409},
    CodeRow{"ExpiredToken", 401},
    CodeRow{"InvalidAccessKeyId", 403},
    CodeRow{"InvalidRange", 416},
    CodeRow{"InvalidToken", 401},
    CodeRow{"MethodNotAllowed", 405},
    CodeRow{"NoSuchBucket", 404},
    CodeRow{"NoSuchKey", 404},
    CodeRow{"NoSuchUpload", 404},
    CodeRow{"NoSuchVersion", 404},
    CodeRow{"NotImplemented", 501},
    CodeRow{"OperationAborted", 409},
    CodeRow{"PreconditionFailed", 412},
    CodeRow{"RequestTimeTooSkewed", 403},
    CodeRow{"SignatureDoesNotMatch", 403},
    CodeRow{"TokenRefreshRequired", 401},
};

// The codes that services send with 400 although they are about credentials.
bool is_about_credentials(std::string_view code) {
  return code == "ExpiredToken" || code == "InvalidToken" || code == "TokenRefreshRequired";
}

ErrorKind kind_of(int status, const Situation& situation, std::string_view code) {
  if (status == 400 && is_about_credentials(code)) return ErrorKind::unauthenticated;
  switch (situation.condition) {
    case Condition::create:
      if (is_about_bucket(code)) break;
      if (status == 304 || status == 409 || status == 412 || status == situation.conflict_status)
        return ErrorKind::already_exists;
      break;
    case Condition::update:
      if (status == 409 || status == 412) return ErrorKind::precondition;
      if (status == 404 && !is_about_bucket(code)) return ErrorKind::precondition;
      break;
    case Condition::none: break;
  }
  switch (status) {
    case 304: return ErrorKind::not_modified;
    case 401: return ErrorKind::unauthenticated;
    case 403: return ErrorKind::permission_denied;
    case 404: return ErrorKind::not_found;
    case 412: return ErrorKind::precondition;
    case 501: return ErrorKind::not_implemented;
    default: return ErrorKind::generic;
  }
}

// What the user may check; empty where the service's own words are enough.
std::string advice(int status, const ServiceError& service, const HttpResponse& response) {
  const std::string_view code = service.code;
  if (code == "InvalidAccessKeyId") return "check the access key id and the endpoint";
  if (code == "SignatureDoesNotMatch")
    return "check the secret access key, the region and that no proxy changes the request";
  if (code == "NoSuchBucket") return "check the bucket's name and the endpoint";
  if (code == "ContainerNotFound") return "check the container's name, the account and the endpoint";
  if (code == "AuthenticationFailed")
    return "check the account's name, the key or token, and this machine's clock";
  if (code == "RequestTimeTooSkewed") return "check this machine's clock";
  if (is_about_credentials(code)) return "get new credentials";
  std::string region = service.region;
  if (const std::string* header = find_header(response.headers, "x-amz-bucket-region"); header != nullptr)
    region = *header;
  if (!region.empty() && (code == "AuthorizationHeaderMalformed" || status == 301 || status == 307))
    return fmt::format("set the region to {:?}", region);
  if (status >= 300 && status < 400 && status != 304)
    return "the service redirects to another address: check the endpoint and the region";
  if (status == 403 && code.empty()) return "check the credentials and their permissions";
  if (status == 401) return "check the credentials";
  return {};
}

std::string range_text(const GetRange& range) {
  switch (range.kind()) {
    case GetRange::Kind::all: return "the whole object";
    case GetRange::Kind::bounded: return fmt::format("{}..{}", range.start(), range.end());
    case GetRange::Kind::offset: return fmt::format("{}..", range.start());
    case GetRange::Kind::suffix: return fmt::format("the last {} bytes", range.suffix_length());
  }
  return {};
}

std::string past_the_end(const Situation& situation, const HttpResponse& response,
                         const ServiceError& service) {
  std::optional<std::uint64_t> size = service.object_size;
  if (const std::string* header = find_header(response.headers, "content-range"); header != nullptr) {
    if (const auto range = parse_content_range(*header)) size = range->size;
  }
  std::string message =
      fmt::format("the range {} starts past the end of the object", range_text(situation.range));
  if (size) message += fmt::format(", which has {} bytes", *size);
  return message;
}

// What the answer says, or what its status means to a reader who knows no HTTP.
std::string reason(int status, const HttpResponse& response, const ServiceError& service) {
  if (!service.code.empty()) {
    return service.message.empty() ? service.code : fmt::format("{}: {}", service.code, service.message);
  }
  switch (status) {
    case 304: return "the object is unchanged";
    case 401: return "the service did not accept the request's credentials";
    case 403: return "the service refused access";
    case 404: return "there is no such object or bucket";
    case 409: return "another operation on the object was in the way";
    case 412: return "a condition on the object did not hold";
    default: break;
  }
  const std::string_view body = codec::trim(response.body.view());
  // Not XML, not HTML: a short plain text is worth showing.
  if (!body.empty() && body.size() <= 200 && body.front() != '<') return std::string(body);
  return fmt::format("HTTP status {}", status);
}

Error compose(const Situation& situation, int status, ErrorKind kind, std::string_view text,
              std::string_view hint, std::string_view request_id) {
  ErrorDetails details;
  details.kind = kind;
  details.message = fmt::format("{} failed: {}", situation.verb, redact(text));
  while (details.message.ends_with('.')) details.message.pop_back();
  if (!hint.empty()) details.message += fmt::format(" ({})", hint);
  details.store = situation.store;
  details.path = situation.path;
  details.status = status;
  details.request_id = redact(request_id);
  return Error(std::move(details));
}

}  // namespace

int status_of_code(std::string_view code) noexcept {
  const auto row =
      std::find_if(code_rows.begin(), code_rows.end(), [code](const CodeRow& r) { return r.code == code; });
  return row == code_rows.end() ? 0 : row->status;
}

bool is_about_bucket(std::string_view code) noexcept {
  return code == "NoSuchBucket" || code == "ContainerNotFound" || code == "ContainerBeingDeleted";
}

Error make_error(const Situation& situation, const HttpResponse& response, const ServiceError& service,
                 const HeaderNames& names) {
  int status = response.status;
  // An error document in a 200 has no status of its own but its code's.
  if (status < 300 || status >= 500) {
    if (const int meant = status_of_code(service.code); meant != 0) status = meant;
  }
  const ErrorKind kind = service.kind ? *service.kind : kind_of(status, situation, service.code);
  std::string request_id = service.request_id;
  if (const std::string* header = find_header(response.headers, names.request_id); header != nullptr)
    request_id = *header;
  if (status == 416)
    return compose(situation, status, kind, past_the_end(situation, response, service), {}, request_id);
  return compose(situation, status, kind, reason(status, response, service),
                 advice(status, service, response), request_id);
}

Error make_code_error(const Situation& situation, const DeleteFailure& failure) {
  const int status = failure.status != 0 ? failure.status : status_of_code(failure.code);
  return compose(situation, status, kind_of(status, situation, failure.code),
                 fmt::format("{}: {}", failure.code, failure.message), {}, {});
}

std::string redact(std::string_view text) {
  // What follows these up to the next separator lets its holder in, or is half of what does.
  constexpr std::array<std::string_view, 8> marks = {
      "signature=",  "credential=",    "x-amz-security-token=", "sig=", "bearer ", "x-amz-security-token: ",
      "signature: ", "awsaccesskeyid="};
  std::string_view kept = text.substr(0, longest_message);
  if (kept.size() < text.size()) {
    // Never half a UTF-8 character.
    while (!kept.empty() && (static_cast<unsigned char>(text[kept.size()]) & 0xC0) == 0x80)
      kept.remove_suffix(1);
  }
  std::string out(kept);
  if (kept.size() < text.size()) out += "…";
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  for (const std::string_view mark : marks) {
    std::string lower = codec::to_lower(out);
    for (std::size_t at = lower.find(mark); at != std::string::npos; at = lower.find(mark, at)) {
      at += mark.size();
      const std::size_t end = std::min(out.find_first_of(" &,\"'<>;", at), out.size());
      out.replace(at, end - at, "REDACTED");
      lower = codec::to_lower(out);
    }
  }
  return out;
}

}  // namespace storelink::cloud
