#include "http/redirects.hpp"

#include <algorithm>

#include "codec/percent.hpp"
#include "codec/url.hpp"

namespace storelink::http {

namespace {

constexpr int most_redirects = 10;

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

// Of the headers of a get: what any server may see. Others may hold a secret.
bool is_harmless(std::string_view name) {
  constexpr std::string_view names[] = {
      "range", "if-match", "if-none-match", "if-modified-since", "accept-encoding", "if-unmodified-since"};
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Where `location` leads from `here`; nothing for what is no URL.
std::optional<codec::Url> target_of(const codec::Url& here, std::string location) {
  const std::string origin = here.scheme + "://" + here.authority();
  if (location.starts_with("//")) {
    location.insert(0, here.scheme + ":");
  } else if (location.starts_with('/')) {
    location.insert(0, origin);
  } else if (location.find("://") == std::string::npos) {
    location.insert(0, origin + here.path.substr(0, here.path.rfind('/') + 1));
  }
  try {
    codec::Url target = codec::parse_url(location);
    target.fragment.clear();
    return target;
  } catch (const Error&) {
    return {};
  }
}

class RedirectFollower final : public Transport {
 public:
  RedirectFollower(std::shared_ptr<Transport> inner, bool stays) : inner_(std::move(inner)), stays_(stays) {}

  Task<HttpResponse> send_async(HttpRequest request) override {
    for (int followed = 0;; ++followed) {
      HttpRequest sent = request;
      HttpResponse response = co_await inner_->send_async(std::move(sent));
      if (!is_redirect(response.status) || followed == most_redirects || !lead_on(request, response))
        co_return response;
    }
  }

 private:
  // Whether `request` is now the one to send next.
  bool lead_on(HttpRequest& request, HttpResponse& response) const {
    const std::string* location = find_header(response.headers, "location");
    if (location == nullptr || (request.method != "GET" && request.method != "HEAD")) return false;
    const codec::Url here = codec::parse_url(request.url);
    const std::optional<codec::Url> target = target_of(here, codec::encode_unprintable(*location));
    if (!target) return false;
    if (codec::percent_decode(target->path) == codec::percent_decode(here.path) + '/') {
      response.status = 404;
      return false;
    }
    if (target->scheme != "https" && (target->scheme != "http" || here.scheme != "http")) return false;
    if (target->scheme != here.scheme || target->authority() != here.authority()) {
      if (stays_) return false;
      std::erase_if(request.headers, [](const auto& header) { return !is_harmless(header.first); });
    }
    request.url = target->to_string();
    return true;
  }

  const std::shared_ptr<Transport> inner_;
  const bool stays_;
};

}  // namespace

std::shared_ptr<Transport> follow_redirects(std::shared_ptr<Transport> inner, bool stays) {
  return std::make_shared<RedirectFollower>(std::move(inner), stays);
}

}  // namespace storelink::http
