#include "cloud/webdav/webdav_store.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/background.hpp"
#include "base/list_page.hpp"
#include "cloud/bulk_delete.hpp"
#include "cloud/multipart.hpp"
#include "codec/digest.hpp"
#include "http/redirects.hpp"

namespace storelink {

namespace cloud::webdav {

namespace {

using http::Repeat;
using http::SendOptions;

// As LocalStore's own, so that either sees the same objects in one directory.
constexpr std::string_view staged_marker = ".storelink~";
constexpr std::size_t most_known = 10'000;
constexpr std::size_t requests_at_a_time = 10;

// The directory that a key or directory lies in: "a/" for "a/b" and "a/b/".
std::string parent_of(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return std::string(path.substr(0, path.rfind('/') + 1));
}

bool is_staged(std::string_view key) {
  return key.substr(key.rfind('/') + 1).starts_with(staged_marker);
}

// Whether there can be keys in this directory at all.
bool is_directory_name(std::string_view directory) {
  if (directory.empty()) return true;
  directory.remove_suffix(1);
  try {
    return !directory.empty() && parse_path(directory) == directory;
  } catch (const Error&) {
    return false;
  }
}

Error no_object() {
  return Error(ErrorKind::not_found, "there is a collection of this name and no object");
}

class BasicSigner final : public Signer {
 public:
  explicit BasicSigner(const WebDavConfig& config) : password_(config.password) {
    if (!config.user.empty() || !config.password.empty())
      credentials_ = codec::base64_encode(fmt::format("{}:{}", config.user, config.password));
  }
  Task<void> sign_async(HttpRequest* request) override {
    if (!credentials_.empty()) request->headers.emplace_back("authorization", "Basic " + credentials_);
    co_return;
  }
  Task<std::string> presign_async(std::string, std::string, std::chrono::seconds) override {
    throw Error(ErrorKind::not_supported, "web servers have no presigned URLs");
    co_return {};
  }
  void redact(std::string& text) const override {
    hide_secret(text, credentials_);
    hide_secret(text, password_);
  }

 private:
  const std::string password_;
  std::string credentials_;
};

}  // namespace

Task<HttpResponse> WebDavStore::send(HttpRequest request) {
  return send_async(service_.get(), std::move(request), SendOptions());
}

Task<bool> WebDavStore::make_collection(std::string url) {
  {
    const std::lock_guard lock(mutex_);
    if (known_.contains(url)) co_return true;
  }
  for (const bool again : {false, true}) {
    HttpRequest request = dialect_.make_collection(url);
    const HttpResponse response = co_await send(std::move(request));
    if (is_success(response) || response.status == 405) {
      const std::lock_guard lock(mutex_);
      if (known_.size() >= most_known) known_.clear();
      known_.insert(url);
      co_return true;
    }
    const bool orphan = response.status == 409 || response.status == 404;
    std::string above = parent_of(url);
    if (again || !orphan || dialect_.is_server_root(above)) co_return false;
    const bool is_there = co_await make_collection(std::move(above));
    if (!is_there) co_return false;
  }
  co_return false;
}

Task<HttpResponse> WebDavStore::send_into(HttpRequest request, std::string path, Repeat repeat) {
  // Made beforehand: where they are missing nginx says 500, as it does for what goes away by itself.
  const std::string collection = dialect_.collection_url(parent_of(path));
  (void)co_await make_collection(collection);
  HttpRequest first = request;
  HttpResponse response = co_await send_async(service_.get(), std::move(first), SendOptions(repeat));
  if (response.status != 409 && response.status != 404) co_return response;
  {
    // Somebody may have removed one.
    const std::lock_guard lock(mutex_);
    known_.clear();
  }
  (void)co_await make_collection(collection);
  HttpResponse second = co_await send_async(service_.get(), std::move(request), SendOptions(repeat));
  co_return second;
}

Task<bool> WebDavStore::is_collection(std::string path) {
  HttpRequest request = dialect_.describe(path);
  const HttpResponse response = co_await send(std::move(request));
  const int status = response.status;
  // Who is asked and does not say must not be taken for "no".
  const bool unsaid = status == 401 || status == 403 || status == 429 || (status >= 500 && status != 501);
  if (unsaid) throw service_->error(Situation("head", service_->name, path), response);
  co_return status == 207 && !dialect_.parse_list(response).common_prefixes.empty();
}

void WebDavStore::check_object_key(std::string_view path) const {
  dialect_.check_key(path);
  if (path.empty()) throw Error(ErrorKind::invalid_path, "the key is empty; only get and head take that one");
}

Task<void> WebDavStore::expect_object(std::string path) {
  const bool collection = co_await is_collection(std::move(path));
  if (collection) throw no_object();
}

Task<void> WebDavStore::expect_no_collection(std::string path) {
  const bool collection = co_await is_collection(path);
  if (collection)
    throw Error(ErrorKind::generic, "a collection has this name, and all that is in it would be lost")
        .at(service_->name, path);
}

Task<GetResult> WebDavStore::get_async(GetRequest request) {
  GetRequest asked = request;
  std::optional<Error> refused;
  try {
    GetResult result = co_await CloudStore::get_async(std::move(request));
    // Not every server looks at conditions. What it does not tell cannot be compared (RFC 9110,
    // section 13.1.3).
    if (result.meta.last_modified == Timestamp()) asked.if_modified_since = asked.if_unmodified_since = {};
    if (asked.if_match == "*") asked.if_match.reset();
    check_preconditions(asked, result.meta);
    co_return result;
  } catch (const Error& error) {
    // Some forbid a collection's name instead of saying that there is no such object.
    if (error.status() != 403) throw error.at(service_->name, asked.path);
    refused = error;
  }
  bool collection = false;
  try {
    collection = co_await is_collection(asked.path);
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::cancelled) throw;
  }
  if (!collection) throw Error(*refused);
  throw no_object().at(service_->name, asked.path);
}

Task<PutResult> WebDavStore::put_object(PutRequest request) {
  HttpRequest made = dialect_.put(request);
  append_given(made.headers, request.headers);
  const HttpResponse response = co_await send_into(std::move(made), request.path, Repeat::always);
  if (!is_success(response)) throw service_->error(Situation("put", service_->name, request.path), response);
  co_return parse_put_result(response.headers, dialect_.header_names());
}

Task<PutResult> WebDavStore::create_object(PutRequest request) {
  const std::string path = request.path;
  request.mode = PutMode::overwrite();
  request.path = fmt::format("{}{}{}", parent_of(path), staged_marker, random_id());
  const std::string staged = request.path;
  std::exception_ptr failure;
  try {
    (void)co_await put_object(std::move(request));
    CopyRequest move(staged, path, false);
    co_await send_transfer("MOVE", std::move(move));
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return PutResult();
  try {
    co_await delete_one_async(service_, staged);
  } catch (const Error& error) {
    // A cancelled operation cannot await more.
    if (error.kind() == ErrorKind::cancelled) spawn_background(delete_one_async(service_, staged));
  }
  std::rethrow_exception(failure);
}

Task<PutResult> WebDavStore::put_async(PutRequest request) {
  const std::string path = request.path;
  try {
    check_object_key(path);
    PutResult result;
    if (request.mode.kind == PutMode::Kind::create) {
      result = co_await create_object(std::move(request));
    } else {
      result = co_await put_object(std::move(request));
    }
    co_return result;
  } catch (const Error& error) {
    throw error.at(service_->name, path);
  }
}

Task<void> WebDavStore::delete_async(std::string path) {
  try {
    check_object_key(path);
    co_await expect_object(path);
    co_await delete_one_async(service_, path);
  } catch (const Error& error) {
    throw error.at(service_->name, path);
  }
}

Task<std::vector<std::optional<Error>>> WebDavStore::delete_many_async(std::vector<std::string> paths) {
  // CloudStore's own knows no collections.
  return ObjectStore::delete_many_async(std::move(paths));  // NOLINT(bugprone-parent-virtual-call)
}

Task<void> WebDavStore::send_transfer(std::string method, CopyRequest request) {
  HttpRequest made = dialect_.transfer(method, request);
  // A second MOVE would find no source.
  const bool repeatable = request.overwrite && method == "COPY";
  HttpResponse response =
      co_await send_into(std::move(made), request.to, repeatable ? Repeat::always : Repeat::if_not_arrived);
  if (is_success(response) && response.status != 207) co_return;
  if (response.status == 207) response.status = 500;  // some of it failed
  Situation situation(method, service_->name, request.from);
  if (response.status == 412 && !request.overwrite) {
    situation.condition = Condition::create;
    situation.path = request.to;
  }
  throw service_->error(situation, response);
}

Task<void> WebDavStore::transfer(std::string method, CopyRequest request) {
  try {
    check_object_key(request.from);
    check_object_key(request.to);
    co_await expect_object(request.from);
    if (request.from == request.to) {
      (void)co_await head_async(request.from);
      if (!request.overwrite) throw Error(ErrorKind::already_exists, "the object is its own target");
      co_return;
    }
    if (request.overwrite) co_await expect_no_collection(request.to);
    co_await send_transfer(std::move(method), request);
  } catch (const Error& error) {
    throw error.at(service_->name, request.from);
  }
}

Task<void> WebDavStore::copy_async(CopyRequest request) {
  return transfer("COPY", std::move(request));
}

Task<void> WebDavStore::rename_async(CopyRequest request) {
  return transfer("MOVE", std::move(request));
}

Task<ListPage> WebDavStore::propfind(std::string directory, bool deep) {
  ListRequest request(directory);
  request.delimiter = !deep;
  HttpRequest made = dialect_.list(request);
  const HttpResponse response = co_await send(std::move(made));
  if (response.status == 404) co_return ListPage();
  if (!is_success(response)) throw service_->error(Situation("list", service_->name, directory), response);
  co_return dialect_.parse_list(response);
}

Task<ListPage> WebDavStore::list_page_async(ListRequest request) {
  const std::string prefix = request.raw_prefix ? request.prefix : segment_prefix(request.prefix);
  std::vector<std::string> level(1, prefix.substr(0, prefix.rfind('/') + 1));
  ListPageBuilder builder(request);
  const auto add = [&builder](ListPage& page) {
    for (ObjectMeta& meta : page.objects)
      if (!is_staged(meta.path)) builder.add(std::move(meta));
  };
  try {
    if (!is_directory_name(level.front())) level.clear();
    bool infinity_refused = refuses_infinity_;
    if (!level.empty() && !request.delimiter && !infinity_refused) {
      try {
        ListPage all = co_await propfind(level.front(), true);
        add(all);
        level.clear();
      } catch (const Error& error) {
        // As RFC 4918, section 9.1, lets servers do.
        if (error.status() != 403) throw;
        infinity_refused = true;
      }
    }
    while (!level.empty()) {
      std::vector<ListPage> pages(level.size());
      std::function<Task<void>(std::size_t)> list_one = [this, &level, &pages](std::size_t i) {
        return [](WebDavStore* self, std::string directory, ListPage* page) -> Task<void> {
          *page = co_await self->propfind(std::move(directory), false);
        }(this, level[i], &pages[i]);
      };
      co_await for_each_concurrent(level.size(), requests_at_a_time, std::move(list_one));
      refuses_infinity_ = infinity_refused;
      std::vector<std::string> below;
      for (std::size_t i = 0; i < pages.size(); ++i) {
        add(pages[i]);
        for (const std::string& collection : pages[i].common_prefixes) {
          std::string directory = segment_prefix(collection);
          if (request.delimiter)
            builder.add_common_prefix(directory);
          else if (directory.size() > level[i].size() && directory.starts_with(level[i]) &&
                   directory.starts_with(prefix))
            below.push_back(std::move(directory));
        }
      }
      level = std::move(below);
    }
  } catch (const Error& error) {
    throw error.at(service_->name, request.prefix);
  }
  co_return builder.finish();
}

}  // namespace cloud::webdav

std::shared_ptr<ObjectStore> make_http_store(HttpOptions options) {
  using namespace cloud;
  const webdav::WebDavConfig config = webdav::parse_webdav_config(options);
  std::shared_ptr<Transport> transport = std::move(options.transport);
  if (!transport) transport = http::make_transport(config.client);
  // A transport sends the default headers with every request.
  transport = http::follow_redirects(std::move(transport), !config.client.default_headers.empty());

  const std::string url = config.origin + config.path;
  auto service = std::make_shared<Service>(url, fmt::format("HTTPStore(url=\"{}\")", url),
                                           http::Client(std::move(transport), options.retry));
  auto dialect = std::make_unique<const webdav::WebDavDialect>(config);
  const webdav::WebDavDialect& own = *dialect;
  service->dialect = std::move(dialect);
  service->signer = std::make_unique<webdav::BasicSigner>(config);
  return std::make_shared<webdav::WebDavStore>(std::move(service), own);
}

}  // namespace storelink
