#include "http/connection_pool.hpp"

#include <algorithm>

#include "http/http1_connection.hpp"

namespace storelink::http {

namespace {

// So many idle connections are kept in one loop, and of one server fewer where a client option says so.
constexpr std::size_t idle_limit = 256;

// How often servers are looked through that nobody asks for any more.
constexpr std::chrono::seconds sweep_interval(1);

}  // namespace

Server::Server(std::string k, const Origin& o) : key(std::move(k)), tls(o.tls), address(host_and_port(o)) {}
Server::~Server() = default;

ConnectionPool::ConnectionPool(EventLoop& loop)
    : loop_(loop), scratch_(std::make_unique_for_overwrite<char[]>(scratch_size)) {}
ConnectionPool::~ConnectionPool() {
  in_use_.clear();  // before the servers that they refer to
}

ConnectionPool& ConnectionPool::of(EventLoop& loop) {
  if (!loop.local) loop.local = std::make_unique<ConnectionPool>(loop);
  return static_cast<ConnectionPool&>(*loop.local);
}

// Closes what is too old or was closed by its server, and forgets servers without a connection.
void ConnectionPool::sweep() {
  const auto now = EventLoop::Clock::now();
  if (now - swept_ < sweep_interval) return;
  swept_ = now;
  for (const auto& server : servers_) {
    std::erase_if(server->idle, [now](const auto& connection) {
      return now - connection->idle_since() > connection->options().pool_idle_timeout ||
             !connection->is_idle();
    });
  }
  std::erase_if(servers_, [this](const auto& server) {
    return server->idle.empty() && std::none_of(in_use_.begin(), in_use_.end(), [&](const auto& connection) {
             return &connection->server() == server.get();
           });
  });
}

Server& ConnectionPool::server(const Origin& origin, const std::string& trust) {
  sweep();
  for (const auto& server : servers_) {
    const std::string_view key = server->key;
    if (key.size() == origin.text.size() + trust.size() && key.starts_with(origin.text) &&
        key.ends_with(trust))
      return *server;
  }
  servers_.push_back(std::make_unique<Server>(std::string(origin.text) + trust, origin));
  return *servers_.back();
}

Http1Connection& ConnectionPool::acquire(Server& server, const ClientOptions& options) {
  const auto now = EventLoop::Clock::now();
  std::unique_ptr<Http1Connection> connection;
  while (!connection && !server.idle.empty()) {
    connection = std::move(server.idle.back());
    server.idle.pop_back();
    const auto idle = now - connection->idle_since();
    if (idle > options.pool_idle_timeout) {
      server.idle.clear();  // these are older
      connection.reset();
    } else if (!connection->is_idle()) {
      connection.reset();
    }
  }
  if (!connection) connection = std::make_unique<Http1Connection>(*this, server);
  connection->place = in_use_.size();
  in_use_.push_back(std::move(connection));
  return *in_use_.back();
}

// For one more idle connection: the one that was used longest ago has to go where there are too many.
void ConnectionPool::make_room() noexcept {
  std::size_t total = 0;
  Server* oldest = nullptr;
  for (const auto& server : servers_) {
    total += server->idle.size();
    if (!server->idle.empty() &&
        (oldest == nullptr || server->idle.front()->idle_since() < oldest->idle.front()->idle_since()))
      oldest = server.get();
  }
  if (total >= idle_limit && oldest != nullptr) oldest->idle.erase(oldest->idle.begin());
}

void ConnectionPool::release(Http1Connection& connection, bool reusable) noexcept {
  const std::size_t place = connection.place;
  std::unique_ptr<Http1Connection> mine = std::move(in_use_[place]);
  if (place + 1 != in_use_.size()) {
    in_use_[place] = std::move(in_use_.back());
    in_use_[place]->place = place;
  }
  in_use_.pop_back();
  if (!reusable) return;
  auto& idle = mine->server().idle;
  const std::size_t limit = std::min(mine->options().pool_max_idle_per_host.value_or(idle_limit), idle_limit);
  if (idle.size() >= limit) return;
  make_room();
  idle.push_back(std::move(mine));
}

}  // namespace storelink::http
