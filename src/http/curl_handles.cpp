#include "http/curl_handles.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <mutex>
#include <new>
#include <sstream>
#include <vector>

#include "base/environment.hpp"
#include "base/runtime.hpp"
#include "http/keep_alive.hpp"
#include "http/tls.hpp"

namespace storelink::http {

namespace {

// Name look-ups and TLS sessions, shared by every handle of the process.
class Share {
 public:
  Share() : share_(curl_share_init()) {
    curl_share_setopt(share_, CURLSHOPT_USERDATA, this);
    curl_share_setopt(
        share_, CURLSHOPT_LOCKFUNC, +[](CURL*, curl_lock_data data, curl_lock_access, void* self) {
          static_cast<Share*>(self)->mutexes_[data].lock();
        });
    curl_share_setopt(
        share_, CURLSHOPT_UNLOCKFUNC,
        +[](CURL*, curl_lock_data data, void* self) { static_cast<Share*>(self)->mutexes_[data].unlock(); });
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
    curl_share_setopt(share_, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
  }
  CURLSH* handle() const noexcept { return share_; }

 private:
  CURLSH* share_;
  std::array<std::mutex, CURL_LOCK_DATA_LAST> mutexes_;
};

// One for each side of a fork; never destroyed, since handles may outlive any order of destruction.
CURLSH* process_share() {
  static std::mutex mutex;
  static std::atomic<Share*> share{nullptr};
  static std::atomic<std::uint64_t> made_in{0};
  if (share.load() == nullptr || made_in.load() != fork_generation()) {
    const std::lock_guard lock(mutex);
    if (share.load() == nullptr || made_in.load() != fork_generation()) {
      share.store(new Share());
      made_in.store(fork_generation());
    }
  }
  return share.load()->handle();
}

bool environment_names_a_proxy() {
  for (const char* name : {"http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"})
    if (!environment_variable(name).empty()) return true;
  return false;
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// A header of its own is formatted once for each request; CURLOPT_USERAGENT is twice.
ClientOptions with_user_agent(ClientOptions options) {
  if (!options.user_agent.empty() && find_header(options.default_headers, "user-agent") == nullptr)
    options.default_headers.emplace_back("User-Agent", options.user_agent);
  return options;
}

}  // namespace

long curl_milliseconds(std::chrono::nanoseconds time) {
  return static_cast<long>(
      std::max<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(time).count(), 1));
}

std::string connect_failure(CURL* easy, CURLcode code) {
  long os_error = 0;
  curl_easy_getinfo(easy, CURLINFO_OS_ERRNO, &os_error);
  return os_error != 0 ? std::strerror(static_cast<int>(os_error)) : curl_easy_strerror(code);
}

// libcurl sends no PING frames by itself, and curl_easy_upkeep() none on connections of a multi handle.
void probe_peer(int fd, const ClientOptions& options) noexcept {
  if (!options.http2_keep_alive_interval) return;
  static constexpr std::chrono::seconds longest(32767);  // the kernel's
  const auto seconds = [](std::chrono::nanoseconds time) {
    return std::clamp(std::chrono::ceil<std::chrono::seconds>(time), std::chrono::seconds(1), longest);
  };
  keep_alive(fd, seconds(*options.http2_keep_alive_interval),
             seconds(options.http2_keep_alive_timeout.value_or(std::chrono::seconds(20))));
}

struct CurlHandles::Pool {
  const std::uint64_t made_in = fork_generation();
  std::mutex mutex;
  std::vector<CURL*> idle;
};

CurlHandles::CurlHandles(ClientOptions options)
    : options_(with_user_agent(std::move(options))),
      has_proxy_(!options_.proxy_url.empty() || environment_names_a_proxy()) {}

CurlHandles::~CurlHandles() {
  Pool* mine = pool_.load();
  if (mine == nullptr || mine->made_in != fork_generation()) return;
  for (CURL* easy : mine->idle) curl_easy_cleanup(easy);
  delete mine;
}

CurlHandles::Pool& CurlHandles::pool() {
  Pool* existing = pool_.load(std::memory_order_acquire);
  while (existing == nullptr || existing->made_in != fork_generation()) {
    auto* fresh = new Pool();
    if (pool_.compare_exchange_strong(existing, fresh, std::memory_order_acq_rel)) return *fresh;
    delete fresh;
  }
  return *existing;
}

CURL* CurlHandles::take() {
  Pool& mine = pool();
  {
    const std::lock_guard lock(mine.mutex);
    if (!mine.idle.empty()) {
      CURL* easy = mine.idle.back();
      mine.idle.pop_back();
      return easy;
    }
  }
  CURL* easy = curl_easy_init();
  if (easy == nullptr) throw std::bad_alloc();
  configure(easy, process_share());
  return easy;
}

void CurlHandles::give_back(CURL* easy) noexcept {
  Pool& mine = pool();
  const std::lock_guard lock(mine.mutex);
  mine.idle.push_back(easy);
}

void CurlHandles::configure(CURL* easy, CURLSH* share) const {
  const ClientOptions& o = options_;
  curl_easy_setopt(easy, CURLOPT_SHARE, share);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, 512L << 10);
  curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, curl_milliseconds(o.connect_timeout));
  if (o.randomize_addresses) {
    curl_easy_setopt(easy, CURLOPT_DNS_SHUFFLE_ADDRESSES, 1L);
    // libcurl draws when it puts the addresses into its cache: for a minute all connections went to one.
    curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
  }
  curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN,
                   static_cast<long>(std::chrono::ceil<std::chrono::seconds>(o.pool_idle_timeout).count()));
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
                   static_cast<long>(o.http2_only   ? CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE
                                     : o.http1_only ? CURL_HTTP_VERSION_1_1
                                                    : CURL_HTTP_VERSION_2TLS));
  if (!o.http1_only) curl_easy_setopt(easy, CURLOPT_PIPEWAIT, 1L);
  if (!has_proxy_) {
    // Save the look-ups of the environment for each request.
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
  } else if (!o.proxy_url.empty()) {
    curl_easy_setopt(easy, CURLOPT_PROXY, o.proxy_url.c_str());
    if (!o.proxy_excludes.empty()) curl_easy_setopt(easy, CURLOPT_NOPROXY, o.proxy_excludes.c_str());
  }
  if (o.allow_invalid_certificates) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
  if (o.http2_keep_alive_interval) {
    curl_easy_setopt(easy, CURLOPT_SOCKOPTDATA, &o);
    curl_easy_setopt(
        easy, CURLOPT_SOCKOPTFUNCTION, +[](void* options, curl_socket_t fd, curlsocktype) -> int {
          probe_peer(fd, *static_cast<const ClientOptions*>(options));
          return CURL_SOCKOPT_OK;
        });
  }
  configure_trust(easy);
}

// As TlsTrust has it; libcurl's own places are those of the system on which it was built. It tells
// connections apart by these settings, so that a store never takes one whose certificate it would not have
// trusted.
void CurlHandles::configure_trust(CURL* easy) const {
  const bool system = !options_.disable_system_certificates;
  const Authorities known = system ? system_authorities() : Authorities();
  const auto set = [&](CURLoption file_option, CURLoption directory_option, CURLoption blob_option,
                       const std::string& own) {
    if (!system || known.by_user || !known.file.empty() || !known.directory.empty()) {
      curl_easy_setopt(easy, file_option, known.file.empty() ? nullptr : known.file.c_str());
      curl_easy_setopt(easy, directory_option, known.directory.empty() ? nullptr : known.directory.c_str());
    }
    if (own.empty()) return;
    // It stands for the file.
    const std::string all = known.file.empty() ? own : own + '\n' + text_of(known.file);
    curl_blob blob{const_cast<char*>(all.data()), all.size(), CURL_BLOB_COPY};
    curl_easy_setopt(easy, blob_option, &blob);
  };
  set(CURLOPT_CAINFO, CURLOPT_CAPATH, CURLOPT_CAINFO_BLOB, options_.root_certificate);
  set(CURLOPT_PROXY_CAINFO, CURLOPT_PROXY_CAPATH, CURLOPT_PROXY_CAINFO_BLOB, options_.proxy_ca_certificate);
}

}  // namespace storelink::http
